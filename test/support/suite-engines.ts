import type { BrowserEngine } from '../../src/engine/engine.js';
import { chosenChromium, chromiumEngine } from './chromium.js';

/** The engines that the request suites run on. */
export interface SuiteEngine {
  readonly name: string;
  readonly create: () => Promise<BrowserEngine>;
}

export const suiteEngines: readonly SuiteEngine[] = [
  { name: 'chromium', create: async () => chromiumEngine(await chosenChromium()) },
];
