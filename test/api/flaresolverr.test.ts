import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { translateRequest } from '../../src/protocol/flaresolverr.js';
import { Origin } from '../support/origin.js';
import { TestProxy } from '../support/proxies.js';
import { RunningApp } from '../support/start-app.js';

const origin = new Origin();
let app: RunningApp;
beforeAll(async () => {
  await origin.start();
  app = await RunningApp.start({ MOORING_PROXY_CHECK: 'off' });
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
  // biome-ignore lint/suspicious/noExplicitAny: a reply as it came over the wire
  return { status: response.status, body: (await response.json()) as any };
}

describe('the FlareSolverr dialect', () => {
  it('sessions – are created, listed and destroyed; the same as those of /api/v1', async () => {
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
    const { body } = await send({
      cmd: 'request.get',
      session: 'get',
      url: `${origin.url}/set-cookie`,
      maxTimeout: 5000,
      cookies: [{ name: 'c', value: '3' }],
    });
    expect(body).toMatchObject({ status: 'ok', message: '', session: 'get' });
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
    const { body } = await send({ cmd: 'request.post', url: `${origin.url}/echo`, postData: 'a=1&b=2' });
    expect(JSON.parse(body.solution.response)).toMatchObject({ method: 'POST', body: 'a=1&b=2' });
  });

  it('session_ttl_minutes – is the idle time of the session', async () => {
    await send({ cmd: 'sessions.create', session: 'ttl', session_ttl_minutes: 7 });
    // The same options again give the same session; others would not.
    expect((await app.send({ cmd: 'sessions.create', session: 'ttl', session_ttl: 420 })).body.data).toBe('success');
    expect((await app.send({ cmd: 'sessions.create', session: 'ttl', session_ttl: 421 })).body.code).toBe(
      'SESSION_EXISTS',
    );
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
    const { body } = await send({ cmd: 'request.get', url: origin.url, returnOnlyCookies: true });
    expect(Object.keys(body.solution).sort()).toEqual(['cookies', 'status', 'url', 'userAgent']);
    expect(
      (await send({ cmd: 'request.get', url: origin.url, returnScreenshot: true })).body.solution.screenshot,
    ).toMatch(/^iVBOR/);
  });

  it('proxy with user and password – is used', async () => {
    const credentials = { username: 'u', password: 'p:@' };
    const proxy = new TestProxy({ kind: 'http', credentials });
    await proxy.start();
    const { body } = await send({ cmd: 'request.get', url: origin.url, proxy: { url: proxy.url(), ...credentials } });
    expect(body.solution.status).toBe(200);
    expect(proxy.requests.length).toBe(1);
    await proxy.close();
  });

  it.each([
    [{ cmd: 'request.get' }, '`url`'],
    [{ cmd: 'request.put', url: 'http://a/' }, '`cmd`'],
    [{}, '`cmd`'],
  ])('%j – 500 with what was expected', async (command, sentence) => {
    const { status, body } = await send(command);
    expect([status, body.status]).toEqual([500, 'error']);
    expect(body.message).toMatch(/^Error: /);
    expect(body.message).toContain(sentence);
  });

  it('GET / and /health – as its clients probe them', async () => {
    expect((await app.get('/')).body).toMatchObject({ version: '0.0.0-test', userAgent: 'Mozilla/5.0 Fake/1.2.3.4' });
    expect((await app.get('/health')).body).toEqual({ status: 'ok' });
  });
});
