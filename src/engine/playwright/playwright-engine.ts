import type { Browser, BrowserContext, BrowserContextOptions } from 'playwright-core';
import type { Identity } from '../../identity/identity.js';
import { type EngineProcesses, nativeIdentity } from '../../identity/identity-resolver.js';
import { nearestUserAgent } from '../../identity/nearest-user-agent.js';
import { abortable } from '../../util/deadline.js';
import type { BrowserPoolObserver } from '../browser-pool.js';
import type { BrowserEngine, ContextOptions, EngineContext, EngineInfo } from '../engine.js';
import { KeyedBrowserPool } from '../keyed-browser-pool.js';
import { DriverBrowser, triesToOpen } from './browsers/driver-browser.js';
import { type DriverPageAbilities, DriverPageProtocol } from './channel/page-channel.js';
import { PlaywrightContext } from './context.js';
import { translateFailure } from './driver-errors.js';

export interface LazyEngineOptions {
  /** Known from the binary, without launching it. */
  readonly info: EngineInfo;
  readonly contextsPerBrowser: number;
  /** How many processes of different kinds there may be at once. */
  readonly maxBuckets: number;
  /** Which part of them one owner may have, 0 to 1. Default: all. */
  readonly ownerShare?: number | undefined;
  /** The most memory that a process of pages may hold; one that holds more is ended. Default: any. */
  readonly pageMemoryBytes?: number | undefined;
  readonly observer: BrowserPoolObserver;
  /** Launches a process that presents an identity; without one, itself. */
  readonly launch: (identity: Identity | undefined) => Promise<Browser>;
  /** Identities of one bucket share processes. */
  readonly bucketOf: (identity: Identity) => string;
  /** What a context adds to what its process presents. */
  readonly emulationOf: (identity: Identity) => BrowserContextOptions;
  /** What its pages can; the rest is refused by name. */
  readonly abilities?: DriverPageAbilities;
  /** How an identity is presented in a process of another bucket. If omitted, all are of one bucket. */
  readonly sharing?: SharedPresentation;
}

export interface SharedPresentation {
  /** What a context adds besides `emulationOf`. */
  readonly emulationOf: (identity: Identity) => BrowserContextOptions;
  /** Runs in each page before its own scripts. */
  readonly scriptOf: (identity: Identity) => string;
  /** What is left of the process's own identity, a sentence. @param key the bucket of the process */
  readonly shortfallOf: (key: string) => string;
}

const retireAfterContexts = 2000;
/** More than there are buckets at once: callers name user agents as they like. */
const rememberedIdentities = 1000;

/**
 * A browser that is launched when somebody wishes for it, since it takes seconds and half a gigabyte, and that lingers a
 * minute after its last session. Its pages are asked by the driver's own calls.
 */
export class LazyEngine implements BrowserEngine {
  readonly info: EngineInfo;
  readonly #options: LazyEngineOptions;
  readonly #native: Identity;
  readonly #buckets: KeyedBrowserPool<DriverBrowser>;
  /** What each bucket but its own stands for. */
  readonly #identities = new Map<string, Identity>();

  constructor(options: LazyEngineOptions) {
    this.info = options.info;
    this.#options = options;
    this.#native = nativeIdentity(options.info);
    this.#buckets = new KeyedBrowserPool({
      launch: async (key) =>
        new DriverBrowser(await options.launch(this.#identities.get(key)), options.info.name, options.pageMemoryBytes),
      mainKey: undefined,
      maxOthers: options.maxBuckets,
      maxOthersPerOwner: Math.max(1, Math.floor(options.maxBuckets * (options.ownerShare ?? 1))),
      nearest: nearestUserAgent,
      seatsPerBrowser: options.contextsPerBrowser,
      retireAfterSeats: retireAfterContexts,
      observer: options.observer,
    });
  }

  get processes(): EngineProcesses | undefined {
    if (!this.#options.sharing) return undefined;
    return { userAgents: this.#buckets.keys, hasRoomFor: (userAgent) => this.#buckets.hasRoomFor(userAgent) };
  }

  /** That it can be run is known from its binary. */
  async start(): Promise<void> {}

  async newContext(options: ContextOptions, signal: AbortSignal): Promise<EngineContext> {
    const { proxyServer, identity = this.#native } = options;
    const { bucketOf, emulationOf, sharing } = this.#options;
    const key = bucketOf(identity);
    if (key !== bucketOf(this.#native)) this.#remember(key, identity);
    for (let tries = 1; ; tries++) {
      const seat = await this.#buckets.take(key, signal, options.owner);
      try {
        const { browser, gone } = seat.browser;
        const shared = seat.key === key ? undefined : sharing;
        const opening = openContext(browser, shared?.scriptOf(identity), {
          ...emulationOf(identity),
          ...shared?.emulationOf(identity),
          ...(proxyServer === undefined ? {} : { proxy: { server: proxyServer } }),
        });
        const context = await abortable(opening, signal, (late) => late.close());
        return new PlaywrightContext({
          context,
          protocolOf: async (page) => new DriverPageProtocol(page, this.#options.abilities ?? {}),
          browserGone: gone,
          onClosed: () => seat.release(),
          shortfalls: shared ? [shared.shortfallOf(seat.key)] : [],
        });
      } catch (error) {
        seat.release();
        if (signal.aborted) throw signal.reason;
        if (tries >= triesToOpen || !(await seat.browser.isLost())) throw translateFailure(error, 'a new session');
      }
    }
  }

  #remember(key: string, identity: Identity): void {
    this.#identities.delete(key);
    this.#identities.set(key, identity);
    const [oldest] = this.#identities.keys();
    if (oldest !== undefined && this.#identities.size > rememberedIdentities) this.#identities.delete(oldest);
  }

  async check(signal: AbortSignal): Promise<void> {
    const context = await this.newContext({}, signal);
    try {
      const page = await context.newPage(signal);
      await page.read(Number.MAX_SAFE_INTEGER, signal);
    } finally {
      await context.close();
    }
  }

  endHung(): Promise<void> {
    return this.#buckets.endHung();
  }

  close(): Promise<void> {
    return this.#buckets.close();
  }
}

async function openContext(
  browser: Browser,
  script: string | undefined,
  options: BrowserContextOptions,
): Promise<BrowserContext> {
  const context = await browser.newContext(options);
  try {
    if (script !== undefined) await context.addInitScript(script);
    return context;
  } catch (error) {
    await context.close();
    throw error;
  }
}
