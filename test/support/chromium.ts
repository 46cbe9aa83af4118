import { tmpdir } from 'node:os';
import { loadConfig } from '../../src/config/load-config.js';
import {
  type ChromiumBinary,
  chooseChromium,
  type FindChromiumOptions,
  listChromiums,
} from '../../src/engine/executables/chromium.js';
import { ChromiumEngine } from '../../src/engine/playwright/browsers/chromium.js';

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
  maxBuckets?: number,
): ChromiumEngine {
  return new ChromiumEngine({
    binary,
    env: process.env,
    sandbox: process.getuid?.() !== 0,
    contextsPerBrowser,
    maxBuckets,
    extraArgs,
    observer: quiet,
  });
}
