import { setMaxListeners } from 'node:events';
import { type Browser, chromium } from 'playwright-core';
import { MooringError } from '../../errors.js';
import { abortable, settledWithin } from '../../util/deadline.js';
import { BrowserPool, type BrowserPoolObserver, type LaunchedBrowser } from '../browser-pool.js';
import {
  type BrowserEngine,
  type ContextOptions,
  defaultViewport,
  type EngineContext,
  type EngineInfo,
} from '../engine.js';
import { PlaywrightContext } from './context.js';
import { translateFailure } from './failures.js';
import type { ChromiumBinary, Environment } from './find-chromium.js';

export interface ChromiumEngineOptions {
  readonly binary: ChromiumBinary;
  /** The environment that the browser is started with. */
  readonly env: Environment;
  /** Off only where Chromium refuses it: as root. */
  readonly sandbox: boolean;
  readonly contextsPerBrowser: number;
  /** More switches for the browser; tests use it. */
  readonly extraArgs?: readonly string[];
  readonly observer: BrowserPoolObserver;
}

/** A process that opened so many contexts is replaced when its last session ends. */
const retireAfterContexts = 5000;
const launchTimeoutMs = 30_000;
const answerTimeoutMs = 3000;

/**
 * Over Playwright's own: nothing in the background that talks to the network, no QUIC past the proxy, and WebRTC only
 * through it.
 */
const args = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--force-webrtc-ip-handling-policy=disable_non_proxied_udp',
  // The browser resolves no name itself, not even to prefetch one: names are resolved behind the session's port.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
];

interface LaunchedChromium extends LaunchedBrowser {
  readonly browser: Browser;
}

/** Chromium, driven by Playwright over a pipe: when this process is killed, its browsers are gone at once. */
export class ChromiumEngine implements BrowserEngine {
  readonly #options: ChromiumEngineOptions;
  readonly #pool: BrowserPool<LaunchedChromium>;
  #info: EngineInfo | undefined;

  constructor(options: ChromiumEngineOptions) {
    this.#options = options;
    this.#pool = new BrowserPool({
      launch: () => this.#launch(),
      seatsPerBrowser: options.contextsPerBrowser,
      retireAfterSeats: retireAfterContexts,
      observer: options.observer,
    });
  }

  get info(): EngineInfo {
    if (!this.#info) throw new Error('the engine has not started');
    return this.#info;
  }

  start(): Promise<void> {
    return this.#pool.start();
  }

  async newContext(options: ContextOptions, signal: AbortSignal): Promise<EngineContext> {
    const seat = await this.#pool.take(signal);
    try {
      return await this.#openContext(seat.browser, options, () => seat.release(), signal);
    } catch (error) {
      seat.release();
      throw error;
    }
  }

  async check(signal: AbortSignal): Promise<void> {
    // In a process that runs anyway, and beside its seats: a check must not launch or end one.
    const context = await this.#openContext(await this.#pool.any(signal), {}, () => {}, signal);
    try {
      const page = await context.newPage(signal);
      const { userAgent } = await page.read(Number.MAX_SAFE_INTEGER, signal);
      if (userAgent === '') throw new MooringError('CODE-0026', 'expected the browser to run a script; it did not.');
    } finally {
      await context.close();
    }
  }

  async #openContext(
    { browser, gone }: LaunchedChromium,
    { proxyServer }: ContextOptions,
    onClosed: () => void,
    signal: AbortSignal,
  ): Promise<EngineContext> {
    const opening = browser.newContext({
      viewport: defaultViewport,
      ...(proxyServer === undefined ? {} : { proxy: { server: proxyServer } }),
    });
    try {
      const context = await abortable(opening, signal, (late) => late.close());
      return new PlaywrightContext({ context, browserGone: gone, onClosed });
    } catch (error) {
      throw signal.aborted ? signal.reason : translateFailure(error, 'a new session');
    }
  }

  endHung(): Promise<void> {
    return this.#pool.endHung();
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  async #launch(): Promise<LaunchedChromium> {
    const { binary, sandbox, env, extraArgs } = this.#options;
    const browser = await chromium.launch({
      executablePath: binary.executablePath,
      headless: true,
      chromiumSandbox: sandbox,
      args: [...args, ...(extraArgs ?? [])],
      env: { ...env, ...binary.env } as Record<string, string>, // undefined values do not reach a child
      timeout: launchTimeoutMs,
      // The server decides when its browsers end (SIGTERM drains first).
      handleSIGHUP: false,
      handleSIGINT: false,
      handleSIGTERM: false,
    });
    const gone = new AbortController();
    setMaxListeners(0, gone.signal); // every context listens
    browser.once('disconnected', () => gone.abort());
    this.#info ??= await readInfo(browser);
    let closed: Promise<void> | undefined;
    return {
      browser,
      gone: gone.signal,
      responds: async () => {
        let answered = false;
        const answer = readInfo(browser).then(() => {
          answered = true;
        });
        await settledWithin(answer, answerTimeoutMs);
        // Timers come before input: after a busy spell an answer may be there and not read yet.
        for (let i = 0; i < 20 && !answered; i++) await new Promise((resolve) => setImmediate(resolve));
        return answered;
      },
      close: () => {
        closed ??= browser.close();
        return closed;
      },
    };
  }
}

async function readInfo(browser: Browser): Promise<EngineInfo> {
  const session = await browser.newBrowserCDPSession();
  try {
    const { product, userAgent } = await session.send('Browser.getVersion');
    return { name: 'chromium', version: product.replace(/^[^/]*\//, ''), userAgent };
  } finally {
    await session.detach();
  }
}
