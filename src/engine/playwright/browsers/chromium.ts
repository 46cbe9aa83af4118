import { platform } from 'node:process';
import { type Browser, chromium } from 'playwright-core';
import { MooringError } from '../../../errors.js';
import type { Identity } from '../../../identity/identity.js';
import { type EngineProcesses, nativeIdentity } from '../../../identity/identity-resolver.js';
import { nearestUserAgent } from '../../../identity/nearest-user-agent.js';
import { abortable } from '../../../util/deadline.js';
import type { BrowserPoolObserver } from '../../browser-pool.js';
import type { BrowserEngine, ContextOptions, EngineContext, EngineInfo } from '../../engine.js';
import type { ChromiumBinary } from '../../executables/chromium.js';
import { KeyedBrowserPool } from '../../keyed-browser-pool.js';
import { affordableProcesses } from '../../process-budget.js';
import { ChromiumPageProtocol } from '../channel/page-channel.js';
import { PlaywrightContext, type PlaywrightContextParts } from '../context.js';
import { translateFailure } from '../driver-errors.js';
import type { Environment } from './browser-environment.js';
import { ChromiumPresentation } from './chromium-identity.js';
import { deviceEmulation } from './device-emulation.js';
import { DriverBrowser, triesToOpen } from './driver-browser.js';
import { defaultArgumentsOf } from './driver-transport.js';

export interface ChromiumEngineOptions {
  readonly binary: ChromiumBinary;
  /** The environment that the browser is started with. */
  readonly env: Environment;
  /** Off only where Chromium refuses it: as root. */
  readonly sandbox: boolean;
  readonly contextsPerBrowser: number;
  /** Most user agents besides its own that have a process at once; more share one. Default: as many as the memory holds. */
  readonly maxBuckets?: number | undefined;
  /** Which part of them one owner may have, 0 to 1. Default: all. */
  readonly ownerShare?: number | undefined;
  /** The most memory that the process of a page may hold; one that holds more is ended. Default: any. */
  readonly pageMemoryBytes?: number | undefined;
  /** More switches for the browser; tests use it. */
  readonly extraArgs?: readonly string[];
  readonly observer: BrowserPoolObserver;
}

/** A process that opened so many contexts is replaced when its last session ends. */
const retireAfterContexts = 5000;
/** Measured: what one process more costs beside the sessions in it. */
const bytesPerProcess = 40 * 1024 ** 2;
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
  // The browser resolves no name itself, not even to prefetch one: names are resolved behind the session's port.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
];

class LaunchedChromium extends DriverBrowser {
  readonly presentation: ChromiumPresentation;

  constructor(browser: Browser, pageMemoryBytes: number | undefined) {
    super(browser, 'chromium', pageMemoryBytes);
    this.presentation = new ChromiumPresentation(browser);
  }
}

/** Chromium, driven by Playwright over a pipe: when this process is killed, its browsers are gone at once. */
export class ChromiumEngine implements BrowserEngine {
  readonly #options: ChromiumEngineOptions;
  readonly #buckets: KeyedBrowserPool<LaunchedChromium>;
  readonly #native: Identity;
  #info: EngineInfo | undefined;

  constructor(options: ChromiumEngineOptions) {
    this.#options = options;
    this.#native = nativeIdentity(infoOf(options.binary));
    const maxOthers = options.maxBuckets ?? affordableProcesses(bytesPerProcess);
    this.#buckets = new KeyedBrowserPool({
      launch: (userAgent) => this.#launch(userAgent),
      mainKey: this.#native.userAgent,
      maxOthers,
      maxOthersPerOwner: Math.max(1, Math.floor(maxOthers * (options.ownerShare ?? 1))),
      nearest: nearestUserAgent,
      seatsPerBrowser: options.contextsPerBrowser,
      retireAfterSeats: retireAfterContexts,
      spareSeats: Math.floor(options.contextsPerBrowser / 10),
      observer: options.observer,
    });
  }

  get info(): EngineInfo {
    if (!this.#info) throw new Error('the engine has not started');
    return this.#info;
  }

  get processes(): EngineProcesses {
    return { userAgents: this.#buckets.keys, hasRoomFor: (userAgent) => this.#buckets.hasRoomFor(userAgent) };
  }

  start(): Promise<void> {
    return this.#buckets.start();
  }

  async newContext(options: ContextOptions, signal: AbortSignal): Promise<EngineContext> {
    const { userAgent } = options.identity ?? this.#native;
    for (let tries = 1; ; tries++) {
      const seat = await this.#buckets.take(userAgent, signal, options.owner);
      try {
        const shortfalls = seat.key === userAgent ? [] : [sharedShortfall(seat.key)];
        return await this.#openContext(seat.browser, options, { onClosed: () => seat.release(), shortfalls }, signal);
      } catch (error) {
        seat.release();
        // A process that is going takes nothing of this session along yet.
        if (signal.aborted || tries >= triesToOpen || !(await seat.browser.isLost())) throw error;
      }
    }
  }

  async check(signal: AbortSignal): Promise<void> {
    // In a process that runs anyway, and beside its seats: a check must not launch or end one.
    const context = await this.#openContext(await this.#buckets.any(signal), {}, beside, signal);
    try {
      const page = await context.newPage(signal);
      const { userAgent } = await page.read(Number.MAX_SAFE_INTEGER, signal);
      if (userAgent === '')
        throw new MooringError('BROWSER_FAILED', 'expected the browser to run a script; it did not.');
    } finally {
      await context.close();
    }
  }

  async #openContext(
    { browser, presentation, gone }: LaunchedChromium,
    { proxyServer, identity = this.#native }: ContextOptions,
    parts: Pick<PlaywrightContextParts, 'onClosed' | 'shortfalls'>,
    signal: AbortSignal,
  ): Promise<EngineContext> {
    const opening = browser.newContext({
      // What it says of the user agent is put right on its way to the browser.
      ...deviceEmulation(identity),
      ...(proxyServer === undefined ? {} : { proxy: { server: proxyServer } }),
    });
    try {
      const context = await abortable(opening, signal, (late) => late.close());
      presentation.present(context, identity);
      return new PlaywrightContext({
        context,
        protocolOf: (page) => ChromiumPageProtocol.open(page),
        browserGone: gone,
        ...parts,
      });
    } catch (error) {
      throw signal.aborted ? signal.reason : translateFailure(error, 'a new session');
    }
  }

  endHung(): Promise<void> {
    return this.#buckets.endHung();
  }

  close(): Promise<void> {
    return this.#buckets.close();
  }

  async #launch(userAgent: string): Promise<LaunchedChromium> {
    const { binary, sandbox, env, extraArgs } = this.#options;
    const slimming = binary.flavour === 'full' ? await slimmingOf() : { ignoreDefaultArgs: [], args: [] };
    const browser = await chromium.launch({
      ignoreDefaultArgs: [...slimming.ignoreDefaultArgs],
      executablePath: binary.executablePath,
      headless: true,
      chromiumSandbox: sandbox,
      // Shared and service workers have their user agent from nowhere else.
      args: [...args, ...slimming.args, `--user-agent=${userAgent}`, ...(extraArgs ?? [])],
      env: { ...env, ...binary.env } as Record<string, string>, // undefined values do not reach a child
      timeout: launchTimeoutMs,
      // The server decides when its browsers end (SIGTERM drains first).
      handleSIGHUP: false,
      handleSIGINT: false,
      handleSIGTERM: false,
    });
    this.#info ??= { ...infoOf(binary), version: await readVersion(browser), userAgent: this.#native.userAgent };
    return new LaunchedChromium(browser, this.#options.pageMemoryBytes);
  }
}

const beside = { onClosed() {}, shortfalls: [] };

/** What only the process itself could say. */
const sharedShortfall = (userAgent: string): string =>
  `The browser process is shared with another user agent: what shared and service workers fetch by themselves carries that one: ${userAgent}.`;

/** Two hidden pages that the whole browser would open for each context. */
const unwantedFeatures = ['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup'];
const disableFeatures = '--disable-features=';

/** How the whole browser is made lighter. A second list of features would take the place of the driver's own: both are one. */
async function slimmingOf(): Promise<{ readonly ignoreDefaultArgs: string[]; readonly args: string[] }> {
  const own = (await defaultArgumentsOf(chromium)).filter((arg) => arg.startsWith(disableFeatures));
  const features = own.flatMap((arg) => arg.slice(disableFeatures.length).split(','));
  return { ignoreDefaultArgs: own, args: [disableFeatures + [...features, ...unwantedFeatures].join(',')] };
}

async function readVersion(browser: Browser): Promise<string> {
  const session = await browser.newBrowserCDPSession();
  try {
    const { product } = await session.send('Browser.getVersion');
    return product.replace(/^[^/]*\//, '');
  } finally {
    await session.detach();
  }
}

/** What is known of a build without launching it. */
function infoOf({ version, flavour }: ChromiumBinary): EngineInfo {
  const system = platform === 'darwin' ? 'Macintosh; Intel Mac OS X 10_15_7' : 'X11; Linux x86_64';
  const userAgent = `Mozilla/5.0 (${system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version} Safari/537.36`;
  return { name: 'chromium', version, userAgent, build: flavour };
}
