import { setMaxListeners } from 'node:events';
import { type Browser, chromium } from 'playwright-core';
import { MooringError } from '../../errors.js';
import { abortable } from '../../util/deadline.js';
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
  readonly observer: BrowserPoolObserver;
}

/** A process that opened so many contexts is replaced when its last session ends. */
const retireAfterContexts = 5000;
const launchTimeoutMs = 30_000;

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
      const context = await abortable(
        seat.browser.browser.newContext({
          viewport: defaultViewport,
          ...(options.proxyServer === undefined ? {} : { proxy: { server: options.proxyServer } }),
        }),
        signal,
        (late) => late.close(),
      );
      return new PlaywrightContext({ context, browserGone: seat.browser.gone, onClosed: () => seat.release() });
    } catch (error) {
      seat.release();
      throw signal.aborted ? signal.reason : translateFailure(error, 'a new session');
    }
  }

  async check(signal: AbortSignal): Promise<void> {
    const context = await this.newContext({}, signal);
    try {
      const page = await context.newPage(signal);
      const { userAgent } = await page.read(Number.MAX_SAFE_INTEGER, signal);
      if (userAgent === '') throw new MooringError('CODE-0026', 'expected the browser to run a script; it did not.');
    } finally {
      await context.close();
    }
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  async #launch(): Promise<LaunchedChromium> {
    const { binary, sandbox, env } = this.#options;
    const browser = await chromium.launch({
      executablePath: binary.executablePath,
      headless: true,
      chromiumSandbox: sandbox,
      args,
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
