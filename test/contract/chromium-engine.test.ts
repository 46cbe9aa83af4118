import type { ChromiumBinary } from '../../src/engine/executables/chromium.js';
import { chromiumEngine, everyChromium } from '../support/chromium.js';
import { browserProcesses } from '../support/processes.js';
import { type Ability, crashAt, describeEngine } from './engine-contract.js';

const binaries = await everyChromium();

const variants: {
  name: string;
  fits: (binary: ChromiumBinary) => boolean;
  missing: string;
  lacks?: readonly Ability[];
}[] = [
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
    // As in its incognito windows.
    lacks: ['storage in frames of other sites'],
  },
];

for (const { name, fits, missing, lacks = [] } of variants) {
  const binary = binaries.find(fits);
  describeEngine(`Chromium, ${name}`, {
    runsScripts: true,
    lacks,
    ...(binary ? {} : { skip: missing }),
    create: async () => {
      if (!binary) throw new Error(missing);
      return {
        engine: chromiumEngine(binary),
        crashPage: (page) => crashAt(page, 'chrome://crash'),
        crashBrowser: async () => {
          for (const id of browserProcesses()) process.kill(id, 'SIGKILL');
        },
      };
    },
  });
}
