import { readdirSync, readFileSync } from 'node:fs';
import { firefox } from 'playwright-core';
import { expect, it } from 'vitest';
import { answeredCommandNames } from '../../src/engine/playwright/firefox-bidi-filter.js';
import { chosenFirefox, firefoxEngine } from '../support/firefox.js';
import { describeEngine } from './engine-contract.js';

const binary = await chosenFirefox();

describeEngine('Firefox', {
  runsScripts: true,
  // What WebDriver BiDi, or the driver over it, does not have.
  lacks: ['referer', 'crash event', 'header refusal', 'download cancel', 'script termination', 'worker bypass'],
  ...(binary ? {} : { skip: 'this machine has no Firefox' }),
  create: async () => {
    if (!binary) throw new Error('there is no Firefox');
    return {
      engine: firefoxEngine(binary),
      crashPage: async (page) => {
        const crash = {
          url: 'about:crashcontent',
          method: 'GET',
          headers: {},
          loadTimeoutMs: 5000,
          maxBodyBytes: 1,
        } as const;
        await page.navigate(crash, AbortSignal.timeout(5000)).catch(() => {}); // the crash is what it is for
      },
      crashBrowser: async () => {
        for (const id of firefoxProcesses()) process.kill(id, 'SIGKILL');
      },
    };
  },
});

/** The Firefox processes that this process started. */
function firefoxProcesses(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((id) => {
      try {
        const [, command = '', rest = ''] = /\((.*)\) (.*)/s.exec(readFileSync(`/proc/${id}/stat`, 'utf8')) ?? [];
        return /firefox/i.test(command) && rest.split(' ')[1] === String(process.pid);
      } catch {
        return false; // ended meanwhile
      }
    })
    .map(Number);
}

if (binary && binary.source === 'system') {
  it('without the filter no context can be opened – when one can, firefox-bidi-filter.ts is no longer needed', async () => {
    const browser = await firefox.launch({ channel: 'moz-firefox', executablePath: binary.executablePath });
    try {
      const failure = await browser.newContext().then(
        () => 'it opened',
        (error: unknown) => String(error),
      );
      expect(answeredCommandNames.some((name) => failure.includes(name))).toBe(true);
    } finally {
      await browser.close();
    }
  });
}
