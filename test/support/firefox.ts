import type { BrowserEngine } from '../../src/engine/engine.js';
import { type FirefoxBinary, findFirefox } from '../../src/engine/executables/firefox.js';
import { firefoxProfile } from '../../src/engine/playwright/browsers/firefox.js';
import { PlaywrightEngine } from '../../src/engine/playwright/playwright-engine.js';

const quiet = { launched() {}, crashed() {}, hung() {}, launchFailed() {} };

/** The Firefox of this machine, if there is one. */
export const chosenFirefox = (): Promise<FirefoxBinary | undefined> =>
  findFirefox({ named: process.env.MOORING_FIREFOX, env: process.env });

export const firefoxEngine = (binary: FirefoxBinary, maxProcesses?: number): BrowserEngine =>
  new PlaywrightEngine({
    profile: firefoxProfile({ binary, env: process.env }),
    contextsPerBrowser: 50,
    maxProcesses,
    observer: quiet,
  });
