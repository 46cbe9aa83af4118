import type { BrowserEngine } from '../../src/engine/engine.js';
import { chosenChromium, chromiumEngine, everyChromium } from './chromium.js';
import { chosenFirefox, firefoxEngine } from './firefox.js';

/** An engine that the request suites run on. */
export interface SuiteEngine {
  readonly name: string;
  /** Why it cannot be tested here. */
  readonly skip?: string;
  /** @param maxProcesses how many user agents it presents at once */
  readonly create: (maxProcesses?: number) => Promise<BrowserEngine>;
}

const chosen = await chosenChromium();
const full = (await everyChromium()).find(({ flavour, source }) => flavour === 'full' && source === 'system');
const firefox = await chosenFirefox();

function found<T>(binary: T | undefined): T {
  if (!binary) throw new Error('it is not here');
  return binary;
}

/** The Chromium that a server would run. */
const chosenEngine: SuiteEngine = {
  name: `chromium ${chosen.flavour}`,
  create: async (maxProcesses) => chromiumEngine(chosen, 50, [], maxProcesses),
};

const fullEngine: SuiteEngine = {
  name: 'chromium full',
  ...(full ? {} : { skip: 'this system has no Chromium or Chrome' }),
  create: async (maxProcesses) => chromiumEngine(found(full), 50, [], maxProcesses),
};

const firefoxSuite: SuiteEngine = {
  name: 'firefox',
  ...(firefox ? {} : { skip: 'this machine has no Firefox' }),
  create: async (maxProcesses) => firefoxEngine(found(firefox), maxProcesses),
};

/** The title of an engine's suite, with the reason when it is skipped. */
export const suiteName = ({ name, skip }: SuiteEngine): string =>
  skip === undefined ? name : `${name} (skipped: ${skip})`;

/** The engine that a suite of one engine runs on: the project of the test runner says which. */
export const suiteEngine: SuiteEngine =
  { 'chromium-full': fullEngine, firefox: firefoxSuite }[process.env.SUITE_ENGINE ?? ''] ?? chosenEngine;
