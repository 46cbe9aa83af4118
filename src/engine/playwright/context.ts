import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { BrowserContext, Page } from 'playwright-core';
import { MooringError } from '../../errors.js';
import type { CapturedState } from '../../snapshots/browser-state.js';
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
import type { PageChannel } from './channel/page-channel.js';
import { contextIdOf, targetIdOf } from './driver/driver-transport.js';
import type { ProtocolWire } from './driver/protocol-wire.js';
import { translateFailure } from './driver-errors.js';
import { guardOf } from './guarded.js';
import { RequestEvents } from './navigation/request-events.js';
import { maxPopups, PlaywrightPage } from './page/page.js';
import { PlaywrightProtocol } from './protocol.js';

const closeTimeoutMs = 5000;

export interface PlaywrightContextParts {
  readonly context: BrowserContext;
  /** The way to a page that this kind of browser has. */
  readonly channelOf: (page: Page) => Promise<PageChannel>;
  /** The debugging protocol of the browser, if it has one that clients know. */
  readonly protocol: ProtocolWire | undefined;
  /** Aborts when the browser process is gone; a text as its reason says why. */
  readonly browserGone: AbortSignal;
  /**
   * Gives the context's place in the browser back; called once, when it has closed or its browser is gone. That may come
   * long after `close` has given up waiting.
   */
  readonly onClosed: () => void;
  /** As `EngineContext.shortfalls`. */
  readonly shortfalls: readonly string[];
}

/** One session's context of a browser. */
export class PlaywrightContext implements EngineContext {
  readonly guid = randomBytes(16).toString('hex');
  readonly #parts: PlaywrightContextParts;
  readonly #context: BrowserContext;
  readonly #requests: RequestEvents;
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
    this.#context.on('page', (page) => {
      this.#onTab(page).catch(guard(rethrow));
    });
    // A tab that turns out to be a download has its answer before it is told of.
    this.#context.on(
      'response',
      guard((response) => this.#page?.noteResponse(response)),
    );
    parts.browserGone.addEventListener('abort', this.#onBrowserGone, { once: true });
    if (parts.browserGone.aborted) this.#onBrowserGone();
  }

  get shortfalls(): readonly string[] {
    return this.#parts.shortfalls;
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

  async captureState(_options: CaptureOptions, signal: AbortSignal): Promise<CapturedState> {
    return { state: { cookies: await this.cookies(undefined, signal), origins: [] }, left: [] };
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

  get #page(): PlaywrightPage | undefined {
    return this.#pages.findLast(({ alive }) => alive);
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
    const page = new PlaywrightPage(tab, channel, this.#requests, this.#lost.signal);
    this.#pages = [...this.#pages.filter(({ alive }) => alive), page];
  }

  async #newPage(): Promise<PlaywrightPage> {
    this.#opening += 1;
    const page = await this.#context.newPage().finally(() => {
      this.#opening -= 1;
    });
    this.#unclaimed = this.#unclaimed.filter((tab) => tab !== page);
    if (this.#opening === 0) for (const tab of this.#unclaimed.splice(0)) this.#page?.adoptPopup(tab);
    const opened = new PlaywrightPage(page, await this.#parts.channelOf(page), this.#requests, this.#lost.signal);
    this.#pages = [...this.#pages.filter(({ alive }) => alive), opened];
    return opened;
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
