import { randomUUID } from 'node:crypto';
import type { Page } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineSuite } from '../support/engine-suite.js';
import { type Person, PersonsBrowser } from '../support/person.js';
import { suiteEngine as engine, suiteName } from '../support/suite-engines.js';
import { expectAccessible } from '../support/ui-browser.js';

/** Six looks with axe in a test. */
describe(`The page of a live view on ${suiteName(engine)}`, { timeout: 180_000 }, () => {
  const suite = new EngineSuite(engine, { session: 'seen' });
  const { origin } = suite;
  const people = new PersonsBrowser();
  let session = '';
  beforeEach(async () => {
    session = randomUUID();
    await suite.get('/desk', { session });
  });
  afterEach(async () => {
    await people.leave();
    await suite.app.ok({ cmd: 'sessions.destroy', session });
  });

  const link = async (fields: Record<string, unknown> = { control: true }): Promise<string> =>
    (await suite.app.ok({ cmd: 'sessions.view', session, ...fields })).solution.viewUrl;
  const takeOver = async (): Promise<Person> => {
    const person = await people.open(await link());
    await person.see();
    await person.take();
    return person;
  };

  it('connecting, and a server that says nothing', async () => {
    const person = await people.open('about:blank');
    await person.page.routeWebSocket(/\/live$/, () => {});
    await person.page.goto(await link());
    await person.page.getByText('Connecting…').waitFor();
    await looksRight(person.page, 'connecting');
    await person.page.getByText('The connection was lost. Trying again…').waitFor();
    await looksRight(person.page, 'lost');
  });

  it('live, with control to take, and without', async () => {
    const person = await people.open(await link());
    await person.see();
    await looksRight(person.page, 'live');
    const watcher = await people.open(await link({}));
    await watcher.see();
    await person.take();
    await watcher.page.getByText('Somebody else has control.').waitFor();
    await looksRight(watcher.page, 'others');
  });

  it('in control, with tabs and a notice', async () => {
    const person = await takeOver();
    await looksRight(person.page, 'control');
    await person.click(0.2, 0.55);
    await person.page.getByRole('button', { name: /^Close / }).waitFor();
    await person.page.getByLabel('Address').fill('file:///etc/passwd');
    await person.page.keyboard.press('Enter');
    await person.page.getByText('expected an address with http or https').waitFor();
    expect(await person.page.getByLabel('Address').inputValue()).toBe(`${origin.url}/text`);
    await looksRight(person.page, 'tabs and a notice');
  });

  it('in control, with questions of the page', async () => {
    const person = await takeOver();
    await person.click(0.2, 0.4);
    await person.page.getByRole('alertdialog').waitFor();
    await looksRight(person.page, 'confirm');
    await person.page.keyboard.press('Enter');
    await person.page.getByLabel('Answer').waitFor();
    await looksRight(person.page, 'prompt');
  });

  it('in control, with files to choose', async () => {
    const person = await takeOver();
    await person.click(0.2, 0.25);
    await person.page.getByLabel('Files', { exact: true }).waitFor();
    await looksRight(person.page, 'files');
  });

  it('a session that has ended, a link that is over', async () => {
    const url = await link();
    const person = await people.open(url);
    await person.see();
    await suite.app.ok({ cmd: 'sessions.destroy', session });
    await person.page.getByText(/SESSION_ENDED/).waitFor();
    await looksRight(person.page, 'ended');
    const late = await people.open(url);
    await late.page.getByRole('heading', { name: 'This link shows nothing any more' }).waitFor();
    await looksRight(late.page, 'link over');
  });

  it('by keyboard alone – every control is reached, seen and used', async () => {
    const { page } = await people.open(await link());
    await page.locator('live-view .veil').waitFor({ state: 'hidden' });
    const { keyboard } = page;
    const tabTo = async (name: string, key = 'Tab'): Promise<void> => {
      for (let i = 0; (await focused(page)).name !== name; i += 1) {
        if (i === 12) throw new Error(`${key} does not lead to ${name}`);
        await keyboard.press(key);
        expect(await focused(page)).toMatchObject({ isSeen: true });
      }
    };
    await tabTo('Take control');
    await keyboard.press('Enter');
    await expect.poll(() => focused(page)).toMatchObject({ name: 'Keyboard input to the page', isSeen: true });
    // The page has the keys: the first field, then the file, then the button that asks.
    await keyboard.press('Tab');
    await keyboard.type('by hand');
    for (let i = 0; i < 2; i += 1) await keyboard.press('Tab');
    await keyboard.press('Enter');
    await page.getByRole('alertdialog').getByText('sure?').waitFor();
    expect(await focused(page)).toMatchObject({ name: 'OK', isSeen: true });
    await keyboard.press('Shift+Tab');
    expect(await focused(page)).toMatchObject({ name: 'Cancel', isSeen: true });
    await keyboard.press('Space');
    await expect.poll(() => focused(page)).toMatchObject({ name: 'Answer', isSeen: true });
    await keyboard.type('Anna');
    await keyboard.press('Enter');
    await expect.poll(() => focused(page)).toMatchObject({ name: 'Keyboard input to the page' });
    // A tab opens, is left for the first one, and is closed.
    await keyboard.press('Tab');
    await keyboard.press('Enter');
    const close = page.getByRole('button', { name: /^Close / });
    await close.waitFor();
    const first = `${new URL(origin.url).host}/desk`;
    await keyboard.press('F6');
    expect(await focused(page)).toMatchObject({ name: 'Give back', isSeen: true });
    await tabTo(first, 'Shift+Tab');
    await keyboard.press('Enter');
    await page.locator('live-view .tab.shown').getByText(first).waitFor();
    expect(await focused(page)).toMatchObject({ name: first, isSeen: true });
    await tabTo(`Close ${new URL(origin.url).host}/text`);
    await keyboard.press('Enter');
    await close.waitFor({ state: 'detached' });
    await expect.poll(() => focused(page)).toMatchObject({ name: 'Keyboard input to the page' });
    await keyboard.press('F6');
    await tabTo('Address', 'Shift+Tab');
    await keyboard.type(`${origin.url}/text`);
    await keyboard.press('Enter');
    await expect.poll(() => page.getByLabel('Address').inputValue()).toBe(`${origin.url}/text`);
    expect(await focused(page)).toMatchObject({ name: 'Keyboard input to the page' });
    await keyboard.press('F6');
    await tabTo('Back', 'Shift+Tab');
    await keyboard.press('Enter');
    await expect.poll(() => page.getByLabel('Address').inputValue()).toBe(`${origin.url}/desk`);
    await tabTo('Give back');
    await keyboard.press('Enter');
    await expect.poll(() => focused(page)).toMatchObject({ name: 'Take control', isSeen: true });
    const { solution } = await suite.app.ok({ cmd: 'request.get', session, keepSamePage: true });
    expect(solution.currentUrl).toBe(`${origin.url}/desk`);
  });
});

/** In both colour schemes and on three screens: it can be read and used, and nothing lies outside of the window. */
async function looksRight(page: Page, state: string): Promise<void> {
  for (const [width, colorScheme] of [
    [390, 'light'],
    [768, 'dark'],
    [1280, 'light'],
  ] as const) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 800 });
    const look = `${state}, ${colorScheme}, ${width} px`;
    await expectAccessible(page, look);
    expect(await page.evaluate(outside), look).toEqual([]);
  }
  await page.setViewportSize({ width: 1000, height: 900 });
}

/** What is not within the window, in the page. */
const outside = `[...(document.querySelector('live-view')?.shadowRoot ?? document).querySelectorAll('button, input, .veil p, .notice, .ask, .foot, h1')]
  .filter((element) => element.checkVisibility() && !element.closest('.tabs'))
  .filter((element) => {
    const { left, right, top, bottom } = element.getBoundingClientRect();
    return left < 0 || top < 0 || right > innerWidth || bottom > innerHeight;
  })
  .map((element) => element.outerHTML)`;

/** What has the keyboard: its name, and whether one sees that. */
async function focused(page: Page): Promise<{ readonly name: string; readonly isSeen: boolean }> {
  return await page.evaluate(() => {
    const root = document.querySelector('live-view')?.shadowRoot;
    const element = root?.activeElement;
    if (!root || !element) return { name: '', isSeen: true };
    const isOutlined = getComputedStyle(element).outlineStyle !== 'none';
    const isPage = element.matches('.keys') && root.querySelector('.stage.focused') !== null;
    return { name: element.ariaLabel ?? element.textContent ?? '', isSeen: isOutlined || isPage };
  });
}
