import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { BrowserContext, Page, Response } from 'playwright-core';
import { MooringError } from '../../errors.js';
import type { BrowserState, CapturedState } from '../../snapshots/browser-state.js';
import { abortable, settledWithin } from '../../util/deadline.js';
import type {
  CaptureOptions,
  CookieToSet,
  EngineContext,
  EngineCookie,
  EnginePage,
  EngineProtocol,
  PageEvent,
  ProtocolMessage,
} from '../engine.js';
import type { LaunchedByDriver, StorageAccess } from './browsers/browser-profile.js';
import type { PageChannel } from './channel/page-channel.js';
import { contextIdOf, targetIdOf } from './driver/driver-transport.js';
import type { ProtocolWire } from './driver/protocol-wire.js';
import { isGone, translateFailure } from './driver-errors.js';
import { guardOf } from './guarded.js';
import { RequestEvents } from './navigation/request-events.js';
import { maxPopups, PlaywrightPage } from './page/page.js';
import { PlaywrightProtocol } from './protocol.js';
import { ContextStorage } from './state/context-storage.js';
import { giveCookies, takeCookies } from './state/cookie-state.js';
import type { HiddenTab } from './state/hidden-tabs.js';

const closeTimeoutMs = 5000;
const neverRetired = new AbortController().signal;

/** How a tab of ours shows an empty document. */
const emptyVisit = {
  method: 'GET',
  headers: {},
  loadTimeoutMs: 5000,
  maxBodyBytes: 10_000,
  loadState: 'domcontentloaded',
  emptyDocument: true,
} as const;

export interface PlaywrightContextParts {
  readonly context: BrowserContext;
  /** The way to a page that this kind of browser has. */
  readonly channelOf: (page: Page) => Promise<PageChannel>;
  readonly storage: StorageAccess;
  /** The debugging protocol of the browser, if it has one that clients know. */
  readonly protocol: ProtocolWire | undefined;
  /** As `LaunchedByDriver.openSockets`. */
  readonly openSockets?: LaunchedByDriver['openSockets'];
  /** Aborts when the browser process is gone; a text as its reason says why. */
  readonly browserGone: AbortSignal;
  /**
   * Gives the context's place in the browser back; called once, when it has closed or its browser is gone. That may come
   * long after `close` has given up waiting.
   */
  readonly onClosed: () => void;
  /** As `EngineContext.retired`. */
  readonly retired?: AbortSignal;
  /** As `EngineContext.shortfalls`. */
  readonly shortfalls: readonly string[];
}

/** One session's context of a browser. */
export class PlaywrightContext implements EngineContext {
  readonly guid = randomBytes(16).toString('hex');
  readonly #parts: PlaywrightContextParts;
  readonly #context: BrowserContext;
  readonly #requests: RequestEvents;
  readonly #storage: ContextStorage;
  #unrestored: readonly string[] = [];
  readonly #lost = new AbortController();
  /** Tabs that open by themselves belong to the last of these that is alive. */
  #pages: readonly PlaywrightPage[] = [];
  #opening = 0;
  /** Tabs that came while we opened one, and name no opener. */
  #unclaimed: Page[] = [];
  /** Whether a client uses the debugging protocol: each tab that opens is a page of its own then. */
  #isAttached = false;
  #closed: Promise<void> | undefined;

  constructor(parts: PlaywrightContextParts) {
    this.#parts = parts;
    this.#context = parts.context;
    setMaxListeners(0, this.#lost.signal); // every tab listens
    const { protocol } = parts;
    if (protocol) this.openProtocol = (onMessage, signal) => this.#openProtocol(protocol, onMessage, signal);
    this.#requests = new RequestEvents(parts.context);
    const guard = guardOf('a session', () => this.#end('something it did could not be handled'));
    this.#storage = new ContextStorage({
      guard,
      context: parts.context,
      evaluateInFrame: parts.storage.evaluateInFrame,
      changes: parts.storage.changes,
      openHidden: (onOpened) => this.#openHidden(onOpened),
    });
    this.#context.on(
      'page',
      guard((page) => {
        this.#noteTab(page);
        this.#onTab(page).catch(guard(rethrow));
      }),
    );
    // A tab that turns out to be a download has its answer before it is told of.
    this.#context.on(
      'response',
      guard((response) => this.#onResponse(response)),
    );
    parts.browserGone.addEventListener('abort', this.#onBrowserGone, { once: true });
    if (parts.browserGone.aborted) this.#onBrowserGone();
  }

  get shortfalls(): readonly string[] {
    return this.#parts.shortfalls;
  }

  get retired(): AbortSignal {
    return this.#parts.retired ?? neverRetired;
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** A script of one of its pages, or the browser, reported an error. */
  noteError(event: PageEvent): void {
    this.#page?.noteError(event);
  }

  readonly openProtocol?: NonNullable<EngineContext['openProtocol']>;

  async newPage(signal: AbortSignal): Promise<EnginePage> {
    try {
      return await abortable(abortable(this.#newPage(), this.#lost.signal), signal, (late) => late.close());
    } catch (error) {
      throw signal.aborted ? signal.reason : translateFailure(error, 'a new tab');
    }
  }

  async cookies(url: string | undefined, signal: AbortSignal): Promise<EngineCookie[]> {
    try {
      return await abortable(abortable(this.#context.cookies(url), this.#lost.signal), signal);
    } catch (error) {
      throw signal.aborted ? signal.reason : translateFailure(error, 'the cookies');
    }
  }

  async addCookies(cookies: readonly CookieToSet[], signal: AbortSignal): Promise<void> {
    try {
      await abortable(abortable(this.#context.addCookies([...cookies]), this.#lost.signal), signal);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      const translated = translateFailure(error, 'the cookies');
      if (translated instanceof MooringError) throw translated;
      const names = cookies.map(({ name }) => name).join(', ');
      throw new MooringError(
        'INVALID_PARAMETER',
        `\`cookies\`: expected cookies that the browser takes; it refused one of ${names}.`,
        {
          cause: error,
        },
      );
    }
  }

  get unrestored(): readonly string[] {
    return this.#unrestored;
  }

  /** Gives it the state of another context. Called once, before its first page. */
  async restore({ cookies, origins }: BrowserState, signal: AbortSignal): Promise<void> {
    const restoring = Promise.all([giveCookies(this.#context, cookies), this.#storage.restore(origins, signal)]);
    this.#unrestored = (await abortable(abortable(restoring, this.#lost.signal), signal)).flat();
  }

  async captureState(options: CaptureOptions, signal: AbortSignal): Promise<CapturedState> {
    const capturing = Promise.all([takeCookies(this.#context), this.#storage.capture(options, signal)]);
    try {
      const [cookies, { origins, left, unread }] = await abortable(abortable(capturing, this.#lost.signal), signal);
      return { state: { cookies, origins }, left: [...left, ...this.#unfinished()], unread };
    } catch (error) {
      throw signal.aborted ? signal.reason : translateFailure(error, 'what its sites have stored');
    }
  }

  /** What its pages have open to sites, and loses with the browser. */
  #unfinished(): string[] {
    const sockets = this.#parts.openSockets?.(this.#context) ?? 0;
    const { uploads } = this.#requests;
    return [
      ...(sockets > 0 ? [`WebSockets that its page had open: ${sockets}. The page has to open them again.`] : []),
      ...(uploads > 0
        ? [
            `Requests that its page was sending something with: ${uploads}. They may not have arrived, and are not sent again.`,
          ]
        : []),
    ];
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#parts.browserGone.removeEventListener('abort', this.#onBrowserGone);
    // With the browser the driver lets go of its contexts too.
    const closing = this.#context.close().finally(() => this.#parts.onClosed());
    await settledWithin(closing, closeTimeoutMs);
  }

  #onResponse(response: Response): void {
    if (!this.#storage.isOfHidden(response.request())) this.#page?.noteResponse(response);
  }

  get #page(): PlaywrightPage | undefined {
    return this.#pages.findLast(({ alive }) => alive);
  }

  /** One that was closed at once is gone by the time that it is told of. */
  #noteTab(tab: Page): void {
    try {
      this.#storage.noteTab(tab);
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }

  /** A tab is there: its opener says whose it is. One that we open ourselves has none. */
  async #onTab(tab: Page): Promise<void> {
    if (this.#isAttached && this.#opening === 0) {
      await this.#adoptClientTab(tab).catch(() => {}); // it is gone already
      return;
    }
    const opener = await tab.opener();
    const owner = opener && this.#pages.find((page) => page.owns(opener));
    if (owner) owner.adoptPopup(tab);
    else if (this.#opening > 0) this.#unclaimed.push(tab);
    else this.#page?.adoptPopup(tab);
  }

  async #openProtocol(
    wire: ProtocolWire,
    onMessage: (message: ProtocolMessage) => void,
    signal: AbortSignal,
  ): Promise<EngineProtocol> {
    const opening = wire.open({ contextId: contextIdOf(this.#context), onMessage });
    const client = await abortable(abortable(opening, this.#lost.signal), signal, (late) => late.close());
    this.#isAttached = true;
    return new PlaywrightProtocol(client, maxPopups + 1, async (shown) => {
      this.#isAttached = false;
      return this.#afterClient(shown);
    });
  }

  /**
   * The page that a client has left: the tab that it used last, or the last one that is there. Its other tabs are popups
   * of that from now on.
   */
  #afterClient(shownTargetId: string | undefined): PlaywrightPage | undefined {
    const alive = this.#pages.filter((page) => page.alive);
    const shown = alive.find(({ tab }) => targetIdOf(tab) === shownTargetId) ?? alive.at(-1);
    if (!shown) return undefined;
    for (const other of alive) {
      if (other === shown) continue;
      if (!shown.owns(other.tab)) shown.adoptPopup(other.tab);
      for (const popup of other.popups) if (!shown.owns(popup)) shown.adoptPopup(popup);
    }
    this.#pages = [...alive.filter((page) => page !== shown), shown];
    return shown;
  }

  async #adoptClientTab(tab: Page): Promise<void> {
    if (this.#context.pages().length > maxPopups + 1) {
      await tab.close();
      return;
    }
    const channel = await this.#parts.channelOf(tab);
    const page = new PlaywrightPage(tab, channel, this.#requests, this.#lost.signal, () =>
      this.#storage.readBeforeLeaving(),
    );
    this.#pages = [...this.#pages.filter(({ alive }) => alive), page];
  }

  async #newPage(): Promise<PlaywrightPage> {
    const page = await this.#openTab();
    const [channel] = await Promise.all([this.#parts.channelOf(page), this.#storage.adoptTab(page)]);
    const opened = new PlaywrightPage(page, channel, this.#requests, this.#lost.signal, () =>
      this.#storage.readBeforeLeaving(),
    );
    this.#pages = [...this.#pages.filter(({ alive }) => alive), opened];
    return opened;
  }

  async #openTab(): Promise<Page> {
    this.#opening += 1;
    const page = await this.#context.newPage().finally(() => {
      this.#opening -= 1;
    });
    this.#unclaimed = this.#unclaimed.filter((tab) => tab !== page);
    if (this.#opening === 0) for (const tab of this.#unclaimed.splice(0)) this.#page?.adoptPopup(tab);
    return page;
  }

  /** A tab that is not of the session's pages. */
  async #openHidden(onOpened: (page: Page) => void): Promise<HiddenTab> {
    const page = await this.#openTab();
    onOpened(page);
    const channel = await this.#parts.channelOf(page);
    const opened = new PlaywrightPage(page, channel, this.#requests, this.#lost.signal, () => undefined);
    return {
      goto: async (origin) => {
        await opened.navigate({ ...emptyVisit, url: `${origin}/` }, this.#lost.signal);
      },
      evaluate: (expression) => channel.evaluateInPage(expression),
      close: () => opened.close(),
    };
  }

  /** Ends the session alone. */
  #end(why: string): void {
    this.#lost.abort(new MooringError('BROWSER_FAILED', `expected the session to stay alive, but ${why}.`));
    void this.close();
  }

  readonly #onBrowserGone = (): void => {
    const { reason } = this.#parts.browserGone;
    const why = typeof reason === 'string' ? reason : 'its process crashed';
    this.#lost.abort(
      new MooringError(
        'BROWSER_FAILED',
        `expected the browser to stay alive, but browser has been closed: ${why}, and this session ended with it (session not found from now on).`,
      ),
    );
  };
}

function rethrow(error: unknown): never {
  throw error;
}
