import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chosenChromium, chromiumEngine } from '../support/chromium.js';
import { Origin } from '../support/origin.js';
import { RunningApp } from '../support/start-app.js';
import { button, expectAccessible, UiBrowser } from '../support/ui-browser.js';

describe('the live view in the dashboard', () => {
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
