import { webkit } from 'playwright-core';
import { userAgentOf } from '../../../identity/browser-strings.js';
import type { BrowserPoolObserver } from '../../browser-pool.js';
import type { BrowserEngine, EngineInfo } from '../../engine.js';
import type { WebKitBinary } from '../../executables/webkit.js';
import { LazyEngine } from '../playwright-engine.js';
import type { Environment } from './browser-environment.js';
import { deviceEmulation } from './device-emulation.js';

export interface WebKitEngineOptions {
  readonly binary: WebKitBinary;
  /** The environment that the browser is started with. */
  readonly env: Environment;
  readonly contextsPerBrowser: number;
  readonly observer: BrowserPoolObserver;
}

const launchTimeoutMs = 60_000;

/** WebKit: Playwright's own build. Its contexts present each their own user agent, so one process serves all. */
export function createWebKitEngine(options: WebKitEngineOptions): BrowserEngine {
  const { binary, env } = options;
  return new LazyEngine({
    ...options,
    info: infoOf(binary),
    maxBuckets: 1,
    launch: () =>
      webkit.launch({
        executablePath: binary.executablePath,
        headless: true,
        env: { ...env } as Record<string, string>, // undefined values do not reach a child
        timeout: launchTimeoutMs,
        // The server decides when its browsers end (SIGTERM drains first).
        handleSIGHUP: false,
        handleSIGINT: false,
        handleSIGTERM: false,
      }),
    bucketOf: () => 'webkit',
    emulationOf: deviceEmulation,
  });
}

function infoOf({ version, source }: WebKitBinary): EngineInfo {
  const safari = {
    browser: 'safari',
    version: Number.parseInt(version, 10),
    operatingSystem: 'macos',
    device: 'desktop',
  } as const;
  return { name: 'webkit', version, userAgent: userAgentOf(safari), build: source };
}
