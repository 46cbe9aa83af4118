import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RunningApp } from '../support/start-app.js';
import { button, expectAccessible, UiBrowser, type UiBrowserOptions } from '../support/ui-browser.js';

const person = new UiBrowser();
let app: RunningApp;

beforeAll(async () => {
  await person.start();
  app = await RunningApp.start({ MOORING_MAX_SESSIONS: '400' });
});
afterAll(async () => {
  await person.close();
  await app?.close();
});

const using = (path: string, use: (page: Page) => Promise<void>, options: UiBrowserOptions): Promise<void> =>
  person.uses(`${app.url}${path}`, use, options);

it('300 sessions – all are there; filters and order hold, on a phone and in the dark too', async () => {
  const names = Array.from({ length: 300 }, (_, i) => `many-${i + 1}`);
  await Promise.all(names.map((session, i) => app.ok({ cmd: 'sessions.create', session, session_ttl: 600 + i })));
  const phone = { viewport: { width: 375, height: 720 }, colorScheme: 'dark' } as const;
  await using(
    '/ui',
    async (page) => {
      const rows = page.locator('tbody tr');
      await expect.poll(() => rows.count()).toBeGreaterThanOrEqual(300);
      await expectAccessible(page, '300 sessions');
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(375);
      await page.getByRole('searchbox').fill('many-29');
      await page.getByText(/^11 of \d+ sessions$/).waitFor();
      await button(page, 'Session').click();
      await expect.poll(() => rows.getByRole('link').allTextContents()).toEqual(['many-29', ...names.slice(289, 299)]);
      await button(page, 'Session').click();
      await expect.poll(() => rows.first().getByRole('link').textContent()).toBe('many-299');
      await page.getByLabel('State').selectOption('asleep');
      await page.getByText('No session fits these filters.').waitFor();
      await page.getByLabel('State').selectOption('open');
      await page.getByLabel('Persist').selectOption('no');
      await expect.poll(() => rows.count()).toBe(11);
      await page.reload();
      await expect.poll(() => rows.count()).toBe(11);
    },
    phone,
  );
});

it.each(['/ui', '/ui/create', '/ui/console', '/ui/overview', '/ui/sessions/many-1'])(
  '%s – 375, 820 and 1440 pixels wide, light and dark – nothing is wider than the screen, all is accessible',
  async (path) => {
    for (const width of [375, 820, 1440]) {
      const colorScheme = width === 820 ? 'dark' : 'light';
      await using(
        path,
        async (page) => {
          await page.getByRole('heading', { level: 1 }).waitFor();
          expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
          await expectAccessible(page, `${path} ${width} ${colorScheme}`);
        },
        { viewport: { width, height: 800 }, colorScheme },
      );
    }
  },
);
