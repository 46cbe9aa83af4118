import type { ChromiumBinary } from '../../src/engine/playwright/find-chromium.js';
import { browserProcesses, chromiumEngine, everyChromium } from '../support/chromium.js';
import { describeEngine } from './engine-contract.js';

const binaries = await everyChromium();

const variants: { name: string; fits: (binary: ChromiumBinary) => boolean; missing: string }[] = [
  {
    name: 'embedded',
    fits: ({ source }) => source === 'embedded',
    missing: 'the embedded browser is for Linux on x64',
  },
  {
    name: 'system headless shell',
    fits: ({ source, flavour }) => source === 'system' && flavour === 'shell',
    missing: 'this system has no headless shell of Chromium',
  },
  {
    name: 'system full browser',
    fits: ({ source, flavour }) => source === 'system' && flavour === 'full',
    missing: 'this system has no Chromium or Chrome',
  },
];

for (const { name, fits, missing } of variants) {
  const binary = binaries.find(fits);
  describeEngine(`Chromium, ${name}`, {
    runsScripts: true,
    ...(binary ? {} : { skip: missing }),
    create: async () => {
      if (!binary) throw new Error(missing);
      return {
        engine: chromiumEngine(binary),
        crashPage: async (page) => {
          const crash = {
            url: 'chrome://crash',
            method: 'GET',
            headers: {},
            loadTimeoutMs: 5000,
            maxBodyBytes: 1,
          } as const;
          await page.navigate(crash, AbortSignal.timeout(5000)).catch(() => {}); // the crash is what it is for
        },
        crashBrowser: async () => {
          for (const id of browserProcesses()) process.kill(id, 'SIGKILL');
        },
      };
    },
  });
}
