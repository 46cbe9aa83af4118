import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { translateRequest } from '../../src/protocol/dialects/flaresolverr.js';
import type { AnyJson } from '../support/any-json.js';
import { covers } from '../support/covers.js';
import { Origin } from '../support/origin.js';
import { TestProxy } from '../support/proxies.js';
import { RunningApp } from '../support/start-app.js';

const origin = new Origin();
let app: RunningApp;
beforeAll(async () => {
  await origin.start();
  app = await RunningApp.start({ MOORING_PROXY_CHECK: 'off', MOORING_IDLE_TIMEOUT: '5h' });
});
afterAll(async () => {
  await app.close();
  await origin.close();
});

async function send(body: unknown) {
  const response = await fetch(`${app.url}/v1`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as AnyJson };
}

const noSession = "Error: The session doesn't exist.";
const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

describe('the FlareSolverr dialect', () => {
  it('sessions – are created, listed and destroyed; the same as those of /api/v1', async () => {
    covers('dialect', 'session');
    const created = await send({ cmd: 'sessions.create', session: 'flare' });
    expect(created.body).toMatchObject({
      status: 'ok',
      session: 'flare',
      message: 'Session created successfully.',
      version: '0.0.0-test',
    });
    expect(created.body.endTimestamp).toBeGreaterThanOrEqual(created.body.startTimestamp);
    expect((await send({ cmd: 'sessions.create', session: 'flare' })).body.status).toBe('ok');
    expect((await send({ cmd: 'sessions.list' })).body.sessions).toEqual(['flare']);
    expect((await app.ok({ cmd: 'sessions.active', session: 'flare' })).active).toBe(true);
    expect((await send({ cmd: 'sessions.destroy', session: 'flare' })).body).toMatchObject({
      status: 'ok',
      message: 'The session has been removed.',
    });
    expect((await send({ cmd: 'sessions.list' })).body.sessions).toEqual([]);
  });

  it('request.get – the reply of the dialect, with the real status and headers', async () => {
    covers('dialect', 'url', 'cookies');
    const { body } = await send({
      cmd: 'request.get',
      session: 'get',
      url: `${origin.url}/set-cookie`,
      maxTimeout: 5000,
      cookies: [{ name: 'c', value: '3' }],
    });
    expect(body).toMatchObject({ status: 'ok', message: 'Challenge not detected!' });
    expect(Object.keys(body.solution).sort()).toEqual(['cookies', 'headers', 'response', 'status', 'url', 'userAgent']);
    expect(body.solution).toMatchObject({
      url: `${origin.url}/set-cookie`,
      status: 200,
      headers: { 'content-type': 'text/html; charset=utf-8' },
    });
    expect(body.solution.cookies.map(({ name }: { name: string }) => name).sort()).toEqual(['a', 'b', 'c']);
    expect(
      (await send({ cmd: 'request.get', session: 'get', url: `${origin.url}/missing` })).body.solution.status,
    ).toBe(404);
  });

  it('request.post – a form', async () => {
    covers('dialect', 'postData');
    const { body } = await send({ cmd: 'request.post', url: `${origin.url}/echo`, postData: 'a=1&b=2' });
    expect(JSON.parse(body.solution.response)).toMatchObject({ method: 'POST', body: 'a=1&b=2' });
  });

  it('sessions.create – one that is open already – says so, and changes nothing of it', async () => {
    const proxy = new TestProxy({ kind: 'http' });
    await proxy.start();
    await send({ cmd: 'sessions.create', session: 'twice' });
    const again = await send({ cmd: 'sessions.create', session: 'twice', proxy: { url: proxy.url() } });
    expect(again).toMatchObject({
      status: 200,
      body: { status: 'ok', message: 'Session already exists.', session: 'twice' },
    });
    await send({ cmd: 'request.get', session: 'twice', url: origin.url });
    expect(proxy.requests).toEqual([]);
    await proxy.close();
  });

  it('sessions.destroy – of a session that is not there – 500 with the sentence of the original', async () => {
    for (const session of ['never', undefined]) {
      const { status, body } = await send({ cmd: 'sessions.destroy', session });
      expect([status, body.status, body.message]).toEqual([500, 'error', session ? noSession : expect.any(String)]);
    }
  });

  it('proxy beside a session – counts for one that the request opens, and never moves an open one', async () => {
    const [first, second] = [new TestProxy({ kind: 'http' }), new TestProxy({ kind: 'http' })];
    await Promise.all([first.start(), second.start()]);
    for (const proxy of [first, second, undefined]) {
      const { body } = await send({
        cmd: 'request.get',
        session: 'kept',
        url: origin.url,
        proxy: proxy && { url: proxy.url() },
      });
      expect(body.status).toBe('ok');
    }
    expect([first.requests.length, second.requests.length]).toEqual([3, 0]);
    await Promise.all([first.close(), second.close()]);
  });

  it('session_ttl_minutes – an older session is made anew with the proxy that it has; a younger one stays', async () => {
    covers('dialect', 'session_ttl_minutes');
    const proxy = new TestProxy({ kind: 'http' });
    await proxy.start();
    const cookies = async (session_ttl_minutes?: number) => {
      const { body } = await send({ cmd: 'request.get', session: 'old', url: origin.url, session_ttl_minutes });
      return body.solution.cookies.length;
    };
    try {
      await send({ cmd: 'sessions.create', session: 'old', proxy: { url: proxy.url() } });
      await send({ cmd: 'request.get', session: 'old', url: `${origin.url}/set-cookie` });
      expect(await cookies(10)).toBe(2);
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 11 * 60_000 });
      expect(await cookies()).toBe(2);
      expect(await cookies(12)).toBe(2);
      expect(await cookies(0)).toBe(2);
      expect(await cookies(10)).toBe(0);
      // It is young again; and several at once make one session.
      await send({ cmd: 'request.get', session: 'old', url: `${origin.url}/set-cookie` });
      expect(await cookies(10)).toBe(2);
      vi.setSystemTime(Date.now() + 11 * 60_000);
      expect((await Promise.all([cookies(10), cookies(10), cookies(10)])).slice(0, 3)).toEqual([0, 0, 0]);
      expect(proxy.requests).toHaveLength(11);
    } finally {
      vi.useRealTimers();
      await proxy.close();
    }
  });

  it('session_ttl_minutes – the proxy of an older session has died – an error, and nothing goes out directly', async () => {
    const proxy = new TestProxy({ kind: 'http' });
    await proxy.start();
    const url = `${origin.url}/not-directly`;
    try {
      await send({ cmd: 'sessions.create', session: 'dead', proxy: { url: proxy.url() } });
      await proxy.close();
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 11 * 60_000 });
      for (const _ of [1, 2]) {
        expect((await send({ cmd: 'request.get', session: 'dead', url, session_ttl_minutes: 10 })).status).toBe(500);
      }
      expect(origin.count('/not-directly')).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it('waitInSeconds – is a pause after the page has loaded', () => {
    const { command } = translateRequest({ cmd: 'request.get', url: origin.url, waitInSeconds: '3' });
    expect(command).toMatchObject({ request: { browserActions: [{ type: 'wait', wait: 3000 }] } });
  });

  it('without a session – none is left', async () => {
    const before = (await send({ cmd: 'sessions.list' })).body.sessions.length;
    await send({ cmd: 'request.get', url: origin.url });
    expect((await send({ cmd: 'sessions.list' })).body.sessions).toHaveLength(before);
  });

  it('returnOnlyCookies, returnScreenshot – leave out and add', async () => {
    covers('dialect', 'returnOnlyCookies', 'returnScreenshot');
    const { body } = await send({ cmd: 'request.get', url: origin.url, returnOnlyCookies: true });
    expect(Object.keys(body.solution).sort()).toEqual(['cookies', 'status', 'url', 'userAgent']);
    expect(
      (await send({ cmd: 'request.get', url: origin.url, returnScreenshot: true })).body.solution.screenshot,
    ).toMatch(/^iVBOR/);
  });

  it('proxy with user and password – is used', async () => {
    covers('dialect', 'proxy');
    const credentials = { username: 'u', password: 'p:@' };
    const proxy = new TestProxy({ kind: 'http', credentials });
    await proxy.start();
    const { body } = await send({ cmd: 'request.get', url: origin.url, proxy: { url: proxy.url(), ...credentials } });
    expect(body.solution.status).toBe(200);
    expect(proxy.requests.length).toBe(1);
    await proxy.close();
  });

  it('waitInSeconds – no pause without a page to return, none below zero', () => {
    for (const more of [{ waitInSeconds: 3, returnOnlyCookies: true }, { waitInSeconds: -1 }, { waitInSeconds: 0 }]) {
      const { command } = translateRequest({ cmd: 'request.get', url: origin.url, ...more });
      expect(command).not.toMatchObject({ request: { browserActions: expect.anything() } });
    }
  });

  it.each([
    [{}, "Request parameter 'cmd' is mandatory."],
    [{ cmd: null }, "Request parameter 'cmd' is mandatory."],
    [{ cmd: 'request.put', url: 'http://a/' }, "Request parameter 'cmd' = 'request.put' is invalid."],
    [{ cmd: 'request.get' }, "Request parameter 'url' is mandatory in 'request.get' command."],
    [{ cmd: 'request.post', postData: 'a=1' }, "Request parameter 'url' is mandatory in 'request.post' command."],
    [{ cmd: 'request.post', url: 'http://a/' }, "Request parameter 'postData' is mandatory in 'request.post' command."],
    [{ cmd: 'request.get', url: 'http://a/', postData: '' }, "Cannot use 'postBody' when sending a GET request."],
    [
      { cmd: 'request.get', url: 'http://a/', maxTimeout: 'soon' },
      "Request parameter 'maxTimeout': expected a whole number",
    ],
    [{ cmd: 'request.get', url: 5 }, "Request parameter 'url': expected text."],
    [{ cmd: 'sessions.create', proxy: ['x'] }, 'Request parameter \'proxy\': expected {"url"'],
    [{ cmd: 'sessions.create', proxy: { url: 'host:8080', username: 'u' } }, "Request parameter 'proxy.url': expected"],
    [
      { cmd: 'sessions.create', proxy: { url: 'http://a:b@host:8080', username: 'u' } },
      "Request parameter 'proxy.url': expected",
    ],
    [{ cmd: 'sessions.create', proxy: { url: '127.0.0.1:8080' } }, '`proxy`: expected a URL that starts with http://'],
  ])('%j – 500 with the sentence of the original', async (command, sentence) => {
    const { status, body } = await send(command);
    expect([status, body.status]).toEqual([500, 'error']);
    expect(body.message).toMatch(new RegExp(`^Error: ${escaped(sentence)}`));
  });

  it('an empty proxy – is none; maxTimeout 0 – is the default', async () => {
    for (const proxy of ['', {}, { url: '' }, null]) {
      expect((await send({ cmd: 'request.get', url: origin.url, proxy, maxTimeout: 0 })).body.status).toBe('ok');
    }
    const { command } = translateRequest({ cmd: 'request.get', url: origin.url, maxTimeout: -5 });
    expect(command).toMatchObject({ request: { timeout: 60_000 } });
  });

  it('what goes wrong on the network – is named as Chromium names it', async () => {
    const { status, body } = await send({ cmd: 'request.get', url: origin.url, proxy: 'http://127.0.0.1:9' });
    expect(status).toBe(500);
    expect(body.message).toMatch(
      /^Error: Error solving the challenge\. Message: unknown error: net::ERR_PROXY_CONNECTION_FAILED/,
    );
  });

  it('maxTimeout – is over – the seconds, as the original prints them', async () => {
    covers('dialect', 'maxTimeout');
    for (const [maxTimeout, printed] of [
      [300, '0.3'],
      [1000, '1.0'],
    ] as const) {
      const { status, body } = await send({ cmd: 'request.get', url: `${origin.url}/hang`, maxTimeout });
      expect([status, body.message]).toEqual([
        500,
        `Error: Error solving the challenge. Timeout after ${printed} seconds.`,
      ]);
    }
  });

  it('a key – is taken from the path, the query, or the password of the address', async () => {
    const locked = await RunningApp.start({ MOORING_API_KEYS: `sesame,${'k'.repeat(200)}` });
    const list = async (path: string, headers: Record<string, string> = {}) =>
      (await fetch(`${locked.url}${path}`, { method: 'POST', headers, body: '{"cmd":"sessions.list"}' })).status;
    const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });
    expect(await list('/v1/sesame')).toBe(200);
    expect(await list('/v1/sesame/')).toBe(200);
    expect(await list(`/v1/${'k'.repeat(200)}`)).toBe(200);
    expect(await list('/v1?key=sesame')).toBe(200);
    expect(await list('/v1', basic('anyone:sesame'))).toBe(200);
    expect(await list('/v1', basic('sesame'))).toBe(200);
    expect(await list('/v1')).toBe(401);
    expect(await list('/v1/wrong')).toBe(401);
    expect(await list('/v1', basic('sesame:wrong'))).toBe(401);
    await locked.close();
  });

  it('GET / and /health – as its clients probe them', async () => {
    expect((await app.get('/')).body).toEqual({
      msg: 'FlareSolverr is ready!',
      version: '0.0.0-test',
      userAgent: 'Mozilla/5.0 Fake/1.2.3.4',
    });
    expect((await app.get('/health')).body).toEqual({ status: 'ok' });
  });

  it('a path or a method that it does not have – the sentence of the original, with its status', async () => {
    const wrong = await app.get('/wrong?key=secret');
    expect(wrong.body).toMatchObject({ error: "Not found: '/wrong'", status_code: 404, code: 'NOT_FOUND' });
    expect(wrong.status).toBe(404);
    const got = await app.get('/v1');
    expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST']);
    expect(got.body).toMatchObject({ error: 'Method not allowed.', status_code: 405, code: 'METHOD_NOT_ALLOWED' });
  });

  it.each([
    ['no JSON', '{"cmd":', 400],
    ['no object', '[]', 500],
  ])('a body with %s – an error', async (_what, body, status) => {
    const response = await fetch(`${app.url}/v1`, { method: 'POST', body });
    expect(response.status).toBe(status);
    expect(await response.text()).toContain('expected a JSON object');
  });
});
