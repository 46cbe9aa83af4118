import { firefox } from 'playwright-core';
import { expect, it } from 'vitest';
import { answeredCommands } from '../../src/engine/playwright/browsers/firefox-bidi-filter.js';
import { chosenFirefox, firefoxEngine } from '../support/firefox.js';
import { browserProcesses } from '../support/processes.js';
import { crashAt, describeEngine } from './engine-contract.js';

const binary = await chosenFirefox();

describeEngine('Firefox', {
  runsScripts: true,
  // What WebDriver BiDi, or the driver over it, does not have.
  lacks: [
    'crash event',
    'header refusal',
    'download cancel',
    'script termination',
    'worker bypass',
    'pause',
    'script errors',
    'partitioned cookies',
    'open sockets',
  ],
  ...(binary ? {} : { skip: 'this machine has no Firefox' }),
  create: async () => {
    if (!binary) throw new Error('there is no Firefox');
    return {
      engine: firefoxEngine(binary),
      crashPage: (page) => crashAt(page, 'about:crashcontent'),
      crashBrowser: async () => {
        for (const id of browserProcesses()) process.kill(id, 'SIGKILL');
      },
    };
  },
});

if (binary && binary.source === 'system') {
  it('without the filter no context can be opened – when one can, firefox-bidi-filter.ts is no longer needed', async () => {
    const browser = await firefox.launch({ channel: 'moz-firefox', executablePath: binary.executablePath });
    try {
      const failure = await browser.newContext().then(
        () => 'it opened',
        (error: unknown) => String(error),
      );
      expect(answeredCommands.some((name) => failure.includes(name))).toBe(true);
    } finally {
      await browser.close();
    }
  });
}
