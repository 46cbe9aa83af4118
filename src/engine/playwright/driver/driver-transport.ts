import type { ChildProcess } from 'node:child_process';
import type { EventEmitter } from 'node:events';
import { Socket } from 'node:net';
import type { Browser, BrowserContext, BrowserType, Download, Frame, Page, Request } from 'playwright-core';
import { type Guard, guardOf } from '../guarded.js';
import { type MessageOutline, MessageReader } from './message-reader.js';

/** One message between the driver and its browser. */
export interface WireMessage {
  readonly id?: number;
  readonly method?: string;
  readonly sessionId?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/** What may be done with the messages of one browser. */
export interface WireFilter {
  /** What goes to the browser in place of this message; nothing: it does not go. */
  outgoing(message: WireMessage): readonly WireMessage[];
  /** Whether the driver is to get this message. */
  incoming(message: WireMessage): boolean;
  /** Events that the driver never gets. */
  readonly unwanted: ReadonlySet<string>;
  /** How much is told of the head of some of them; of others 1024 bytes. */
  readonly headBytes?: ReadonlyMap<string, number>;
  /** Tells the sessions that want them all the same; undefined while there are none. */
  exempt?(): ((sessionId: string | undefined) => boolean) | undefined;
  /** Most bytes of some events; of others four million. */
  readonly eventLimits?: ReadonlyMap<string, number>;
  noteUnwanted?(event: MessageOutline): void;
  /** An event was larger than may be, and is gone. */
  noteTooLarge?(event: MessageOutline): void;
  /** The answer that the driver gets in place of one that is too large. */
  refusal?(answer: MessageOutline, reason: string): WireMessage;
}

export interface WireEnds {
  readonly toBrowser: (message: WireMessage) => void;
  /** As if it came from the browser. */
  readonly toDriver: (message: WireMessage) => void;
}

/** Most of what a browser may say at once. What a page can make it say is held in memory, and then parsed at one go. */
export const maxAnswerBytes = 96_000_000;
const maxEventBytes = 4_000_000;

interface Transport {
  send(message: WireMessage): void;
  onmessage: ((message: WireMessage) => void) | undefined;
  /** Of a pipe: takes what comes, in pieces. */
  _dispatch?: (chunk: Buffer) => void;
  readonly _pendingBuffers?: readonly Buffer[];
  /** Of a socket. */
  readonly _ws?: EventEmitter & { readonly _socket?: Socket; pong(): void };
}

interface DriverInside {
  readonly _connection?: { readonly toImpl?: (object: unknown) => unknown };
}

/**
 * Puts a filter between the driver and a browser that it has launched. The driver has no public way for it: this uses what
 * its own in-process mode has (`toImpl`), which the pinned version and a test of the engine contract hold in place.
 *
 * @returns both ends of the wire, past the filter
 * @throws when the driver is built in another way
 */
export function filterWire(browser: Browser, filter: WireFilter): WireEnds {
  const inside = insideOf(browser) as { readonly _connection?: { readonly _transport?: Transport } };
  const transport = inside._connection?._transport;
  const receive = transport?.onmessage;
  if (!transport || !receive) throw new Error('this version of the driver has no wire to be filtered');
  const send = sentTogether(transport.send.bind(transport), childProcessOf(browser).stdio[3]);
  transport.send = (message) => {
    for (const one of filter.outgoing(message)) send(one);
  };
  transport.onmessage = (message) => {
    if (filter.incoming(message)) receive(message);
  };
  boundLogs(browser);
  boundMessages(
    transport,
    filter,
    guardOf('a browser', () => void childProcessOf(browser).kill('SIGKILL')),
  );
  return { toBrowser: send, toDriver: receive };
}

/**
 * What is sent at once goes to the browser in one piece: the driver writes a message and its end apart, and each write costs
 * a call of the system and wakes the browser.
 */
function sentTogether(send: (message: WireMessage) => void, pipe: unknown): (message: WireMessage) => void {
  if (!(pipe instanceof Socket)) return send;
  return (message) => {
    if (pipe.writableCorked === 0) {
      pipe.cork();
      process.nextTick(() => pipe.uncork());
    }
    send(message);
  };
}

const maxLogChars = 2000;

/** Some browsers print what pages throw, and the driver keeps up to 300 lines of a browser, however long. */
function boundLogs(browser: Browser): void {
  interface Inside {
    readonly options?: { readonly browserLogsCollector?: { log(line: string): void } };
  }
  const collector = (insideOf(browser) as Inside).options?.browserLogsCollector;
  if (!collector) return;
  const log = collector.log.bind(collector);
  // A copy: a part of a string holds all of it.
  collector.log = (line) => log(line.length > maxLogChars ? Buffer.from(line.slice(0, maxLogChars)).toString() : line);
}

/** Puts a limit to each message before it is parsed: the driver would hold and parse whatever comes. */
function boundMessages(transport: Transport, filter: WireFilter, guard: Guard): void {
  const take = guard((message: WireMessage) => transport.onmessage?.(message));
  const reader = (onMessage: (message: Buffer) => void): MessageReader =>
    new MessageReader({
      unwanted: filter.unwanted,
      ...(filter.headBytes ? { headBytes: filter.headBytes } : {}),
      exempt: () => filter.exempt?.(),
      maxAnswerBytes,
      maxEventBytesOf: (method) => filter.eventLimits?.get(method ?? '') ?? maxEventBytes,
      onMessage,
      onUnwanted: guard((event) => filter.noteUnwanted?.(event)),
      onTooLarge: guard((outline) => {
        if (outline.id === undefined) filter.noteTooLarge?.(outline);
        else setImmediate(take, refusalOf(outline, filter));
      }),
    });
  const { _ws: socket } = transport;
  if (transport._dispatch) {
    const parse = guard((message: Buffer) => take(JSON.parse(message.toString())));
    const pipe = reader((message) => setImmediate(parse, message));
    for (const chunk of transport._pendingBuffers ?? []) pipe.read(chunk);
    transport._dispatch = (chunk) => pipe.read(chunk);
  } else if (socket) {
    const emit = socket.emit.bind(socket);
    const whole = reader((message) => emit('message', message, false));
    const acknowledge = acknowledgerOf(socket);
    socket.emit = (name: string, ...args: unknown[]) => {
      if (name !== 'message' || !Buffer.isBuffer(args[0])) return emit(name, ...args);
      acknowledge();
      whole.readWhole(args[0]);
      return true;
    };
  } else throw new Error('this version of the driver has no wire whose messages can be limited');
}

const acknowledgeEveryMs = 5;

/**
 * Firefox holds a message back until the one before is acknowledged (Nagle's algorithm), and the system here waits 40 ms with
 * that for something to send along. So something is sent: a pong that nobody asked for, which has no answer.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6455#section-5.5.3
 */
function acknowledgerOf(socket: { pong(): void }): () => void {
  let lastAt = Number.NEGATIVE_INFINITY;
  let isDue = false;
  return () => {
    if (isDue) return;
    isDue = true;
    // Of a browser that says much at once not each message: this is work for it.
    const waitMs = lastAt + acknowledgeEveryMs - performance.now();
    const send = (): void => {
      isDue = false;
      lastAt = performance.now();
      socket.pong();
    };
    if (waitMs > 0) setTimeout(send, waitMs).unref();
    else setImmediate(send);
  };
}

function refusalOf(answer: MessageOutline, filter: WireFilter): WireMessage {
  const reason = `${tooLargeAnswer}: ${answer.bytes} bytes of at most ${maxAnswerBytes}`;
  const { id, sessionId } = answer;
  const refusal = { ...(id === undefined ? {} : { id }), ...(sessionId === undefined ? {} : { sessionId }) };
  return filter.refusal?.(answer, reason) ?? { ...refusal, error: { message: reason } };
}

/** How the error begins that the driver gets in place of an answer that is too large. */
export const tooLargeAnswer = 'the answer of the browser is too large';

/** The browser's own ID of a context. */
export function contextIdOf(context: BrowserContext): string {
  const { _browserContextId: id } = insideOf(context) as { readonly _browserContextId?: string };
  if (id === undefined) throw new Error('this version of the driver has no ID for a context');
  return id;
}

/** The browser's own ID of a Chromium page. */
export function targetIdOf(page: Page): string {
  const { delegate } = insideOf(page) as { readonly delegate?: { readonly _targetId?: string } };
  if (delegate?._targetId === undefined) throw new Error('this version of the driver has no ID for a page');
  return delegate._targetId;
}

/** The process of a browser that the driver has launched. */
export function childProcessOf(browser: Browser): ChildProcess {
  const { options } = insideOf(browser) as {
    readonly options?: { readonly browserProcess?: { readonly process?: ChildProcess } };
  };
  const child = options?.browserProcess?.process;
  if (!child) throw new Error('this version of the driver does not tell its processes');
  return child;
}

/**
 * Counts what a browser sends over its pipes and its socket.
 *
 * @returns tells how many bytes it has sent since its start; also when it has ended, of which the driver keeps nothing
 */
export function sentByteCounter(browser: Browser): () => number {
  const { _connection: connection } = insideOf(browser) as {
    readonly _connection?: { readonly _transport?: Transport };
  };
  const streams = [...childProcessOf(browser).stdio, connection?._transport?._ws?._socket];
  const sockets = streams.filter((stream) => stream instanceof Socket);
  return () => sockets.reduce((sum, socket) => sum + socket.bytesRead, 0);
}

/**
 * Asks a browser something that it answers by itself, without any of its pages. An error is an answer too.
 *
 * @throws when the driver is built in another way
 */
export async function askBrowser(browser: Browser): Promise<void> {
  interface Inside {
    readonly _session?: DriverSession; // Chromium
    readonly _browserSession?: DriverSession; // WebDriver BiDi, WebKit
    readonly session?: DriverSession; // the driver's own Firefox
  }
  const { _session: chromium, _browserSession: other, session: firefox } = insideOf(browser) as Inside;
  const session = chromium ?? other ?? firefox;
  if (!session) throw new Error('this version of the driver has no session for a browser');
  await session.send(chromium ? 'Browser.getVersion' : 'session.status').catch(() => {}); // it said no
}

/** What the driver would start a browser with. */
export async function defaultArgumentsOf(type: BrowserType): Promise<readonly string[]> {
  const inside = insideOf(type) as { defaultArgs?(options: object, isPersistent: boolean, folder: string): unknown };
  const args = await inside.defaultArgs?.({}, false, '');
  if (!Array.isArray(args)) throw new Error('this version of the driver does not tell its arguments');
  return args as string[]; // as it hands them to the browser
}

/** Where the browser writes a download to, while it comes and afterwards; beside it may lie one with another ending. */
export function downloadPathOf(download: Download): string {
  const { _artifact: artifact } = download as unknown as { readonly _artifact?: BrowserContext };
  const { _localPath: path } = (artifact ? insideOf(artifact) : {}) as { readonly _localPath?: string };
  if (path === undefined) throw new Error('this version of the driver does not tell where downloads are');
  return path;
}

/** The driver's own protocol session of a Chromium page. Its answers come in one order with the driver's events. */
export interface DriverSession {
  send(method: string, params?: Record<string, unknown>): Promise<unknown>;
  /** Listens until the page is gone. */
  on<Event>(event: string, listener: (event: Event) => void): unknown;
}

/** @throws when the driver is built in another way, or the page is none of Chromium */
export function driverSessionOf(page: Page): DriverSession {
  const inside = insideOf(page) as { readonly delegate?: { readonly _mainFrameSession?: { _client?: DriverSession } } };
  const session = inside.delegate?._mainFrameSession?._client;
  if (!session) throw new Error('this version of the driver has no session for a page');
  return session;
}

/** The driver's session of the process that shows a frame of Chromium, and the frame's ID there. */
export function driverSessionOfFrame(frame: Frame): { readonly session: DriverSession; readonly frameId: string } {
  interface Inside {
    readonly _id?: string;
    readonly _page?: { readonly delegate?: { _sessionForFrame?(frame: Inside): { readonly _client?: DriverSession } } };
  }
  const inside = insideOf(frame) as Inside;
  const session = inside._page?.delegate?._sessionForFrame?.(inside)._client;
  if (!session || inside._id === undefined) throw new Error('this version of the driver has no session for a frame');
  return { session, frameId: inside._id };
}

/** What became of one navigation of a page's main frame. */
export interface MainFrameNavigation {
  readonly url: string;
  /** `address`: the document stayed (`pushState`, a fragment). `nothing`: it was given up. */
  readonly outcome: 'document' | 'address' | 'nothing';
  /** The request that brought the document, the last one of its redirects, where the driver knows it. */
  readonly request: Request | undefined;
}

/** Tells of every navigation of the main frame. The public event does not say whether the document is another one. */
export function onMainFrameNavigation(page: Page, listener: (navigation: MainFrameNavigation) => void): void {
  interface Navigated {
    readonly url: string;
    readonly error?: string;
    readonly newDocument?: { readonly request?: { readonly _object: Request } };
  }
  const { _eventEmitter: events } = page.mainFrame() as unknown as { readonly _eventEmitter?: EventEmitter };
  if (!events) throw new Error('this version of the driver does not tell of navigations');
  events.on('navigated', ({ url, error, newDocument }: Navigated) => {
    const outcome = error !== undefined ? 'nothing' : newDocument ? 'document' : 'address';
    listener({ url, outcome, request: newDocument?.request?._object });
  });
}

/** A navigation of the main frame that is under way. */
export interface PendingNavigation {
  /** Tells it from any other. */
  readonly key: object;
  /** Whether its request went out; before that, nothing may come of it. */
  readonly isSent: boolean;
}

/** Where the main frame is on its way to now, if it is. */
export function pendingNavigationOf(page: Page): PendingNavigation | undefined {
  interface Inside {
    mainFrame?(): { pendingDocument?(): { readonly request?: unknown; readonly documentId?: string } | undefined };
  }
  const pending = (insideOf(page) as Inside).mainFrame?.().pendingDocument?.();
  return pending && { key: pending, isSent: pending.request !== undefined || pending.documentId !== undefined };
}

/** A world of the driver's own in a frame: no policy of the page's binds it. */
export interface ApartWorld {
  evaluateExpression(source: string, options: { isFunction: boolean }, argument: unknown): Promise<unknown>;
}

/** @throws when the driver is built in another way */
export async function apartWorldOf(frame: Frame): Promise<ApartWorld> {
  const world = await (insideOf(frame) as { utilityContext?(): Promise<ApartWorld> }).utilityContext?.();
  if (!world?.evaluateExpression) throw new Error('this version of the driver has no world of its own in a page');
  return world;
}

/** Runs a function in a world of the driver's own in the page's main frame. */
export async function evaluateApart<Argument, Result>(
  page: Page,
  work: (argument: Argument) => Result | Promise<Result>,
  argument: Argument,
): Promise<Result> {
  const world = await apartWorldOf(page.mainFrame());
  return (await world.evaluateExpression(String(work), { isFunction: true }, argument)) as Result; // what the work gives
}

/** What the driver says of what has closed. */
const closedMessage = 'Target page, context or browser has been closed';

/**
 * The driver's own object behind one of its public ones.
 *
 * @throws when it has closed, for the driver forgets it then; when the driver is built in another way
 */
export function insideOf(object: Browser | BrowserContext | BrowserType | Frame | Page): unknown {
  const connection = (object as unknown as DriverInside)._connection; // what in-process mode has
  if (!connection?.toImpl) throw new Error('this version of the driver does not run in this process');
  try {
    return connection.toImpl(object);
  } catch (cause) {
    throw new Error(closedMessage, { cause });
  }
}
