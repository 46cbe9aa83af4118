import { platform } from 'node:process';
import { chromium } from 'playwright-core';
import { nativeIdentity } from '../../../identity/identity-resolver.js';
import { fullPresentation } from '../../../identity/presentation-capabilities.js';
import type { Environment } from '../../browser-environment.js';
import type { EngineInfo } from '../../engine.js';
import type { ChromiumBinary } from '../../executables/chromium.js';
import { CdpPageChannel } from '../channel/cdp-page-channel.js';
import { cdpEvaluateInFrame } from '../channel/frame-evaluation.js';
import { cdpStorageChanges } from '../channel/storage-changes.js';
import { defaultArgumentsOf } from '../driver/driver-transport.js';
import { launchBrowser } from '../driver/launch-browser.js';
import type { BrowserProfile, LaunchedByDriver } from './browser-profile.js';
import { ChromiumPresentation } from './chromium-identity.js';
import { deviceEmulation } from './device-emulation.js';
import { DrawingPriority } from './drawing-priority.js';

export interface ChromiumProfileOptions {
  readonly binary: ChromiumBinary;
  /** The environment that the browser is started with. */
  readonly env: Environment;
  /** Where its profiles, downloads and temporary files go. If omitted, the system's temporary folder. */
  readonly scratchDir?: string | undefined;
  /** Off only where Chromium refuses it: as root. */
  readonly sandbox: boolean;
  /** More switches for the browser; tests use it. */
  readonly extraArgs?: readonly string[];
}

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

/** Chromium, driven over a pipe: when this process is killed, its browsers are gone at once. */
export function chromiumProfile(options: ChromiumProfileOptions): BrowserProfile {
  const info = infoOf(options.binary);
  const drawing = new DrawingPriority();
  return {
    info,
    isKeptRunning: true,
    bytesPerProcess: 40 * 1024 ** 2,
    retireAfterContexts: 5000,
    launch: (identity) => launch(options, (identity ?? nativeIdentity(info)).userAgent),
    keyOf: ({ userAgent }) => userAgent,
    // What the driver says of the user agent is put right on its way to the browser.
    contextOptionsOf: deviceEmulation,
    sharing: { shortfallOf: sharedShortfall },
    openChannel: (page) =>
      CdpPageChannel.open(page, () => {
        const browser = page.context().browser();
        if (browser) drawing.lower(browser);
      }),
    storage: { evaluateInFrame: cdpEvaluateInFrame, changes: cdpStorageChanges },
  };
}

async function launch(
  { binary, sandbox, env, scratchDir, extraArgs = [] }: ChromiumProfileOptions,
  userAgent: string,
): Promise<LaunchedByDriver> {
  const slimming = binary.flavour === 'full' ? await slimmingOf() : { ignoreDefaultArgs: [], args: [] };
  const settings = {
    executablePath: binary.executablePath,
    env: { ...env, ...binary.env },
    scratchDir,
    timeoutMs: launchTimeoutMs,
  };
  const browser = await launchBrowser(chromium, settings, {
    ignoreDefaultArgs: [...slimming.ignoreDefaultArgs],
    chromiumSandbox: sandbox,
    // Shared and service workers have their user agent from nowhere else.
    args: [...args, ...slimming.args, `--user-agent=${userAgent}`, ...extraArgs],
  });
  const presentation = new ChromiumPresentation(browser);
  const { protocol } = presentation;
  return {
    browser,
    protocol,
    present: (context, identity) => presentation.present(context, identity),
    onScriptError: (context, listener) => presentation.onScriptError(context, listener),
    openSockets: (context) => presentation.openSockets(context),
  };
}

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

/** What is known of a build without launching it. */
function infoOf({ version, flavour }: ChromiumBinary): EngineInfo {
  const system = platform === 'darwin' ? 'Macintosh; Intel Mac OS X 10_15_7' : 'X11; Linux x86_64';
  // It names its major version alone (https://www.chromium.org/updates/ua-reduction).
  const major = Number.parseInt(version, 10);
  const userAgent = `Mozilla/5.0 (${system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${major}.0.0.0 Safari/537.36`;
  return { name: 'chromium', version, userAgent, build: flavour, presents: fullPresentation };
}
