import { webkit } from 'playwright-core';
import { userAgentOf } from '../../../identity/browser-strings.js';
import { fullPresentation } from '../../../identity/presentation-capabilities.js';
import type { Environment } from '../../browser-environment.js';
import type { EngineInfo } from '../../engine.js';
import type { WebKitBinary } from '../../executables/webkit.js';
import { DriverPageChannel } from '../channel/driver-page-channel.js';
import { driverEvaluateInFrame } from '../channel/frame-evaluation.js';
import { launchBrowser } from '../driver/launch-browser.js';
import type { BrowserProfile } from './browser-profile.js';
import { deviceEmulation } from './device-emulation.js';

export interface WebKitProfileOptions {
  readonly binary: WebKitBinary;
  /** The environment that the browser is started with. */
  readonly env: Environment;
  /** Where its profiles, downloads and temporary files go. If omitted, the system's temporary folder. */
  readonly scratchDir?: string | undefined;
}

const launchTimeoutMs = 60_000;

/** WebKit: Playwright's own build. Its contexts present each their own user agent, so one process serves all. */
export function webkitProfile({ binary, env, scratchDir }: WebKitProfileOptions): BrowserProfile {
  const { executablePath } = binary;
  return {
    info: infoOf(binary),
    isKeptRunning: false,
    bytesPerProcess: 450 * 1024 ** 2, // not measured: as Firefox
    retireAfterContexts: 2000,
    launch: async () => ({
      browser: await launchBrowser(webkit, { executablePath, env, scratchDir, timeoutMs: launchTimeoutMs }),
    }),
    keyOf: () => 'webkit',
    contextOptionsOf: deviceEmulation,
    openChannel: async (page) => new DriverPageChannel(page, {}),
    storage: { evaluateInFrame: driverEvaluateInFrame },
  };
}

function infoOf({ version, source }: WebKitBinary): EngineInfo {
  const safari = {
    browser: 'safari',
    version: Number.parseInt(version, 10),
    operatingSystem: 'macos',
    device: 'desktop',
  } as const;
  return { name: 'webkit', version, userAgent: userAgentOf(safari), build: source, presents: fullPresentation };
}
