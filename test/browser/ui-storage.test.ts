import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chosenChromium, chromiumEngine } from '../support/chromium.js';
import { Origin } from '../support/origin.js';
import { RunningApp } from '../support/start-app.js';
import { button, expectAccessible, UiBrowser } from '../support/ui-browser.js';

describe('what a session of a real browser has stored, in the dashboard', () => {
  const person = new UiBrowser();
  const shop = new Origin();
  const bank = new Origin();
  let app: RunningApp;

  beforeAll(async () => {
    await Promise.all([person.start(), shop.start(), bank.start()]);
    app = await RunningApp.start({}, chromiumEngine(await chosenChromium()));
  });
  afterAll(async () => {
    await person.close();
    await app?.close();
    await Promise.all([shop.close(), bank.close()]);
  });

  const run = (code: string, rest: Record<string, unknown>): Promise<unknown> => {
    const browserActions = [{ type: 'execute_js', code }];
    return app.ok({ cmd: 'request.get', session: 'stored', browserActions, ...rest });
  };
  /** Stores a bit of each kind, under the name of its site. */
  const store = (site: string): string => `
    localStorage.setItem('${site} cart', 'three lamps');
    localStorage.setItem('${site} long', 'x'.repeat(5000));
    sessionStorage.setItem('${site} step', 'payment');
    return await new Promise((resolve, reject) => {
      const opening = indexedDB.open('${site} database', 1);
      opening.onerror = () => reject(opening.error);
      opening.onupgradeneeded = () => {
        opening.result.createObjectStore('empty');
        const orders = opening.result.createObjectStore('orders', { keyPath: 'id' });
        for (const id of [1, 2, 3]) orders.put({ id, when: new Date(0), lines: new Map([['rope', id]]) });
      };
      opening.onsuccess = () => { opening.result.close(); resolve('stored'); };
    });`;

  it('cookies, and by origin what is local, of the tab, and in databases; reading leaves the page where it is', async () => {
    await run(store('shop'), { url: `${shop.url}/set-cookie` });
    await run(store('bank'), { url: `${bank.url}/` });
    await person.uses(`${app.url}/ui/sessions/stored`, async (page) => {
      const panel = page.getByRole('tabpanel');
      await page.getByRole('tab', { name: 'Cookies' }).click();
      const cookies = panel.getByRole('region', { name: 'Cookies' });
      await cookies.waitFor();
      expect(await cookies.getByRole('row').allInnerTexts()).toEqual([
        'Name\tValue\tDomain\tExpires\tFlags',
        expect.stringMatching(/^a\t1\t127\.0\.0\.1\tsession\tLax$/),
        expect.stringMatching(/^b\t2\t127\.0\.0\.1\t\d{4}-\d\d-\d\d\tHttpOnly, Strict$/),
      ]);
      await expectAccessible(page, 'cookies');

      await page.getByRole('tab', { name: 'Storage' }).click();
      for (const [site, { url }] of [
        ['shop', shop],
        ['bank', bank],
      ] as const) {
        const section = panel.locator('section', { has: page.getByRole('heading', { name: url }) });
        await section.getByRole('row', { name: `${site} cart three lamps` }).waitFor();
        await section.getByRole('row', { name: `${site} step payment` }).waitFor();
        await section.getByRole('row', { name: `${site} database empty: 0, orders: 3` }).waitFor();
        await section.getByRole('rowheader', { name: `${site} long` }).waitFor();
      }
      await expectAccessible(page, 'storage');
      for (const width of [390, 1280]) {
        await page.setViewportSize({ width, height: 900 });
        expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), `${width} px`).toBe(true);
      }

      await run('localStorage.removeItem("bank cart"); localStorage.setItem("bank new", "one"); 0', {
        keepSamePage: true,
      });
      await button(page, 'Read again').click();
      await panel.getByRole('row', { name: 'bank new one' }).waitFor();
      expect(await panel.getByRole('rowheader', { name: 'bank cart' }).count()).toBe(0);
    });
    const { solution } = await app.ok({ cmd: 'request.get', session: 'stored', keepSamePage: true });
    expect(solution.currentUrl).toBe(`${bank.url}/`);
  });
});
