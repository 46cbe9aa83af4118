import { platform, tmpdir } from 'node:os';
import { firefox } from 'playwright-core';
import { appVersionOf, userAgentOf } from '../../../identity/browser-strings.js';
import type { Identity } from '../../../identity/identity.js';
import type { PresentationCapabilities } from '../../../identity/presentation-capabilities.js';
import type { Environment } from '../../browser-environment.js';
import type { EngineInfo } from '../../engine.js';
import type { FirefoxBinary } from '../../executables/firefox.js';
import { DriverPageChannel } from '../channel/driver-page-channel.js';
import { bidiEvaluateInFrame, driverEvaluateInFrame } from '../channel/frame-evaluation.js';
import { installTextInputLate } from '../driver/bidi-text-input.js';
import { launchBrowser } from '../driver/launch-browser.js';
import { setGetters } from '../injected/set-getters.js';
import type { BrowserProfile, LaunchedByDriver } from './browser-profile.js';
import { FirefoxBidiFilter } from './firefox-bidi-filter.js';
import { FirefoxWrapper } from './firefox-wrapper.js';

export interface FirefoxProfileOptions {
  readonly binary: FirefoxBinary;
  /** The environment that the browser is started with. */
  readonly env: Environment;
  /** Where its profiles, downloads and temporary files go. If omitted, the system's temporary folder. */
  readonly scratchDir?: string | undefined;
}

const launchTimeoutMs = 60_000;

/** Over WebDriver BiDi, and through the driver. The engine contract lists what else its pages cannot. */
const presents: PresentationCapabilities = {
  devices: ['desktop'],
  languages: 'one',
  hardwareConcurrency: false,
  serviceWorkerLocale: 'machine',
};

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
  // A page that comes back out of memory is not told to the driver: it would go on with the page before it.
  'browser.sessionhistory.max_total_viewers': 0,
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
export function firefoxProfile(options: FirefoxProfileOptions): BrowserProfile {
  const speaksBidi = options.binary.source !== 'playwright';
  return {
    info: infoOf(options.binary),
    isKeptRunning: false,
    bytesPerProcess: 450 * 1024 ** 2,
    retireAfterContexts: 2000,
    launch: (identity) => launch(options, identity),
    keyOf: ({ userAgent }) => userAgent,
    contextOptionsOf,
    sharing: {
      contextOptionsOf: ({ userAgent }) => ({ userAgent }),
      scriptOf: sharedScript,
      shortfallOf: (userAgent) =>
        `The Firefox process is shared with another user agent: workers keep its platform, and shared and service workers all that it says of itself: ${userAgent}.`,
    },
    openChannel: async (page) => new DriverPageChannel(page, { showsReferer: true, encodesWebp: true, speaksBidi }),
    storage: { evaluateInFrame: speaksBidi ? bidiEvaluateInFrame : driverEvaluateInFrame },
  };
}

async function launch(
  { binary, env, scratchDir }: FirefoxProfileOptions,
  identity: Identity | undefined,
): Promise<LaunchedByDriver> {
  const isOwn = binary.source === 'playwright';
  const wrapper = isOwn ? undefined : await FirefoxWrapper.make(binary.executablePath, scratchDir ?? tmpdir());
  try {
    const executablePath = wrapper?.path ?? binary.executablePath;
    const settings = { executablePath, env, scratchDir, timeoutMs: launchTimeoutMs };
    const browser = await launchBrowser(firefox, settings, {
      ...(isOwn ? {} : { channel: 'moz-firefox' }),
      firefoxUserPrefs: { ...preferences, ...(identity ? identityPreferences(identity) : {}) },
    });
    browser.once('disconnected', () => void wrapper?.release());
    if (isOwn) return { browser };
    new FirefoxBidiFilter(browser);
    return { browser, present: installTextInputLate };
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
  return { name: 'firefox', version, userAgent, build: source, presents };
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

function contextOptionsOf({ languages, timezone, viewport, screen }: Identity) {
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
