import type { BrowserEngine } from '../../src/engine/engine.js';
import { type FirefoxBinary, findFirefox } from '../../src/engine/executables/firefox.js';
import { createFirefoxEngine } from '../../src/engine/playwright/browsers/firefox.js';

const quiet = { launched() {}, crashed() {}, hung() {}, launchFailed() {} };

/** The Firefox of this machine, if there is one. */
export const chosenFirefox = (): Promise<FirefoxBinary | undefined> =>
  findFirefox({ named: process.env.MOORING_FIREFOX, env: process.env });

export const firefoxEngine = (binary: FirefoxBinary, maxBuckets?: number): BrowserEngine =>
  createFirefoxEngine({ binary, env: process.env, contextsPerBrowser: 50, maxBuckets, observer: quiet });
