import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, firefox } from 'playwright-core';
import { appVersionOf, userAgentOf } from '../../identity/browser-strings.js';
import type { Identity } from '../../identity/identity.js';
import { nativeIdentity } from '../../identity/identity-resolver.js';
import { abortable } from '../../util/deadline.js';
import { BrowserBuckets } from '../browser-buckets.js';
import type { BrowserPoolObserver, LaunchedBrowser } from '../browser-pool.js';
import type { BrowserEngine, ContextOptions, EngineContext, EngineInfo } from '../engine.js';
import { PlaywrightContext } from './context.js';
import { filterWire } from './driver-wire.js';
import { translateFailure } from './failures.js';
import type { FirefoxBinary } from './find-firefox.js';
import { FirefoxBidiFilter } from './firefox-bidi-filter.js';
import { DriverPageProtocol } from './page-protocol.js';
import type { Environment } from './programs.js';

export interface FirefoxEngineOptions {
  readonly binary: FirefoxBinary;
  /** The environment that the browser is started with. */
  readonly env: Environment;
  readonly contextsPerBrowser: number;
  /** How many user agents are presented at once. Default: 3; each is a process of half a gigabyte. */
  readonly maxBuckets?: number;
  readonly observer: BrowserPoolObserver;
}

const retireAfterContexts = 2000;
const launchTimeoutMs = 60_000;

/** Nothing in the background that talks to the network, nothing past the proxy, no names resolved here. */
const preferences = {
  // Or what is named 127.0.0.1 would go around the session's port.
  'network.proxy.allow_hijacking_localhost': true,
  'network.proxy.no_proxies_on': '',
  // A mouse: without a screen it would say that it has none.
  'ui.primaryPointerCapabilities': 6,
  'ui.allPointerCapabilities': 6,
  'network.http.http3.enable': false,
  'network.trr.mode': 5,
  'network.dns.disablePrefetch': true,
  'network.prefetch-next': false,
  'network.predictor.enabled': false,
  'network.http.speculative-parallel-limit': 0,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'media.peerconnection.ice.proxy_only': true,
  'app.update.enabled': false,
  'app.normandy.enabled': false,
  'browser.region.update.enabled': false,
  'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false,
  'browser.safebrowsing.downloads.enabled': false,
  'browser.chrome.site_icons': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'toolkit.telemetry.enabled': false,
  'dom.push.connection.enabled': false,
  'extensions.update.enabled': false,
  'extensions.getAddons.cache.enabled': false,
  'services.settings.server': 'data:,',
} as const;

interface LaunchedFirefox extends LaunchedBrowser {
  readonly browser: Browser;
}

/**
 * Firefox: Playwright's own build in its own way, any other over WebDriver BiDi. Launched when somebody wishes for it, for
 * it takes seconds and half a gigabyte; it lingers a minute after its last session.
 */
export class FirefoxEngine implements BrowserEngine {
  readonly info: EngineInfo;
  readonly #options: FirefoxEngineOptions;
  readonly #native: Identity;
  readonly #buckets: BrowserBuckets<LaunchedFirefox>;
  /** What each user agent stands for: a process is told all of it when it is started. */
  readonly #identities = new Map<string, Identity>();

  constructor(options: FirefoxEngineOptions) {
    this.#options = options;
    this.info = infoOf(options.binary);
    this.#native = nativeIdentity(this.info);
    this.#buckets = new BrowserBuckets({
      launch: (userAgent) => this.#launch(this.#identities.get(userAgent)),
      mainKey: undefined,
      maxOthers: options.maxBuckets ?? 3,
      seatsPerBrowser: options.contextsPerBrowser,
      retireAfterSeats: retireAfterContexts,
      observer: options.observer,
    });
  }

  /** That it can be run is known from its binary. */
  async start(): Promise<void> {}

  async newContext(
    { proxyServer, identity = this.#native }: ContextOptions,
    signal: AbortSignal,
  ): Promise<EngineContext> {
    if (identity.userAgent !== this.#native.userAgent) this.#identities.set(identity.userAgent, identity);
    const seat = await this.#buckets.take(identity.userAgent, signal);
    try {
      const { browser, gone } = seat.browser;
      const opening = browser.newContext({
        ...emulationOf(identity),
        ...(proxyServer === undefined ? {} : { proxy: { server: proxyServer } }),
      });
      const context = await abortable(opening, signal, (late) => late.close());
      return new PlaywrightContext({
        context,
        protocolOf: async (page) => new DriverPageProtocol(page),
        browserGone: gone,
        onClosed: () => seat.release(),
      });
    } catch (error) {
      seat.release();
      throw signal.aborted ? signal.reason : translateFailure(error, 'a new session');
    }
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

  async #launch(identity: Identity | undefined): Promise<LaunchedFirefox> {
    const { binary, env } = this.#options;
    const isOwn = binary.source === 'playwright';
    const wrapper = isOwn ? undefined : await writeWrapper(binary.executablePath);
    try {
      const browser = await firefox.launch({
        executablePath: wrapper ?? binary.executablePath,
        ...(isOwn ? {} : { channel: 'moz-firefox' }),
        headless: true,
        firefoxUserPrefs: { ...preferences, ...(identity ? identityPreferences(identity) : {}) },
        env: { ...env } as Record<string, string>, // undefined values do not reach a child
        timeout: launchTimeoutMs,
        handleSIGHUP: false,
        handleSIGINT: false,
        handleSIGTERM: false,
      });
      if (!isOwn) {
        const filter = new FirefoxBidiFilter();
        filter.open(filterWire(browser, filter));
      }
      return launched(browser);
    } finally {
      if (wrapper) await rm(wrapper, { force: true });
    }
  }
}

function launched(browser: Browser): LaunchedFirefox {
  const gone = new AbortController();
  setMaxListeners(0, gone.signal); // every context listens
  browser.once('disconnected', () => gone.abort());
  let closed: Promise<void> | undefined;
  return {
    browser,
    gone: gone.signal,
    responds: async () => browser.isConnected(),
    close: () => {
      closed ??= browser.close();
      return closed;
    },
  };
}

/** The driver sets a variable that makes one dead tab take the whole browser along; nothing but the program itself can drop it. */
async function writeWrapper(executablePath: string): Promise<string> {
  const path = join(tmpdir(), `mooring-firefox-${randomUUID()}.sh`);
  const script = `#!/bin/sh\nunset MOZ_CRASHREPORTER_SHUTDOWN\nexec '${executablePath.replaceAll("'", "'\\''")}' "$@"\n`;
  await writeFile(path, script, { mode: 0o700 });
  return path;
}

function infoOf({ version, source }: FirefoxBinary): EngineInfo {
  const operatingSystem = platform() === 'darwin' ? 'macos' : 'linux';
  const major = Number.parseInt(version, 10);
  const userAgent = userAgentOf({ browser: 'firefox', version: major, operatingSystem, device: 'desktop' });
  return { name: 'firefox', version, userAgent, build: source };
}

const systemNames: Readonly<Record<Identity['operatingSystem'], string>> = {
  windows: 'Windows NT 10.0; Win64; x64',
  macos: 'Intel Mac OS X 10.15',
  linux: 'Linux x86_64',
  android: 'Linux armv81',
  ios: '',
};

/** Everything that a Firefox says of itself; it holds for pages, workers and what it fetches alike. */
function identityPreferences(identity: Identity): Record<string, string> {
  return {
    'general.useragent.override': identity.userAgent,
    'general.platform.override': identity.platform,
    'general.appversion.override': appVersionOf(identity),
    'general.oscpu.override': systemNames[identity.operatingSystem],
  };
}

function emulationOf({ languages, timezone, viewport, screen }: Identity) {
  const [locale] = languages;
  return {
    viewport: { ...viewport },
    screen: { width: screen.width, height: screen.height },
    deviceScaleFactor: screen.devicePixelRatio,
    // Its own way of saying it has `en` too, which an override has not.
    ...(locale === undefined || locale === 'en-US' ? {} : { locale }),
    ...(timezone === undefined ? {} : { timezoneId: timezone }),
  };
}
