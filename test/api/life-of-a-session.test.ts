import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { FakeEngine } from '../support/fake-engine.js';
import { Origin } from '../support/origin.js';
import { RunningApp } from '../support/start-app.js';

const origin = new Origin();
let app: RunningApp;
beforeAll(() => origin.start());
afterAll(() => origin.close());
afterEach(() => app.close());

const lastAccessed = async (): Promise<number> => (await app.ok({ cmd: 'sessions.list' })).sessions[0].lastAccessed;
const active = async (session: string): Promise<boolean> => (await app.ok({ cmd: 'sessions.active', session })).active;

describe('the end of a session', () => {
  it('idle – ends by itself; a late request learns why; create starts afresh', async () => {
    app = await RunningApp.start({ MOORING_IDLE_TIMEOUT: '300ms' });
    const { context } = await app.ok({ cmd: 'sessions.create', session: 'x' });
    await expect.poll(() => active('x')).toBe(false);
    const error = await app.fails('SESSION_ENDED', { cmd: 'request.get', session: 'x', url: origin.url });
    expect(error).toMatch(/session not found, browser has been closed: x ended at \d{4}-.*Z \(idle:/);
    const again = await app.ok({ cmd: 'sessions.create', session: 'x' });
    expect(again.context._guid).not.toBe(context._guid);
  });

  it('session_ttl – goes before the setting', async () => {
    app = await RunningApp.start({ MOORING_IDLE_TIMEOUT: '100ms' });
    await app.ok({ cmd: 'sessions.create', session: 'short' });
    await app.ok({ cmd: 'sessions.create', session: 'long', session_ttl: 60 });
    await expect.poll(() => active('short')).toBe(false);
    expect(await active('long')).toBe(true);
  });

  it('a request – renews it; sessions.active and sessions.list do not', async () => {
    app = await RunningApp.start();
    await app.ok({ cmd: 'sessions.create', session: 'x' });
    const before = await lastAccessed();
    await sleep(20);
    await active('x');
    expect(await lastAccessed()).toBe(before);
    await app.ok({ cmd: 'request.get', session: 'x', url: origin.url });
    expect(await lastAccessed()).toBeGreaterThan(before);
  });

  it('a request that outlasts the idle time – is not cut off', async () => {
    app = await RunningApp.start({ MOORING_IDLE_TIMEOUT: '100ms' });
    const error = await app.fails('CODE-0025', {
      cmd: 'request.get',
      session: 'x',
      url: `${origin.url}/hang`,
      timeout: 1500,
    });
    expect(error).toContain('`timeout` of 1500 ms');
    expect(await active('x')).toBe(true);
  });

  it('lifetime – ends it however busy it was', async () => {
    app = await RunningApp.start({ MOORING_MAX_LIFETIME: '200ms' });
    await app.ok({ cmd: 'sessions.create', session: 'x', session_ttl: 60, maxLifetime: 60 });
    await expect.poll(() => active('x')).toBe(false);
    expect(await app.fails('SESSION_ENDED', { cmd: 'request.get', session: 'x', url: origin.url })).toContain(
      '(lifetime:',
    );
  });

  it('lifetime – ends a running request too, and those that wait', async () => {
    app = await RunningApp.start();
    await app.ok({ cmd: 'sessions.create', session: 'x', maxLifetime: 1 });
    const requests = [1, 2].map(() =>
      app.send({ cmd: 'request.get', session: 'x', url: `${origin.url}/hang?life`, timeout: 10_000 }),
    );
    // Not with the end of their own time.
    for (const { body } of await Promise.all(requests)) expect(body.code).toBe('SESSION_ENDED');
  });

  it('the same create again – renews it', async () => {
    app = await RunningApp.start();
    await app.ok({ cmd: 'sessions.create', session: 'x' });
    const before = await lastAccessed();
    await sleep(20);
    await app.ok({ cmd: 'sessions.create', session: 'x' });
    expect(await lastAccessed()).toBeGreaterThan(before);
  });

  it('destroy – idempotent, and tells nothing of what was there', async () => {
    app = await RunningApp.start();
    await app.ok({ cmd: 'sessions.create', session: 'x' });
    const first = await app.ok({ cmd: 'sessions.destroy', session: 'x' });
    expect(first).toEqual({
      solution: {},
      data: 'success',
      session: 'x',
      timeElapsed: expect.any(Number),
      requestId: expect.any(String),
    });
    expect(await app.ok({ cmd: 'sessions.destroy', session: { session: 'x' } })).toMatchObject({
      data: 'success',
      session: 'x',
    });
    expect(await app.ok({ cmd: 'sessions.destroy', session: 'never-was' })).toMatchObject({ data: 'success' });
    expect(await app.fails('SESSION_ENDED', { cmd: 'request.get', session: 'x', url: origin.url })).toContain(
      '(destroyed:',
    );
  });

  it('destroy – while requests run and wait – all of them end at once', async () => {
    app = await RunningApp.start();
    await app.ok({ cmd: 'sessions.create', session: 'x' });
    const requests = [1, 2, 3].map(() => app.send({ cmd: 'request.get', session: 'x', url: `${origin.url}/hang` }));
    await expect.poll(() => origin.count('/hang')).toBeGreaterThan(0);
    await app.ok({ cmd: 'sessions.destroy', session: 'x' });
    expect((await Promise.all(requests)).map(({ body }) => body.code)).toEqual(Array(3).fill('SESSION_ENDED'));
  });

  it('the browser crashes – its session ends as crashed, and a new one opens', async () => {
    const engine = new FakeEngine();
    app = await RunningApp.start({}, engine);
    await app.ok({ cmd: 'sessions.create', session: 'x' });
    for (const context of [...engine.contexts]) context.crash();
    expect(await app.fails('SESSION_ENDED', { cmd: 'request.get', session: 'x', url: origin.url })).toContain(
      '(crashed:',
    );
    await app.ok({ cmd: 'sessions.create', session: 'x' });
    expect((await app.get('/metrics')).text).toContain('mooring_session_endings_total{reason="crashed"} 1');
  });

  it('closeAfterUse – ends it after the request, failed or not', async () => {
    app = await RunningApp.start();
    await app.ok({ cmd: 'request.get', session: 'x', url: origin.url, closeAfterUse: true });
    expect(await active('x')).toBe(false);
    await app.fails('CODE-0006', {
      cmd: 'request.get',
      session: 'y',
      url: `${origin.url}/reset`,
      closeAfterUse: 'true',
    });
    expect(await active('y')).toBe(false);
  });
});

describe('sessions that nobody created', () => {
  it('an ID that was never seen – is created by the request', async () => {
    app = await RunningApp.start();
    expect((await app.ok({ cmd: 'request.get', session: 'new', url: origin.url })).session).toBe('new');
    expect(await active('new')).toBe(true);
  });

  it('no ID – an anonymous session, whose ID works', async () => {
    app = await RunningApp.start();
    const { session } = await app.ok({ cmd: 'request.get', url: `${origin.url}/set-cookie` });
    const next = await app.ok({ cmd: 'request.get', session, url: `${origin.url}/echo` });
    expect(next.solution.cookieString).toContain('a=1');
    expect((await app.ok({ cmd: 'sessions.list' })).sessions).toMatchObject([
      { session, anonymous: true, state: 'open' },
    ]);
  });

  it('keepSamePage on a session that is not there – is refused, and none is opened', async () => {
    const engine = new FakeEngine();
    app = await RunningApp.start({}, engine);
    await app.fails('INVALID_PARAMETER', { cmd: 'request.get', session: 'x', keepSamePage: true });
    expect(engine.opened).toBe(0);
  });
});

describe('the lane', () => {
  it('200 requests at once on one session – all answered, in order', async () => {
    app = await RunningApp.start({ MOORING_LANE_LIMIT: '200' });
    await app.ok({ cmd: 'sessions.create', session: 'x' });
    const order: number[] = [];
    await Promise.all(
      [...Array(200).keys()].map(async (i) => {
        const reply = await app.ok({ cmd: 'request.get', session: 'x', url: `${origin.url}/orders?n=${i}` });
        order.push(Number(new URL(reply.solution.currentUrl).searchParams.get('n')));
      }),
    );
    const arrived = origin.seen
      .filter(({ path }) => path.startsWith('/orders?n='))
      .map(({ path }) => Number(path.split('=')[1]));
    expect(order).toEqual(arrived);
    expect(new Set(order).size).toBe(200);
  });

  it('full – SESSION_BUSY says how long it is, and nothing is lost', async () => {
    app = await RunningApp.start({ MOORING_LANE_LIMIT: '2' });
    await app.ok({ cmd: 'sessions.create', session: 'x' });
    const hang = (timeout: number): Promise<{ body: { code: string } }> =>
      app.send({ cmd: 'request.get', session: 'x', url: `${origin.url}/hang?full`, timeout });
    const first = hang(1500);
    await expect.poll(() => origin.count('/hang?full')).toBe(1);
    const second = hang(700);
    await expect.poll(async () => (await app.ok({ cmd: 'sessions.list' })).sessions[0].waiting).toBe(1);
    const third = await app.send({ cmd: 'request.get', session: 'x', url: origin.url });
    expect(third.body).toMatchObject({ code: 'SESSION_BUSY', session: 'x', retryAfterMs: 1000 });
    expect(third.headers.get('retry-after')).toBe('1');
    expect([(await first).body.code, (await second).body.code]).toEqual(['CODE-0025', 'SESSION_BUSY']);
    await app.ok({ cmd: 'request.get', session: 'x', url: origin.url });
  });

  it('a caller that goes – frees the lane', async () => {
    app = await RunningApp.start();
    const caller = new AbortController();
    const gone = app
      .send({ cmd: 'request.get', session: 'x', url: `${origin.url}/hang?gone` }, { signal: caller.signal })
      .catch(() => 'gone');
    await expect.poll(() => origin.count('/hang?gone')).toBe(1);
    const next = app.ok({ cmd: 'request.get', session: 'x', url: origin.url });
    caller.abort();
    expect(await gone).toBe('gone');
    expect((await next).solution.statusCode).toBe(200);
  });
});
