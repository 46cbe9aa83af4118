import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { covers } from '../support/covers.js';
import { FakeEngine } from '../support/fake-engine.js';
import { Origin } from '../support/origin.js';
import { TestProxy } from '../support/proxies.js';
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
    covers('command', 'sessions.active');
    app = await RunningApp.start({ MOORING_IDLE_TIMEOUT: '300ms' });
    const { context } = await app.ok({ cmd: 'sessions.create', session: 'x' });
    await expect.poll(() => active('x')).toBe(false);
    const error = await app.fails('SESSION_ENDED', { cmd: 'request.get', session: 'x', url: origin.url });
    expect(error).toMatch(/session not found, browser has been closed: x ended at \d{4}-.*Z \(idle:/);
    const again = await app.ok({ cmd: 'sessions.create', session: 'x' });
    expect(again.context._guid).not.toBe(context._guid);
  });

  it('a page that does not go on after its pause – costs a request its own time at most, and the next one has its turn', async () => {
    const engine = new FakeEngine();
    app = await RunningApp.start({ MOORING_PAUSE_AFTER: '50ms' }, engine);
    const request = { cmd: 'request.get', session: 'x', url: origin.url };
    await app.ok(request);
    const state = async (): Promise<string> => (await app.ok({ cmd: 'sessions.list' })).sessions[0].state;
    await expect.poll(state).toBe('paused');
    const [context] = engine.contexts;
    if (!context) throw new Error('there is no context');
    context.resumeGate = new Promise(() => {});
    await app.fails('CODE-0025', { ...request, timeout: 500 });
    context.resumeGate = undefined;
    await app.ok(request);
  });

  it('session_ttl – goes before the setting', async () => {
    covers('create', 'session_ttl');
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
    covers('create', 'maxLifetime');
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
    covers('command', 'sessions.destroy');
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

  it('the browser crashes, and sessions are not restored – its session ends as crashed, and a new one opens', async () => {
    const engine = new FakeEngine();
    app = await RunningApp.start({ MOORING_CRASH_RESTORE: 'off' }, engine);
    await app.ok({ cmd: 'sessions.create', session: 'x' });
    for (const context of [...engine.contexts]) context.crash();
    expect(await app.fails('SESSION_ENDED', { cmd: 'request.get', session: 'x', url: origin.url })).toContain(
      '(crashed:',
    );
    await app.ok({ cmd: 'sessions.create', session: 'x' });
    expect((await app.get('/metrics')).text).toContain('mooring_session_endings_total{reason="crashed"} 1');
  });

  it('closeAfterUse – requests that waited for their turn open it afresh', async () => {
    app = await RunningApp.start();
    const ask = () => app.ok({ cmd: 'request.get', session: 'x', url: origin.url, closeAfterUse: true });
    const replies = await Promise.all([ask(), ask(), ask()]);
    expect(replies.map(({ solution }) => solution.statusCode)).toEqual([200, 200, 200]);
  });

  it('closeAfterUse – ends it after the request, failed or not', async () => {
    covers('request', 'closeAfterUse');
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
    covers('request', 'session');
    app = await RunningApp.start();
    expect((await app.ok({ cmd: 'request.get', session: 'new', url: origin.url })).session).toBe('new');
    expect(await active('new')).toBe(true);
  });

  it('no ID – an anonymous session, whose ID works', async () => {
    covers('command', 'sessions.list');
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

describe('an ID that is used again', () => {
  const get = (session: string, fields: Record<string, unknown> = {}) => ({
    cmd: 'request.get',
    session,
    url: origin.url,
    ...fields,
  });

  it('created – is told by the reply that opened the session, and by no other', async () => {
    app = await RunningApp.start();
    expect((await app.ok(get('x'))).created).toBe(true);
    expect(await app.ok(get('x'))).not.toHaveProperty('created');
    const batch = { cmd: 'request.batch', session: 'y', requests: [{ url: origin.url }] };
    expect((await app.ok(batch)).created).toBe(true);
    expect(await app.ok(batch)).not.toHaveProperty('created');
    await app.ok({ cmd: 'sessions.create', session: 'z' });
    expect(await app.ok(get('z'))).not.toHaveProperty('created');
    expect((await app.ok({ cmd: 'request.get', url: origin.url })).created).toBe(true);
  });

  it('made by a request, and ended – a request opens it afresh, and says how the last one ended', async () => {
    const engine = new FakeEngine();
    app = await RunningApp.start({ MOORING_CRASH_RESTORE: 'off' }, engine);
    await app.ok(get('x'));
    await app.ok({ cmd: 'sessions.destroy', session: 'x' });
    const again = await app.ok(get('x'));
    expect(again.created).toBe(true);
    expect(again.warnings).toEqual([expect.stringMatching(/opened afresh, .* ended at \d{4}-.*Z \(destroyed:/)]);
    for (const context of [...engine.contexts]) context.crash();
    expect((await app.ok(get('x'))).warnings[0]).toContain('(crashed:');
  });

  it('ended by closeAfterUse – a request opens it afresh, though a create had made it', async () => {
    app = await RunningApp.start();
    await app.ok({ cmd: 'sessions.create', session: 'x' });
    await app.ok(get('x', { closeAfterUse: true }));
    const again = await app.ok(get('x'));
    expect(again.created).toBe(true);
    expect(again.warnings[0]).toContain('its last request said `closeAfterUse`');
  });

  it('made by a request, then asked for by sessions.create – counts as created', async () => {
    app = await RunningApp.start();
    await app.ok(get('x'));
    await app.ok({ cmd: 'sessions.create', session: 'x' });
    await app.ok({ cmd: 'sessions.destroy', session: 'x' });
    await app.fails('SESSION_ENDED', get('x'));
  });

  it('mustExist – SESSION_NOT_FOUND or SESSION_ENDED, and none is opened', async () => {
    covers('request', 'mustExist');
    const engine = new FakeEngine();
    app = await RunningApp.start({}, engine);
    const phrases = /session not found.*browser has been closed/;
    expect(await app.fails('SESSION_NOT_FOUND', get('never', { mustExist: true }))).toMatch(phrases);
    const anonymous = { cmd: 'request.get', url: origin.url, mustExist: true };
    expect(await app.fails('SESSION_NOT_FOUND', anonymous)).toMatch(phrases);
    const batch = { cmd: 'request.batch', session: 'never', requests: [{ url: origin.url }], mustExist: true };
    expect(await app.fails('SESSION_NOT_FOUND', batch)).toMatch(phrases);
    const keep = { cmd: 'request.get', session: 'never', keepSamePage: true, mustExist: true };
    await app.fails('SESSION_NOT_FOUND', keep);
    expect(engine.opened).toBe(0);
    await app.ok(get('x', { closeAfterUse: true }));
    expect(await app.fails('SESSION_ENDED', get('x', { mustExist: true }))).toMatch(phrases);
    await app.fails('SESSION_ENDED', { cmd: 'request.get', session: 'x', keepSamePage: true });
    await app.ok({ cmd: 'sessions.create', session: 'x' });
    await app.ok(get('x', { mustExist: true }));
    expect(engine.opened).toBe(2);
  });
});

describe('options of a request to a session that is open', () => {
  const get = (fields: Record<string, unknown>) => ({ cmd: 'request.get', session: 'x', url: origin.url, ...fields });

  it('about the identity – have no effect, with a warning where they differ', async () => {
    app = await RunningApp.start();
    const made = { locales: ['de-DE'], device: ['desktop'], proxyCountry: 'DE' };
    await app.ok({ cmd: 'sessions.create', session: 'x', ...made });
    expect((await app.ok(get({ locales: 'de-de', device: 'desktop' }))).warnings).toBeUndefined();
    const reply = await app.ok(get({ browser: [{ name: 'firefox' }], timezone: 'Europe/Paris', setLocale: true }));
    expect(reply.warnings).toEqual([
      expect.stringMatching(/^`browser`, `timezone`: no effect on a session that is open/),
    ]);
    const batch = { cmd: 'request.batch', session: 'x', requests: [{ url: origin.url }], userAgent: 'Other/1.0' };
    expect((await app.ok(batch)).warnings).toEqual([expect.stringContaining('`userAgent`: no effect')]);
  });

  it('class and country – have no effect where they are not met, with a warning', async () => {
    app = await RunningApp.start();
    await app.ok({ cmd: 'sessions.create', session: 'x' });
    const reply = await app.ok(get({ premiumProxy: true, proxyCountry: 'UnitedStates' }));
    expect(reply.warnings).toEqual([
      '`premiumProxy`, `proxyCountry`: no effect on a session that is open; it connects directly.',
    ]);
  });

  it('session_ttl – holds from now on', async () => {
    covers('request', 'session_ttl');
    app = await RunningApp.start();
    await app.ok({ cmd: 'sessions.create', session: 'x', session_ttl: 600 });
    await app.ok(get({ session_ttl: 1 }));
    await expect.poll(() => active('x'), { timeout: 5000 }).toBe(false);
  });

  it('maxLifetime, maxBytes – can be lowered alone', async () => {
    covers('request', 'maxLifetime');
    app = await RunningApp.start();
    await app.ok({ cmd: 'sessions.create', session: 'x', maxLifetime: 60, maxBytes: 100_000 });
    expect((await app.ok(get({ maxLifetime: 60, maxBytes: 100_000 }))).warnings).toBeUndefined();
    const { warnings } = await app.ok(get({ maxLifetime: 61, maxBytes: 100_001 }));
    expect(warnings).toEqual([
      expect.stringContaining('`maxLifetime`: no effect'),
      expect.stringContaining('`maxBytes`: no effect'),
    ]);
    await app.fails('QUOTA_EXCEEDED', get({ maxBytes: 10 }));
    await app.ok({ cmd: 'sessions.create', session: 'without' });
    await app.ok(get({ session: 'without' }));
    await app.fails('QUOTA_EXCEEDED', get({ session: 'without', maxBytes: 10 }));
    const short = await app.send(get({ maxLifetime: 1, maxBytes: 10, url: `${origin.url}/hang` }));
    expect(short.body.data).toBe('error');
    await expect.poll(() => active('x'), { timeout: 5000 }).toBe(false);
  });

  it('sessions.create – still names those that differ, compared by meaning', async () => {
    app = await RunningApp.start({ MOORING_PROXY_CHECK: 'off' });
    const made = {
      proxy: 'http://user:p%40ss@Proxy.Example:8080',
      proxyCountry: 'Germany',
      operatingSystem: ['linux', 'windows'],
      blackListedDomains: ['a.example', 'b.example'],
    };
    await app.ok({ cmd: 'sessions.create', session: 'x', ...made });
    await app.ok({
      cmd: 'sessions.create',
      session: 'x',
      proxy: 'HTTP://user:p@ss@proxy.example:8080',
      proxyCountry: 'DE',
      operatingSystem: ['windows', 'linux'],
      blackListedDomains: ['B.example', 'a.example'],
      datacenter: false,
    });
    const error = await app.fails('SESSION_EXISTS', {
      cmd: 'sessions.create',
      session: 'x',
      proxyCountry: 'FR',
      locales: 'de',
    });
    expect(error).toContain('`proxyCountry`, `locales` differ');
  });
});

describe('a request that names a proxy for a session that is open', () => {
  const proxies = [new TestProxy({ kind: 'http' }), new TestProxy({ kind: 'socks5' })] as const;
  beforeAll(() => Promise.all(proxies.map((proxy) => proxy.start())));
  afterAll(() => Promise.all(proxies.map((proxy) => proxy.close())));
  const [first, second] = proxies;
  const get = (fields: Record<string, unknown> = {}) => ({
    cmd: 'request.get',
    session: 'x',
    url: `${origin.url}/echo`,
    ...fields,
  });
  const asked = (): number[] => proxies.map(({ requests }) => requests.length);
  const start = () => RunningApp.start({ MOORING_PROXY_CHECK_TARGET: `127.0.0.1:${origin.port}` });

  it('another one – is moved there, in its turn, with its cookies, and told', async () => {
    app = await start();
    await app.ok({ cmd: 'sessions.create', session: 'x', proxy: first.url() });
    await app.ok(get({ cookies: 'a=1' }));
    const before = asked();
    const reply = await app.ok(get({ proxy: second.url() }));
    expect(reply.warnings).toEqual([
      `The session was moved: it connected through http://127.0.0.1:${first.port}, and connects through socks5://127.0.0.1:${second.port} from now on.`,
    ]);
    expect(reply.solution.cookieString).toBe('a=1');
    await app.ok(get());
    // The check, and a connection for each request.
    expect(asked()).toEqual([before[0], (before[1] ?? 0) + 3]);
    await app.ok({ cmd: 'sessions.create', session: 'x', proxy: second.url() });
  });

  it('the same one, however it is written – nothing happens, and no check', async () => {
    app = await start();
    await app.ok({ cmd: 'sessions.create', session: 'x', proxy: first.url() });
    const before = asked();
    const reply = await app.ok(get({ proxy: first.url().replace('http:', 'HTTP:') }));
    expect(reply.warnings).toBeUndefined();
    expect(asked()).toEqual([(before[0] ?? 0) + 1, before[1]]);
  });

  it('beside dontChangeProxy – stays, with a warning; so does one with a proxy that is told noProxy', async () => {
    covers('request', 'dontChangeProxy');
    app = await start();
    await app.ok({ cmd: 'sessions.create', session: 'x', proxy: first.url() });
    const before = asked();
    const reply = await app.ok(get({ proxy: second.url(), dontChangeProxy: true }));
    expect(reply.warnings).toEqual([expect.stringContaining('`proxy`: no effect beside `dontChangeProxy`')]);
    expect((await app.ok(get({ noProxy: true }))).warnings).toEqual([expect.stringContaining('`noProxy`: no effect')]);
    const batch = { cmd: 'request.batch', session: 'x', requests: [{ url: origin.url }], proxy: second.url() };
    await app.ok({ ...batch, dontChangeProxy: true });
    expect(asked()).toEqual([(before[0] ?? 0) + 3, before[1]]);
    expect((await app.ok(batch)).warnings).toEqual([expect.stringContaining('The session was moved')]);
  });
});

describe('the lane', () => {
  it('sessions.proxy – waits for its turn no longer than a request', async () => {
    app = await RunningApp.start({ MOORING_REQUEST_TIMEOUT: '300ms' });
    const running = app.send({ cmd: 'request.get', session: 'x', url: `${origin.url}/hang?move`, timeout: 3000 });
    await expect.poll(() => origin.count('/hang?move')).toBe(1);
    await app.fails('SESSION_BUSY', { cmd: 'sessions.proxy', session: 'x', noProxy: true });
    await running;
  });

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
    const hang = (timeout: number): Promise<{ body: { code: string; error: string } }> =>
      app.send({ cmd: 'request.get', session: 'x', url: `${origin.url}/hang?full`, timeout });
    const first = hang(1500);
    await expect.poll(() => origin.count('/hang?full')).toBe(1);
    const second = hang(700);
    await expect.poll(async () => (await app.ok({ cmd: 'sessions.list' })).sessions[0].waiting).toBe(1);
    const third = await app.send({ cmd: 'request.get', session: 'x', url: origin.url });
    expect(third.body).toMatchObject({ code: 'SESSION_BUSY', session: 'x', retryAfterMs: 1000 });
    expect(third.headers.get('retry-after')).toBe('1');
    const late = (await second).body;
    expect([(await first).body.code, late.code]).toEqual(['CODE-0025', 'SESSION_BUSY']);
    expect(late.error).toMatch(/^SESSION_BUSY: expected the turn [^.]+\.$/);
    expect(late.error).not.toContain('CODE-');
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
