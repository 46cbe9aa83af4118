import type { BrowserContext } from 'playwright-core';
import { MooringError } from '../../errors.js';
import type { Identity } from '../../identity/identity.js';
import { type EngineProcesses, nativeIdentity } from '../../identity/identity-resolver.js';
import { nearestUserAgent } from '../../identity/nearest-user-agent.js';
import { abortable } from '../../util/deadline.js';
import type { BrowserPoolObserver } from '../browser-pool.js';
import type { BrowserEngine, ContextOptions, EngineContext, EngineInfo } from '../engine.js';
import { KeyedBrowserPool } from '../keyed-browser-pool.js';
import { affordableProcesses } from '../process-budget.js';
import type { BrowserProfile } from './browsers/browser-profile.js';
import { DriverBrowser, triesToOpen } from './browsers/driver-browser.js';
import { PlaywrightContext, type PlaywrightContextParts } from './context.js';
import { translateFailure } from './driver-errors.js';

export interface PlaywrightEngineOptions {
  readonly profile: BrowserProfile;
  readonly contextsPerBrowser: number;
  /**
   * Most processes of different keys at once, beside the one that is kept running; more share one. If omitted, as many as
   * the memory holds.
   */
  readonly maxProcesses?: number | undefined;
  /** The share of them that one owner may have, 0 to 1. If omitted, all. */
  readonly ownerShare?: number | undefined;
  /** The most memory that a process of pages may hold; one that holds more is ended. If omitted, there is no limit. */
  readonly pageMemoryBytes?: number | undefined;
  readonly observer: BrowserPoolObserver;
}

/** More than there are keys at once: callers name user agents as they like. */
const rememberedIdentities = 1000;

/** A browser that Playwright drives, as its profile says. */
export class PlaywrightEngine implements BrowserEngine {
  readonly #profile: BrowserProfile;
  readonly #native: Identity;
  readonly #pool: KeyedBrowserPool<DriverBrowser>;
  /** What each key stands for, except the browser's own. */
  readonly #identities = new Map<string, Identity>();

  constructor({ profile, observer, ...options }: PlaywrightEngineOptions) {
    const { contextsPerBrowser, pageMemoryBytes, ownerShare = 1 } = options;
    const maxOthers = options.maxProcesses ?? affordableProcesses(profile.bytesPerProcess);
    this.#profile = profile;
    this.#native = nativeIdentity(profile.info);
    this.#pool = new KeyedBrowserPool({
      launch: async (key) =>
        new DriverBrowser(await profile.launch(this.#identities.get(key)), profile.info.name, pageMemoryBytes),
      mainKey: profile.isKeptRunning ? profile.keyOf(this.#native) : undefined,
      maxOthers,
      maxOthersPerOwner: Math.max(1, Math.floor(maxOthers * ownerShare)),
      nearest: nearestUserAgent,
      seatsPerBrowser: contextsPerBrowser,
      retireAfterSeats: profile.retireAfterContexts,
      spareSeats: profile.isKeptRunning ? Math.floor(contextsPerBrowser / 10) : 0,
      observer,
    });
  }

  get info(): EngineInfo {
    return this.#profile.info;
  }

  get processes(): EngineProcesses | undefined {
    if (!this.#profile.sharing) return undefined;
    return { userAgents: this.#pool.keys, hasRoomFor: (userAgent) => this.#pool.hasRoomFor(userAgent) };
  }

  start(): Promise<void> {
    return this.#pool.start();
  }

  async newContext(options: ContextOptions, signal: AbortSignal): Promise<EngineContext> {
    const { identity = this.#native, owner } = options;
    const key = this.#profile.keyOf(identity);
    this.#remember(key, identity);
    for (let tries = 1; ; tries++) {
      const seat = await this.#pool.take(key, signal, owner);
      const sharing = seat.key === key ? undefined : this.#profile.sharing;
      const shortfalls = sharing ? [sharing.shortfallOf(seat.key)] : [];
      let opened: PlaywrightContext | undefined;
      try {
        const context = await this.#openContext(seat.browser, identity, options.proxyServer, sharing, signal);
        opened = this.#contextOf(context, seat.browser, {
          onClosed: () => seat.release(),
          retired: seat.retired,
          shortfalls,
        });
        if (options.state) await opened.restore(options.state, signal);
        return opened;
      } catch (error) {
        if (opened)
          void opened.close(); // it gives the seat back
        else seat.release();
        if (signal.aborted) throw signal.reason;
        // A process that is going takes nothing of this session along yet.
        if (tries >= triesToOpen || !(await seat.browser.isLost())) throw translateFailure(error, 'a new session');
      }
    }
  }

  async check(signal: AbortSignal): Promise<void> {
    const context = await this.#contextToCheck(signal);
    try {
      const page = await context.newPage(signal);
      const { userAgent } = await page.read(Number.MAX_SAFE_INTEGER, signal);
      if (userAgent === '')
        throw new MooringError('BROWSER_FAILED', 'expected the browser to run a script; it did not.');
    } finally {
      await context.close();
    }
  }

  /** In a process that runs anyway, and beside its seats: a check must not launch or end the one that is kept running. */
  async #contextToCheck(signal: AbortSignal): Promise<EngineContext> {
    if (!this.#profile.isKeptRunning) return this.newContext({}, signal);
    const browser = await this.#pool.any(signal);
    try {
      const context = await this.#openContext(browser, this.#native, undefined, undefined, signal);
      return this.#contextOf(context, browser, { onClosed() {}, shortfalls: [] });
    } catch (error) {
      throw signal.aborted ? signal.reason : translateFailure(error, 'a new session');
    }
  }

  /** A context that comes after the signal is closed again. */
  #openContext(
    { browser, present }: DriverBrowser,
    identity: Identity,
    proxyServer: string | undefined,
    sharing: BrowserProfile['sharing'],
    signal: AbortSignal,
  ): Promise<BrowserContext> {
    const open = async (): Promise<BrowserContext> => {
      const context = await browser.newContext({
        ...this.#profile.contextOptionsOf(identity),
        ...sharing?.contextOptionsOf?.(identity),
        ...(proxyServer === undefined ? {} : { proxy: { server: proxyServer } }),
      });
      try {
        present?.(context, identity);
        const script = sharing?.scriptOf?.(identity);
        if (script !== undefined) await context.addInitScript(script);
        return context;
      } catch (error) {
        await context.close();
        throw error;
      }
    };
    return abortable(open(), signal, (late) => late.close());
  }

  #contextOf(
    context: BrowserContext,
    { gone, protocol, onScriptError, openSockets }: DriverBrowser,
    parts: Pick<PlaywrightContextParts, 'onClosed' | 'retired' | 'shortfalls'>,
  ): PlaywrightContext {
    const { openChannel: channelOf, storage } = this.#profile;
    const opened = new PlaywrightContext({
      context,
      channelOf,
      storage,
      protocol,
      openSockets,
      browserGone: gone,
      ...parts,
    });
    onScriptError?.(context, (event) => opened.noteError(event));
    return opened;
  }

  /** Forgets the identity asked for longest ago of which there is no process. */
  #remember(key: string, identity: Identity): void {
    if (key === this.#profile.keyOf(this.#native)) return;
    this.#identities.delete(key);
    this.#identities.set(key, identity);
    if (this.#identities.size <= rememberedIdentities) return;
    const running = new Set(this.#pool.keys);
    for (const oldest of this.#identities.keys()) {
      if (running.has(oldest)) continue;
      this.#identities.delete(oldest);
      return;
    }
  }

  endHung(): Promise<void> {
    return this.#pool.endHung();
  }

  close(): Promise<void> {
    return this.#pool.close();
  }
}
