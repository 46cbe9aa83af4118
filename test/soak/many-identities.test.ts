import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chosenChromium, chromiumEngine } from '../support/chromium.js';
import { chosenFirefox, firefoxEngine } from '../support/firefox.js';
import { Origin } from '../support/origin.js';
import { browserProcesses } from '../support/processes.js';
import { type Answer, RunningApp } from '../support/start-app.js';

const chromium = await chosenChromium();
const firefox = await chosenFirefox();

describe('many identities at once', () => {
  const origin = new Origin();
  let app: RunningApp;

  beforeAll(async () => {
    await origin.start();
    app = await RunningApp.start({}, [chromiumEngine(chromium), ...(firefox ? [firefoxEngine(firefox)] : [])]);
  });
  afterAll(async () => {
    await app.close();
    await origin.close();
  });

  const createAll = (wishes: readonly Record<string, unknown>[]): Promise<Answer['body'][]> =>
    Promise.all(wishes.map((wish, n) => app.ok({ cmd: 'sessions.create', session: `s-${n}`, ...wish })));

  /** Sees that page and header say what the fingerprint does, then ends the session. */
  async function expectPresented({ session, fingerprint }: Answer['body']): Promise<void> {
    const { solution } = await app.ok({ cmd: 'request.get', session, url: `${origin.url}/echo` });
    const sent = JSON.parse(solution.innerText).headers['user-agent'];
    expect([solution.userAgent, sent]).toEqual([fingerprint.userAgent, fingerprint.userAgent]);
    await app.ok({ cmd: 'sessions.destroy', session });
  }

  it.skipIf(!firefox)(
    '12 plain wishes for firefox – the real one for all, in one process, nothing to be told',
    async () => {
      const opened = await createAll(Array(12).fill({ browser: 'firefox' }));
      for (const { fingerprint } of opened) {
        expect(fingerprint).toMatchObject({ engine: { name: 'firefox' }, device: 'desktop', warnings: [] });
        expect(fingerprint.userAgent).toBe(opened[0].fingerprint.userAgent);
      }
      expect(browserProcesses(/firefox/i)).toHaveLength(1);
      for (const one of opened) await expectPresented(one);
    },
  );

  it('60 user agents of Chrome – each has a session, and is what was wished for', async () => {
    const versions = [...Array(57).keys()].map((n) => 100 + n);
    const wishes = [
      ...versions.map((version) => [version, 'linux'] as const),
      ...[150, 151, 152].map((version) => [version, 'windows'] as const),
    ].map(([version, operatingSystem]) => ({
      browser: { name: 'chrome', minVersion: version, maxVersion: version },
      operatingSystem,
    }));
    const opened = await createAll(wishes);
    expect(opened.map(({ fingerprint }) => fingerprint.browser.version)).toEqual(
      wishes.map(({ browser }) => browser.minVersion),
    );
    expect(new Set(opened.map(({ fingerprint }) => fingerprint.userAgent)).size).toBe(60);
    for (const one of opened.filter((_one, i) => i % 6 === 0)) await expectPresented(one);
  }, 240_000);
});
