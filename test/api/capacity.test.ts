import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Origin } from '../support/origin.js';
import { RunningApp } from '../support/start-app.js';

const origin = new Origin();
let app: RunningApp;
beforeAll(() => origin.start());
afterAll(() => origin.close());
afterEach(() => app.close());

describe('capacity', () => {
  it('all slots taken – a create waits and gets the slot that comes free', async () => {
    app = await RunningApp.start({ MOORING_MAX_SESSIONS: '1' });
    await app.ok({ cmd: 'sessions.create', session: 'a' });
    const waiting = app.ok({ cmd: 'sessions.create', session: 'b' });
    await expect.poll(async () => (await app.get('/metrics')).text).toContain('mooring_sessions{state="queued"} 1');
    await app.ok({ cmd: 'sessions.destroy', session: 'a' });
    expect((await waiting).session).toBe('b');
  });

  it('waiters – are served in order of arrival', async () => {
    app = await RunningApp.start({ MOORING_MAX_SESSIONS: '1' });
    await app.ok({ cmd: 'sessions.create', session: 'first' });
    const served: string[] = [];
    const waiters = ['b', 'c', 'd'].map(async (session, i) => {
      await expect
        .poll(async () => (await app.get('/metrics')).text)
        .toContain(`mooring_sessions{state="queued"} ${i}`);
      await app.ok({ cmd: 'sessions.create', session });
      served.push(session);
      await app.ok({ cmd: 'sessions.destroy', session });
    });
    await expect.poll(async () => (await app.get('/metrics')).text).toContain('mooring_sessions{state="queued"} 3');
    await app.ok({ cmd: 'sessions.destroy', session: 'first' });
    await Promise.all(waiters);
    expect(served).toEqual(['b', 'c', 'd']);
  });

  it('none comes free – CODE-0001 with Retry-After', async () => {
    app = await RunningApp.start({ MOORING_MAX_SESSIONS: '1', MOORING_QUEUE_TIMEOUT: '100ms' });
    await app.ok({ cmd: 'sessions.create', session: 'a' });
    const { status, headers, body } = await app.send({ cmd: 'sessions.create', session: 'b' });
    expect(status).toBe(200);
    expect(body).toMatchObject({ data: 'error', code: 'CODE-0001', retryAfterMs: expect.any(Number), session: 'b' });
    expect(Number(headers.get('retry-after'))).toBe(Math.ceil(body.retryAfterMs / 1000));
    expect((await app.get('/api/v1/balance')).body).toEqual({ balance: 0 });
  });

  it('a key at its own limit – CODE-0029, and does not hold up another key', async () => {
    app = await RunningApp.start({
      MOORING_MAX_SESSIONS: '10',
      MOORING_MAX_SESSIONS_PER_KEY: '1',
      MOORING_QUEUE_TIMEOUT: '500ms',
      MOORING_API_KEYS: 'one,two',
    });
    await app.ok({ cmd: 'sessions.create', session: 'a' }, { key: 'one' });
    const refused = app.fails('CODE-0029', { cmd: 'sessions.create', session: 'b' }, { key: 'one' });
    await app.ok({ cmd: 'sessions.create', session: 'c' }, { key: 'two' });
    await refused;
  });

  it('room is needed – anonymous idle sessions go first, the oldest first; named ones stay', async () => {
    app = await RunningApp.start({ MOORING_MAX_SESSIONS: '3', MOORING_QUEUE_TIMEOUT: '200ms' });
    await app.ok({ cmd: 'sessions.create', session: 'named' });
    const { session: older } = await app.ok({ cmd: 'request.get', url: origin.url });
    const { session: newer } = await app.ok({ cmd: 'request.get', url: origin.url });
    await app.ok({ cmd: 'sessions.create', session: 'x' });
    const open = async (): Promise<string[]> =>
      (await app.ok({ cmd: 'sessions.list' })).sessions.map((row: { session: string }) => row.session);
    expect(await open()).toEqual(['named', newer, 'x']);
    const refused = { cmd: 'request.get', session: older, url: origin.url, mustExist: true };
    expect(await app.fails('SESSION_ENDED', refused)).toContain('(evicted:');
    await app.ok({ cmd: 'sessions.create', session: 'y' });
    expect(await open()).toEqual(['named', 'x', 'y']);
    await app.fails('CODE-0001', { cmd: 'sessions.create', session: 'z' });
  });

  it('sessions.create without an ID – is no anonymous session: it stays', async () => {
    app = await RunningApp.start({ MOORING_MAX_SESSIONS: '1', MOORING_QUEUE_TIMEOUT: '100ms' });
    const { session } = await app.ok({ cmd: 'sessions.create' });
    await app.fails('CODE-0001', { cmd: 'sessions.create' });
    expect((await app.ok({ cmd: 'sessions.active', session })).active).toBe(true);
  });

  it('more requests without a session at once than slots – wait in order, and all are answered', async () => {
    app = await RunningApp.start({ MOORING_MAX_SESSIONS: '10' });
    const replies = await Promise.all(
      [...Array(60).keys()].map((i) => app.send({ cmd: 'request.get', url: `${origin.url}/orders?many=${i}` })),
    );
    expect(replies.map(({ body }) => body.data)).toEqual(Array(60).fill('success'));
    expect(replies.every(({ body }) => body.created)).toBe(true);
    expect((await app.ok({ cmd: 'sessions.list' })).open).toBeLessThanOrEqual(10);
  });

  it('a request that opens its session – waits beyond MOORING_QUEUE_TIMEOUT, as long as its own time', async () => {
    app = await RunningApp.start({ MOORING_MAX_SESSIONS: '1', MOORING_QUEUE_TIMEOUT: '50ms' });
    await app.ok({ cmd: 'sessions.create', session: 'a' });
    const waits = app.ok({ cmd: 'request.get', session: 'b', url: origin.url });
    await expect.poll(async () => (await app.get('/metrics')).text).toContain('mooring_sessions{state="queued"} 1');
    await app.fails('CODE-0001', { cmd: 'sessions.create', session: 'c' });
    const { body } = await app.send({ cmd: 'request.get', url: origin.url, timeout: 100 });
    expect(body).toMatchObject({ code: 'CODE-0001', retryAfterMs: expect.any(Number) });
    await app.ok({ cmd: 'sessions.destroy', session: 'a' });
    expect((await waits).session).toBe('b');
  });

  it('balance – counts the room that would be made', async () => {
    app = await RunningApp.start({ MOORING_MAX_SESSIONS: '3' });
    const balance = async (): Promise<number> => (await app.get('/api/v1/balance')).body.balance;
    for (let i = 0; i < 3; i++) await app.ok({ cmd: 'request.get', url: origin.url });
    expect(await balance()).toBe(3);
    await app.ok({ cmd: 'sessions.create', session: 'x' });
    expect(await balance()).toBe(2);
    await app.ok({ cmd: 'request.get', session: 'named', url: origin.url });
    expect(await balance()).toBe(1);
  });

  it('a request without a session that fails – leaves none, for nobody knows its ID', async () => {
    app = await RunningApp.start();
    await app.fails('CODE-0006', { cmd: 'request.get', url: `${origin.url}/reset` });
    await app.fails('CODE-0006', { cmd: 'request.batch', requests: [{ url: `${origin.url}/reset` }] });
    expect((await app.ok({ cmd: 'sessions.list' })).sessions).toEqual([]);
  });

  it('an anonymous session becomes idle – makes room for who waits', async () => {
    app = await RunningApp.start({ MOORING_MAX_SESSIONS: '1' });
    const busy = app.send({ cmd: 'request.get', url: `${origin.url}/hang?busy`, timeout: 500 });
    await expect.poll(() => origin.count('/hang?busy')).toBe(1);
    const next = app.ok({ cmd: 'sessions.create', session: 'x' });
    expect((await busy).body.code).toBe('CODE-0025');
    expect((await next).session).toBe('x');
  });

  it('a caller that goes while it waits – leaves the queue', async () => {
    app = await RunningApp.start({ MOORING_MAX_SESSIONS: '1' });
    await app.ok({ cmd: 'sessions.create', session: 'a' });
    const caller = new AbortController();
    const gone = app.send({ cmd: 'sessions.create', session: 'b' }, { signal: caller.signal }).catch(() => 'gone');
    await expect.poll(async () => (await app.get('/metrics')).text).toContain('mooring_sessions{state="queued"} 1');
    caller.abort();
    await gone;
    await expect.poll(async () => (await app.get('/metrics')).text).toContain('mooring_sessions{state="queued"} 0');
    await app.ok({ cmd: 'sessions.destroy', session: 'a' });
    expect((await app.get('/api/v1/balance')).body).toEqual({ balance: 1 });
  });
});
