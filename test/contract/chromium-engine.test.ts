import type { ChromiumBinary } from '../../src/engine/executables/chromium.js';
import { chromiumEngine, everyChromium } from '../support/chromium.js';
import { browserProcesses } from '../support/processes.js';
import { type Ability, crashAt, describeEngine } from './engine-contract.js';

const binaries = await everyChromium();
const shells = binaries.filter(({ flavour }) => flavour === 'shell');

const variants: {
  name: string;
  binary: ChromiumBinary | undefined;
  missing: string;
  lacks?: readonly Ability[];
}[] = [
  {
    // The embedded one where there is one: every other suite runs on that of the system.
    name: 'headless shell',
    binary: shells.find(({ source }) => source === 'embedded') ?? shells[0],
    missing: 'there is no headless shell of Chromium: the embedded one is for Linux on x64, and this system has none',
  },
  {
    name: 'system full browser',
    binary: binaries.find(({ source, flavour }) => source === 'system' && flavour === 'full'),
    missing: 'this system has no Chromium or Chrome',
    // As in its incognito windows.
    lacks: ['storage in frames of other sites'],
  },
];

for (const { name, binary, missing, lacks = [] } of variants) {
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
