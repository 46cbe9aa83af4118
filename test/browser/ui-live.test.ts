import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chosenChromium, chromiumEngine } from '../support/chromium.js';
import { Origin } from '../support/origin.js';
import { RunningApp } from '../support/start-app.js';
import { button, expectAccessible, UiBrowser } from '../support/ui-browser.js';

describe('the dashboard of real pages', () => {
  const person = new UiBrowser();
  const origin = new Origin();
  let app: RunningApp;

  beforeAll(async () => {
    await Promise.all([person.start(), origin.start()]);
    app = await RunningApp.start({}, chromiumEngine(await chosenChromium()));
    await app.ok({ cmd: 'request.get', session: 'shown', url: `${origin.url}/` });
  });
  afterAll(async () => {
    await person.close();
    await app?.close();
    await origin.close();
  });

  /** The colour in the middle of a picture that the dashboard shows; nothing while there is none. */
  const colorOf = (picture: Locator): Promise<unknown> =>
    picture.evaluateAll((found) => {
      const image = found[0];
      if (!(image instanceof HTMLImageElement) || !image.complete) return undefined;
      const pen = new OffscreenCanvas(1, 1).getContext('2d');
      pen?.drawImage(image, image.naturalWidth / 2, image.naturalHeight / 2, 1, 1, 0, 0, 1, 1);
      const [red = 0, green = 0, blue = 0] = pen?.getImageData(0, 0, 1, 1).data ?? [];
      return { width: image.naturalWidth, isRed: red > 200 && green < 60, isBlue: blue > 200 && green < 60 };
    });
  const paint = (session: string, color: string): Promise<unknown> => {
    const code = `document.body.style.background = '${color}'; document.title = '${color} page'; true`;
    return app.ok({ cmd: 'request.get', session, keepSamePage: true, browserActions: [{ type: 'execute_js', code }] });
  };

  it('the list – shows how a page looks, and another picture after it has changed; only of rows that are seen', async () => {
    await app.ok({ cmd: 'request.get', session: 'painted', url: `${origin.url}/` });
    await paint('painted', 'red');
    for (let i = 0; i < 40; i += 1) await app.ok({ cmd: 'sessions.create', session: `other-${i}` });
    const asked: string[] = [];
    await person.uses(`${app.url}/ui?sort=session`, async (page) => {
      page.on('request', (request) => asked.push(new URL(request.url()).pathname));
      const row = page.getByRole('row', { name: /^painted/ });
      await row.waitFor();
      await page.waitForResponse(/thumbnails/);
      expect(asked).not.toContain('/ui/thumbnails/painted');
      await row.scrollIntoViewIfNeeded();
      await expect.poll(() => colorOf(row.locator('img'))).toMatchObject({ width: 240, isRed: true });
      await row.locator('.page-title').getByText('red page').waitFor();
      await expectAccessible(page, 'pictures');
      await paint('painted', 'blue');
      // At the latest when its page is paused: a machine that is busy may draw it after the picture was taken.
      await expect.poll(() => colorOf(row.locator('img')), { timeout: 30_000 }).toMatchObject({ isBlue: true });
      await row.locator('.page-title').getByText('blue page').waitFor();
    });
  });

  it('a person takes control and gives it back – the list and the events say so', async () => {
    await person.uses(`${app.url}/ui/sessions/shown`, async (page) => {
      await page.getByRole('img', { name: 'Live view of shown' }).waitFor();
      await button(page, 'Take control').focus();
      await page.keyboard.press('Enter');
      await button(page, 'Give back').waitFor();
      await page.locator('.badge.attached').waitFor();
      await page.getByRole('list', { name: 'Events' }).getByText('a person took control').waitFor();
      await expectAccessible(page, 'in control');
      await button(page, 'Give back').click();
      await button(page, 'Take control').waitFor();
      await page.getByRole('list', { name: 'Events' }).getByText('a person gave back').waitFor();
    });
    const { sessions } = await app.ok({ cmd: 'sessions.list' });
    expect(sessions[0].state).not.toBe('attached');
  });
});
