import type { BrowserEngine } from '../../src/engine/engine.js';
import { chosenChromium, chromiumEngine } from './chromium.js';

/** The engines that the request suites run on. */
export interface SuiteEngine {
  readonly name: string;
  /** @param maxBuckets how many user agents it presents at once */
  readonly create: (maxBuckets?: number) => Promise<BrowserEngine>;
}

export const suiteEngines: readonly SuiteEngine[] = [
  { name: 'chromium', create: async (maxBuckets) => chromiumEngine(await chosenChromium(), 50, [], maxBuckets) },
];
