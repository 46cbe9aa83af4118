import { platform } from 'node:os';
import { type Browser, firefox } from 'playwright-core';
import { appVersionOf, userAgentOf } from '../../../identity/browser-strings.js';
import type { Identity } from '../../../identity/identity.js';
import type { BrowserPoolObserver } from '../../browser-pool.js';
import type { BrowserEngine, EngineInfo } from '../../engine.js';
import type { FirefoxBinary } from '../../executables/firefox.js';
import { affordableProcesses } from '../../process-budget.js';
import { setGetters } from '../getters.js';
import { LazyEngine } from '../playwright-engine.js';
import type { Environment } from './browser-environment.js';
import { FirefoxBidiFilter } from './firefox-bidi-filter.js';
import { FirefoxWrapper } from './firefox-wrapper.js';

export interface FirefoxEngineOptions {
  readonly binary: FirefoxBinary;
  /** The environment that the browser is started with. */
  readonly env: Environment;
  readonly contextsPerBrowser: number;
  /** Most user agents that have a process at once; more share one. Default: as many as the memory holds. */
  readonly maxBuckets?: number | undefined;
  /** Which part of them one owner may have, 0 to 1. Default: all. */
  readonly ownerShare?: number | undefined;
  /** The most memory that a process of pages may hold; one that holds more is ended. Default: any. */
  readonly pageMemoryBytes?: number | undefined;
  readonly observer: BrowserPoolObserver;
}

/** Measured: what a process costs before it has sessions. */
const bytesPerProcess = 450 * 1024 ** 2;
const launchTimeoutMs = 60_000;

/** Nothing in the background that talks to the network, nothing past the proxy, no names resolved here. */
const preferences = {
  // Or what is named 127.0.0.1 would go around the session's port.
  'network.proxy.allow_hijacking_localhost': true,
  'network.proxy.no_proxies_on': '',
  // A mouse: without a screen it would say that it has none.
  'ui.primaryPointerCapabilities': 6,
  'ui.allPointerCapabilities': 6,
  // What pages print would come through its standard output, which the driver keeps lines of.
  'browser.dom.window.dump.enabled': false,
  'devtools.console.stdout.content': false,
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

/**
 * Firefox: Playwright's own build in its own way, any other over WebDriver BiDi. A process is told at its start what it is
 * to say of itself, so each user agent has its own.
 */
export function createFirefoxEngine(options: FirefoxEngineOptions): BrowserEngine {
  return new LazyEngine({
    ...options,
    info: infoOf(options.binary),
    maxBuckets: options.maxBuckets ?? affordableProcesses(bytesPerProcess),
    launch: (identity) => launch(options, identity),
    bucketOf: ({ userAgent }) => userAgent,
    emulationOf,
    abilities: { showsReferer: true, encodesWebp: true },
    sharing: {
      emulationOf: ({ userAgent }) => ({ userAgent }),
      scriptOf: sharedScript,
      shortfallOf: (userAgent) =>
        `The Firefox process is shared with another user agent: workers keep its platform, and shared and service workers all that it says of itself: ${userAgent}.`,
    },
  });
}

async function launch({ binary, env }: FirefoxEngineOptions, identity: Identity | undefined): Promise<Browser> {
  const isOwn = binary.source === 'playwright';
  const wrapper = isOwn ? undefined : await FirefoxWrapper.make(binary.executablePath);
  try {
    const browser = await firefox.launch({
      executablePath: wrapper?.path ?? binary.executablePath,
      ...(isOwn ? {} : { channel: 'moz-firefox' }),
      headless: true,
      firefoxUserPrefs: { ...preferences, ...(identity ? identityPreferences(identity) : {}) },
      env: { ...env } as Record<string, string>, // undefined values do not reach a child
      timeout: launchTimeoutMs,
      // The server decides when its browsers end (SIGTERM drains first).
      handleSIGHUP: false,
      handleSIGINT: false,
      handleSIGTERM: false,
    });
    if (!isOwn) new FirefoxBidiFilter(browser);
    browser.once('disconnected', () => void wrapper?.release());
    return browser;
  } catch (error) {
    await wrapper?.release();
    throw error;
  } finally {
    await wrapper?.remove();
  }
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

/** What a page of a process that presents another user agent says otherwise; the user agent itself is overridden. */
function sharedScript(identity: Identity): string {
  const values = {
    platform: identity.platform,
    appVersion: appVersionOf(identity),
    oscpu: systemNames[identity.operatingSystem],
  };
  return setGetters('Navigator', values);
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
