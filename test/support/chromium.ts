import { tmpdir } from 'node:os';
import { loadConfig } from '../../src/config/load-config.js';
import type { BrowserEngine } from '../../src/engine/engine.js';
import {
  type ChromiumBinary,
  chooseChromium,
  type FindChromiumOptions,
  listChromiums,
} from '../../src/engine/executables/chromium.js';
import { chromiumProfile } from '../../src/engine/playwright/browsers/chromium.js';
import { PlaywrightEngine } from '../../src/engine/playwright/playwright-engine.js';

const quiet = { launched() {}, crashed() {}, hung() {}, launchFailed() {} };

const findOptions = (): FindChromiumOptions => {
  const { chromium, cacheDir } = loadConfig(process.env, tmpdir());
  return { named: chromium, cacheDir, env: process.env };
};

/** The Chromium that a server would run here. */
export const chosenChromium = (): Promise<ChromiumBinary> => chooseChromium(findOptions());

/** Every Chromium that can be run here. */
export async function everyChromium(): Promise<ChromiumBinary[]> {
  return (await listChromiums(findOptions())).filter((entry) => 'executablePath' in entry);
}

export function chromiumEngine(
  binary: ChromiumBinary,
  contextsPerBrowser = 50,
  extraArgs: readonly string[] = [],
  maxProcesses?: number,
): BrowserEngine {
  return new PlaywrightEngine({
    profile: chromiumProfile({ binary, env: process.env, sandbox: process.getuid?.() !== 0, extraArgs }),
    contextsPerBrowser,
    maxProcesses,
    observer: quiet,
  });
}
