import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Origin } from '../support/origin.js';
import { RunningApp } from '../support/start-app.js';
import { button, expectAccessible, heading, link, UiBrowser } from '../support/ui-browser.js';

const person = new UiBrowser();
const origin = new Origin();
/** Its browser is none: what is looked at is the dashboard. */
let app: RunningApp;
let locked: RunningApp;

beforeAll(async () => {
  await Promise.all([person.start(), origin.start()]);
  app = await RunningApp.start({ MOORING_MAX_SESSIONS: '400' });
  locked = await RunningApp.start({ MOORING_API_KEYS: 'key-of-anna,key-of-bert' });
});
afterAll(async () => {
  await person.close();
  await app?.close();
  await locked?.close();
  await origin.close();
});

const using = (path: string, use: (page: Page) => Promise<void>, server = app): Promise<void> =>
  person.uses(`${server.url}${path}`, use);

it('no session – says so, and how to make one; a session appears and goes by itself', async () => {
  await using('/ui', async (page) => {
    await page.getByText('No sessions.').waitFor();
    await page.getByText('"cmd":"sessions.create"').waitFor();
    await expectAccessible(page, 'empty');
    await app.ok({ cmd: 'sessions.create', session: 'passer-by', persist: false });
    await link(page, 'passer-by').waitFor();
    await expectAccessible(page, 'one session');
    await app.ok({ cmd: 'sessions.destroy', session: 'passer-by' });
    await link(page, 'passer-by').waitFor({ state: 'detached' });
  });
});

it('the list – what it says of a session; the link of its name leads to its page', async () => {
  await app.ok({ cmd: 'request.get', session: 'reader', url: `${origin.url}/login?from=list` });
  await using('/ui', async (page) => {
    const row = page.getByRole('row', { name: /^reader/ });
    expect(await page.getByRole('columnheader', { name: 'Age', exact: true }).getAttribute('aria-sort')).toBe(
      'ascending',
    );
    for (const text of ['open', `Login ${new URL(origin.url).host}/login?from=list`, 'direct'])
      await row.getByRole('cell', { name: text, exact: true }).waitFor();
    await link(page, 'reader').click();
    await heading(page, 'reader').waitFor();
    expect(new URL(page.url()).pathname).toBe('/ui/sessions/reader');
    await page.goBack();
    await heading(page, 'Sessions').waitFor();
  });
});

it('a session – its events as they happen, until it ends', async () => {
  await using('/ui/sessions/reader', async (page) => {
    const events = page.getByRole('list', { name: 'Events' });
    await events.getByText('by a request').waitFor();
    await app.ok({ cmd: 'request.get', session: 'reader', url: `${origin.url}/missing` });
    await events.getByText(/^404 .*\/missing$/).waitFor();
    await expectAccessible(page, 'session');
    await app.ok({ cmd: 'sessions.destroy', session: 'reader' });
    await page.getByText('This session has ended.').waitFor();
    await events.getByText('destroyed').waitFor();
    await expectAccessible(page, 'ended session');
  });
});

it('a session – picture, cookies, storage and export, by keyboard', async () => {
  await app.ok({
    cmd: 'request.get',
    session: 'keeper',
    url: `${origin.url}/`,
    cookies: [{ name: 'sid', value: 'abc', domain: '127.0.0.1', path: '/' }],
  });
  await using('/ui/sessions/keeper', async (page) => {
    await page.getByRole('img', { name: 'Live view of keeper' }).waitFor();

    await page.getByRole('tab', { name: 'Events' }).focus();
    await page.keyboard.press('ArrowRight');
    await page.getByRole('rowheader', { name: 'sid' }).waitFor();
    await expectAccessible(page, 'cookies');
    await page.keyboard.press('End');
    await page.getByText('Nothing stored.').waitFor();
    await button(page, 'Read again').click();
    await expectAccessible(page, 'storage');

    const download = page.waitForEvent('download');
    await button(page, 'Export').focus();
    await page.keyboard.press('Enter');
    expect((await download).suggestedFilename()).toBe('keeper.json');
  });
});

it('a session with storage – by origin, what is local and what is of the tab', async () => {
  const origin = 'https://shop.example';
  const state = {
    storageState: { cookies: [], origins: [{ origin, localStorage: [{ name: 'cart', value: 'three lamps' }] }] },
    sessionStorage: [{ origin, sessionStorage: [{ name: 'step', value: 'payment' }] }],
  };
  await app.ok({ cmd: 'sessions.create', session: 'stored', state: { version: 1, ...state } });
  await using('/ui/sessions/stored', async (page) => {
    await page.getByRole('tab', { name: 'Storage' }).click();
    await page.getByRole('heading', { name: origin }).waitFor();
    await page.getByRole('row', { name: 'cart three lamps' }).waitFor();
    await page.getByRole('row', { name: 'step payment' }).waitFor();
    await expectAccessible(page, 'storage with items');
    await page.getByRole('tab', { name: 'Cookies' }).click();
    await page.getByText('No cookies.').waitFor();
  });
});

it('fork and destroy – ask first; Escape leaves all as it was, and the focus where it was', async () => {
  await app.ok({ cmd: 'sessions.create', session: 'original' });
  await using('/ui/sessions/original', async (page) => {
    await button(page, 'Destroy').focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Destroy original?' }).waitFor();
    await expectAccessible(page, 'question');
    for (let i = 0; i < 5; i += 1) await page.keyboard.press('Tab');
    // In the question, or in the browser's own bar.
    expect(
      await page.evaluate(
        'document.activeElement === document.body || document.activeElement.closest("dialog") !== null',
      ),
    ).toBe(true);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Destroy');
    expect((await app.ok({ cmd: 'sessions.active', session: 'original' })).active).toBe(true);

    await button(page, 'Fork').click();
    await page.getByLabel('Name of the new session').fill('copy');
    await page.keyboard.press('Enter');
    await heading(page, 'copy').waitFor();
    await button(page, 'Destroy').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Destroy' }).click();
    await heading(page, 'Sessions').waitFor();
    expect((await app.ok({ cmd: 'sessions.active', session: 'copy' })).active).toBe(false);
    expect((await app.ok({ cmd: 'sessions.active', session: 'original' })).active).toBe(true);
  });
});

it('the form – has every option that the server documents; what is entered stands in the code, and is what is made', async () => {
  const { components } = (await app.get('/openapi.json')).body;
  const names = Object.keys(components.schemas.SessionsCreate.properties).filter((name) => name !== 'cmd');
  await using('/ui/create', async (page) => {
    await page.getByLabel('session', { exact: true }).waitFor();
    for (const closed = page.locator('details:not([open]) > summary'); (await closed.count()) > 0; )
      await closed.first().press('Enter');
    for (const name of names) expect(await page.getByText(name, { exact: true }).count(), name).toBeGreaterThan(0);
    await expectAccessible(page, 'form');

    await page.getByLabel('session', { exact: true }).fill('formed');
    await page.getByLabel('chrome', { exact: true }).check();
    await page.getByLabel('chrome: minVersion').fill('100');
    await page.getByLabel('windows').check();
    await page.getByLabel('session_ttl').fill('900');
    await page.getByLabel('noProxy').selectOption('yes');
    await page.getByLabel('blackListedDomains').fill('ads.example\ntracker.example');
    const body = {
      session: 'formed',
      noProxy: true,
      browser: [{ name: 'chrome', minVersion: 100 }],
      operatingSystem: ['windows'],
      session_ttl: 900,
      blackListedDomains: ['ads.example', 'tracker.example'],
    };
    const code = page.getByRole('tabpanel').locator('pre');
    const text = (await code.textContent()) ?? '';
    expect(JSON.parse(/-d '(.+)'$/s.exec(text)?.[1] ?? '')).toEqual({ cmd: 'sessions.create', ...body });
    await page.getByRole('tab', { name: 'JavaScript' }).click();
    expect(await code.textContent()).toContain('await fetch(');
    await page.getByRole('tab', { name: 'Python' }).click();
    expect(await code.textContent()).toContain('"noProxy": True,');

    await page.getByLabel('state', { exact: true }).fill('{ "cookies": ');
    await page.getByText(/^Expected JSON;/).waitFor();
    expect(await button(page, 'Create').isDisabled()).toBe(true);
    await page.getByLabel('state', { exact: true }).fill('');
    await button(page, 'Create').click();
    await heading(page, 'formed').waitFor();
    await page.getByText(/^Chrome \d+ on Windows$/).waitFor();
  });
});

it('the form – what cannot be is told as the server tells it', async () => {
  await using('/ui/create', async (page) => {
    await page.getByLabel('safari', { exact: true }).check();
    await page.getByLabel('windows').check();
    await button(page, 'Create').click();
    await page.getByRole('alert').getByText('IDENTITY_IMPOSSIBLE').first().waitFor();
    await expectAccessible(page, 'refused');
  });
});

it('the console – sends any command, keeps a history, and says what is no JSON', async () => {
  await using('/ui/console', async (page) => {
    const text = page.getByLabel('Body');
    await page.getByRole('option', { name: 'sessions.active' }).waitFor({ state: 'attached' });
    await page.getByLabel('Command').selectOption('sessions.active');
    expect(JSON.parse(await text.inputValue())).toMatchObject({ cmd: 'sessions.active' });
    await text.press('Control+Enter');
    const reply = page.getByRole('region', { name: 'Reply' });
    await reply.getByText('"active": false').waitFor();
    await text.fill('{"cmd":"sessions.nonsense"}');
    await button(page, 'Send').click();
    await reply.getByText('CODE-0004', { exact: true }).waitFor();
    await expectAccessible(page, 'console');
    await text.fill('{');
    await page.getByText(/^Expected JSON;/).waitFor();
    expect(await button(page, 'Send').isDisabled()).toBe(true);
    await link(page, 'Sessions').click();
    await link(page, 'Console').click();
    await page.getByRole('button', { name: /sessions\.active/ }).click();
    await reply.getByText('"active": false').waitFor();
  });
});

it('the overview – sessions by state, requests, browsers, failures by code', async () => {
  await app.ok({ cmd: 'request.get', session: 'counted', url: `${origin.url}/` });
  await app.fails('CODE-0006', { cmd: 'request.get', session: 'counted', url: `${origin.url}:1/` }).catch(() => {});
  await app.send({ cmd: 'sessions.nonsense' });
  await app.send({ cmd: 'sessions.identity', session: 'never-seen' });
  await using('/ui/overview', async (page) => {
    await page.getByRole('rowheader', { name: 'request.get' }).waitFor();
    await page.getByRole('link', { name: 'SESSION_ENDED' }).waitFor();
    for (const name of ['open', 'paused', 'asleep', 'queued', 'a second', 'p50', 'p95', 'their memory'])
      await page
        .getByRole('term')
        .filter({ hasText: new RegExp(`^${name}$`) })
        .waitFor();
    await expectAccessible(page, 'overview');
  });
});

it('the overview where metrics have a key of their own – asks for it, and keeps it while the tab is open', async () => {
  const server = await RunningApp.start({ MOORING_METRICS_KEY: 'key-of-the-operator' });
  try {
    const use = async (page: Page): Promise<void> => {
      await page.getByLabel('Metrics key').fill('another');
      await page.keyboard.press('Enter');
      await page.getByText('This was another key.').waitFor();
      await expectAccessible(page, 'metrics key');
      await page.getByLabel('Metrics key').fill('key-of-the-operator');
      await button(page, 'Show the metrics').click();
      await page.getByRole('heading', { name: 'Failures by code' }).waitFor();
      await link(page, 'Sessions').click();
      await link(page, 'Overview').click();
      await page.getByRole('heading', { name: 'Failures by code' }).waitFor();
    };
    await using('/ui/overview', use, server);
  } finally {
    await server.close();
  }
});

it('a page that there is not – says so; a session that there is not, too', async () => {
  await using('/ui/nowhere', async (page) => {
    await heading(page, 'Not found').waitFor();
    await link(page, 'To the sessions').click();
    await heading(page, 'Sessions').waitFor();
  });
  await using('/ui/sessions/never%2Fwas', async (page) => {
    await page.getByText('There is no session never/was').waitFor();
    await expectAccessible(page, 'no such session');
  });
});

it('keys – asked for once, each sees its own sessions; signed out, nothing is seen', async () => {
  await locked.ok({ cmd: 'sessions.create', session: 'annas' }, { key: 'key-of-anna' });
  await locked.ok({ cmd: 'sessions.create', session: 'berts' }, { key: 'key-of-bert' });
  await using(
    '/ui/sessions/annas',
    async (page) => {
      await page.getByLabel('Key').fill('wrong');
      await page.keyboard.press('Enter');
      await page.getByRole('alert').getByText('expected a key of this server').waitFor();
      await expectAccessible(page, 'wrong key');
      await page.getByLabel('Key').fill('key-of-anna');
      await button(page, 'Sign in').click();
      await heading(page, 'annas').waitFor();
      await link(page, 'Sessions').click();
      await link(page, 'annas').waitFor();
      expect(await link(page, 'berts').count()).toBe(0);
      await page.reload();
      await link(page, 'annas').waitFor();
      expect(await page.evaluate('document.cookie')).toBe('');

      await button(page, 'Sign out').click();
      await page.getByLabel('Key').fill('key-of-bert');
      await page.keyboard.press('Enter');
      await link(page, 'berts').waitFor();
      expect(await link(page, 'annas').count()).toBe(0);
      await page.context().clearCookies();
      await page.getByLabel('Key').waitFor();
      expect(await link(page, 'berts').count()).toBe(0);
    },
    locked,
  );
});

it('without keys – none is asked for; one that is given all the same shows its sessions', async () => {
  await app.ok({ cmd: 'sessions.create', session: 'of-a-client' }, { key: 'clients-key' });
  await using('/ui', async (page) => {
    await heading(page, 'Sessions').waitFor();
    expect(await link(page, 'of-a-client').count()).toBe(0);
    await button(page, 'Sign in').click();
    await expectAccessible(page, 'key dialog');
    await page.getByLabel('Key').fill('clients-key');
    await page.keyboard.press('Enter');
    await link(page, 'of-a-client').waitFor();
    await button(page, 'Sign out').click();
    await button(page, 'Sign in').waitFor();
  });
});

it('the server is gone – said plainly; back again, the list goes on', async () => {
  await app.ok({ cmd: 'sessions.create', session: 'survivor' });
  await using('/ui', async (page) => {
    await link(page, 'survivor').waitFor();
    await page.route('**/api/v1', (route) => route.abort());
    await page.getByRole('alert').getByText('Server gone').waitFor();
    await link(page, 'survivor').waitFor();
    await expectAccessible(page, 'server gone');
    await page.unroute('**/api/v1');
    await button(page, 'Try now').click();
    await page.getByRole('alert').waitFor({ state: 'detached' });
  });
});
