import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunningApp } from '../support/start-app.js';

const keys = ['key-of-anna', 'key-of-bert'] as const;
let open: RunningApp;
let locked: RunningApp;

beforeAll(async () => {
  open = await RunningApp.start();
  locked = await RunningApp.start({ MOORING_API_KEYS: keys.join(',') });
});
afterAll(async () => {
  await open?.close();
  await locked?.close();
});

const ownPage = { 'x-mooring-ui': '1' };

const signIn = (app: RunningApp, key: unknown, headers: Record<string, string> = ownPage): Promise<Response> =>
  fetch(`${app.url}/ui/login`, { method: 'POST', headers, body: JSON.stringify({ key }) });

/** The cookie that a key gets, as a browser sends it back. */
async function cookieFor(app: RunningApp, key: string): Promise<string> {
  const answer = await signIn(app, key);
  expect(answer.status).toBe(200);
  return answer.headers.getSetCookie()[0]?.split(';')[0] ?? '';
}

async function list(app: RunningApp, headers: Record<string, string>): Promise<{ status: number; sessions: string[] }> {
  const body = JSON.stringify({ cmd: 'sessions.list' });
  const answer = await fetch(`${app.url}/api/v1`, { method: 'POST', headers, body });
  const reply = (await answer.json()) as { sessions?: { session: string }[] };
  return { status: answer.status, sessions: (reply.sessions ?? []).map(({ session }) => session) };
}

const whoami = async (app: RunningApp, headers: Record<string, string> = {}): Promise<unknown> =>
  (await fetch(`${app.url}/ui/whoami`, { headers })).json();

describe('the key of a dashboard', () => {
  it('POST /ui/login with a key – a cookie that no script reads and no other site sends, and that is not the key', async () => {
    const answer = await signIn(locked, keys[0]);
    const [cookie = ''] = answer.headers.getSetCookie();
    expect(cookie).toMatch(/^mooring_ui_\d+=\d+\.[\w-]{43}; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Strict$/);
    expect(cookie).not.toContain(keys[0]);
    expect(await answer.json()).toEqual({ mayEnter: true });
  });

  it('over TLS that a proxy takes off – the cookie is for TLS alone', async () => {
    const { host } = new URL(locked.url);
    const answer = await signIn(locked, keys[0], { ...ownPage, origin: `https://${host}` });
    expect(answer.headers.getSetCookie()[0]).toMatch(/; Secure$/);
  });

  it.each([
    ['another key', 'key-of-eve', 401],
    ['no key', '', 400],
    ['what is no text', 7, 400],
    ['one that is far too long', 'x'.repeat(5000), 400],
  ])('POST /ui/login with %s – refused, no cookie', async (_what, key, status) => {
    const answer = await signIn(locked, key);
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([status, []]);
    expect(JSON.stringify(await answer.json())).not.toContain('key-of-eve');
  });

  it('its cookie from a page of the server – lets in, as the owner of that key', async () => {
    await locked.ok({ cmd: 'sessions.create', session: 'of-anna' }, { key: keys[0] });
    await locked.ok({ cmd: 'sessions.create', session: 'of-bert' }, { key: keys[1] });
    for (const [i, session] of [
      [0, 'of-anna'],
      [1, 'of-bert'],
    ] as const) {
      const cookie = await cookieFor(locked, keys[i]);
      expect(await list(locked, { ...ownPage, cookie })).toEqual({ status: 200, sessions: [session] });
      expect(await whoami(locked, { ...ownPage, cookie })).toMatchObject({ hasKey: true, mayEnter: true });
      const metrics = await fetch(`${locked.url}/metrics`, { headers: { ...ownPage, cookie } });
      expect(metrics.status).toBe(200);
    }
  });

  it.each([
    ['without the header of its pages', {}],
    ['from a page of another site', { ...ownPage, origin: 'https://elsewhere.example' }],
    ['from a page on another port', { ...ownPage, origin: 'http://127.0.0.1:1' }],
    ['from a page whose origin is hidden', { ...ownPage, origin: 'null' }],
    ['where the browser says: another site', { ...ownPage, 'sec-fetch-site': 'cross-site' }],
    ['where the browser says: a site beside it', { ...ownPage, 'sec-fetch-site': 'same-site' }],
  ])('its cookie %s – is none', async (_where, headers) => {
    const cookie = await cookieFor(locked, keys[0]);
    expect((await list(locked, { ...headers, cookie })).status).toBe(401);
    expect(await whoami(locked, { ...headers, cookie })).toMatchObject({ mayEnter: false });
  });

  it('a key beside the cookie – is the one that counts', async () => {
    const cookie = await cookieFor(locked, keys[0]);
    expect(await list(locked, { ...ownPage, cookie, 'x-api-key': keys[1] })).toMatchObject({ sessions: ['of-bert'] });
    expect((await list(locked, { ...ownPage, cookie, 'x-api-key': 'wrong' })).status).toBe(401);
  });

  it.each([
    ['changed', (value: string) => value.replace(/\.(.)/, (_, first) => (first === 'A' ? '.B' : '.A'))],
    ['of a longer time', (value: string) => value.replace(/=\d+/, '=99999999999')],
    ['whose time is over', (value: string) => value.replace(/=\d+/, '=1')],
    ['empty', (value: string) => value.replace(/=.*/, '=')],
    ['that names an owner, as without keys', (value: string) => value.replace(/=.*/, '=any.0123456789abcdef')],
  ])('a cookie %s – is none', async (_what, change) => {
    const cookie = change(await cookieFor(locked, keys[0]));
    expect((await list(locked, { ...ownPage, cookie })).status).toBe(401);
  });

  it.each(['/ui/login', '/ui/logout'])('POST %s from another site – refused', async (path) => {
    for (const headers of [{}, { ...ownPage, origin: 'https://elsewhere.example' }]) {
      const answer = await fetch(`${locked.url}${path}`, {
        method: 'POST',
        headers: headers as Record<string, string>,
        body: JSON.stringify({ key: keys[0] }),
      });
      expect([answer.status, answer.headers.getSetCookie()]).toEqual([401, []]);
    }
  });

  it('POST /ui/logout – the browser forgets it', async () => {
    const answer = await fetch(`${locked.url}/ui/logout`, { method: 'POST', headers: ownPage, body: '{}' });
    expect(answer.headers.getSetCookie()[0]).toMatch(/^mooring_ui_\d+=; Path=\/; Max-Age=0;/);
  });

  it('without keys – nothing is asked; a key that is given all the same has its own sessions', async () => {
    expect(await whoami(open)).toMatchObject({ wantsKey: false, hasKey: false, mayEnter: true });
    await open.ok({ cmd: 'sessions.create', session: 'nobodys' });
    await open.ok({ cmd: 'sessions.create', session: 'annas' }, { key: 'any' });
    const cookie = await cookieFor(open, 'any');
    expect(await list(open, ownPage)).toEqual({ status: 200, sessions: ['nobodys'] });
    expect(await list(open, { ...ownPage, cookie })).toEqual({ status: 200, sessions: ['annas'] });
    expect(await list(open, { ...ownPage, cookie: cookie.replace(/=.*/, '=any.nonsense') })).toMatchObject({
      sessions: ['nobodys'],
    });
  });
});

describe('the files of the dashboard', () => {
  it('every page of it – one document, whose policy lets nothing in from elsewhere', async () => {
    for (const path of ['/ui', '/ui/', '/ui/overview', '/ui/sessions/a%2Fb']) {
      const { status, text, headers } = await open.get(path);
      expect([status, headers.get('cache-control')]).toEqual([200, 'no-cache']);
      expect(text).toContain('<div id="app">');
      expect(headers.get('content-security-policy')).toMatch(/^default-src 'self';.* frame-ancestors 'none'$/);
    }
  });

  it('what it loads – is here, named by what it holds, kept for a year; compressed, less than 150 KB in all', async () => {
    const { text } = await open.get('/ui');
    const paths = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = '']) => path);
    expect(paths.length).toBeGreaterThanOrEqual(3);
    let total = 0;
    for (const path of paths) {
      expect(path).toMatch(/^\/ui\/assets\/[\w-]+-[\w-]{8}\.(js|css|svg)$/);
      const answer = await fetch(`${open.url}${path}`, { headers: { 'accept-encoding': 'gzip' } });
      expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect(answer.headers.get('content-encoding')).toBe('gzip');
      total += Number(answer.headers.get('content-length'));
      expect(await answer.text()).not.toBe('');
    }
    expect(total).toBeLessThan(150_000);
  });

  it('a file that is not there, or outside – not found', async () => {
    for (const path of ['/ui/assets/no.js', '/ui/assets/..%2f..%2fpackage.json', '/ui/assets/%2e%2e/index.html']) {
      const { status, text } = await open.get(path);
      if (status === 200) expect(text).toContain('<div id="app">');
      else expect(status).toBe(404);
      expect(text).not.toContain('"dependencies"');
    }
  });

  it('another method – refused by name', async () => {
    const answer = await fetch(`${open.url}/ui`, { method: 'POST', body: '{}' });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });
});

it('sessions.list – what a person looks for: page, appearance, way out, machine', async () => {
  const { sessions } = await open.ok({ cmd: 'sessions.list' });
  expect(sessions[0]).toMatchObject({
    node: expect.stringMatching(/./),
    browser: { name: expect.any(String), version: expect.any(Number) },
    operatingSystem: expect.any(String),
    device: 'desktop',
    engine: 'fake',
    upstream: 'direct',
  });
  expect(sessions[0]).not.toHaveProperty('url');
});

it('/metrics – how many browsers run, and their memory', async () => {
  const { text } = await open.get('/metrics');
  expect(text).toMatch(/^mooring_browsers \d+$/m);
  expect(text).toMatch(/^mooring_browser_memory_bytes \d+$/m);
});
