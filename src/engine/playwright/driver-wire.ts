import type { ChildProcess } from 'node:child_process';
import type { EventEmitter } from 'node:events';
import type { Browser, BrowserContext, BrowserType, Page, Request } from 'playwright-core';

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
}

export interface WireEnds {
  readonly toBrowser: (message: WireMessage) => void;
  /** As if it came from the browser. */
  readonly toDriver: (message: WireMessage) => void;
}

interface Transport {
  send(message: WireMessage): void;
  onmessage: ((message: WireMessage) => void) | undefined;
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
  const send = transport.send.bind(transport);
  transport.send = (message) => {
    for (const one of filter.outgoing(message)) send(one);
  };
  transport.onmessage = (message) => {
    if (filter.incoming(message)) receive(message);
  };
  return { toBrowser: send, toDriver: receive };
}

/** The browser's own ID of a context. */
export function contextIdOf(context: BrowserContext): string {
  const { _browserContextId: id } = insideOf(context) as { readonly _browserContextId?: string };
  if (id === undefined) throw new Error('this version of the driver has no ID for a context');
  return id;
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

/** The driver's own protocol session of a Chromium page. Its answers come in one order with the driver's events. */
export interface DriverSession {
  send(method: string, params?: Record<string, unknown>): Promise<unknown>;
}

/** @throws when the driver is built in another way, or the page is none of Chromium */
export function driverSessionOf(page: Page): DriverSession {
  const inside = insideOf(page) as { readonly delegate?: { readonly _mainFrameSession?: { _client?: DriverSession } } };
  const session = inside.delegate?._mainFrameSession?._client;
  if (!session) throw new Error('this version of the driver has no session for a page');
  return session;
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

/** Runs a function in a world of the driver's own in the page's main frame: no policy of the page's binds it. */
export async function evaluateApart<Argument, Result>(
  page: Page,
  work: (argument: Argument) => Result | Promise<Result>,
  argument: Argument,
): Promise<Result> {
  interface World {
    evaluateExpression?(source: string, options: { isFunction: true }, argument: unknown): Promise<unknown>;
  }
  const inside = insideOf(page) as { mainFrame?(): { utilityContext?(): Promise<World> } };
  const world = await inside.mainFrame?.().utilityContext?.();
  if (!world?.evaluateExpression) throw new Error('this version of the driver has no world of its own in a page');
  return (await world.evaluateExpression(String(work), { isFunction: true }, argument)) as Result; // what the work gives
}

function insideOf(object: Browser | BrowserContext | BrowserType | Page): unknown {
  const inside = (object as unknown as DriverInside)._connection?.toImpl?.(object); // what in-process mode has
  if (!inside) throw new Error('this version of the driver does not run in this process');
  return inside;
}
