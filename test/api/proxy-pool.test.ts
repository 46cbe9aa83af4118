import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { covers } from '../support/covers.js';
import { Origin } from '../support/origin.js';
import { TestProxy } from '../support/proxies.js';
import { RunningApp } from '../support/start-app.js';

const origin = new Origin();
const credentials = { username: 'pool', password: 'secret' };
const proxies = {
  homeUs: new TestProxy({ kind: 'http', credentials }),
  homeDe: new TestProxy({ kind: 'socks5', credentials }),
  center: new TestProxy({ kind: 'http', credentials }),
  phone: new TestProxy({ kind: 'http', credentials }),
};
let folder: string;
let file: string;
let app: RunningApp;

beforeAll(async () => {
  await origin.start();
  await Promise.all(Object.values(proxies).map((proxy) => proxy.start()));
});
afterAll(async () => {
  await origin.close();
  await Promise.all(Object.values(proxies).map((proxy) => proxy.close()));
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mooring-pool-'));
  file = join(folder, 'proxies.yaml');
  for (const proxy of Object.values(proxies)) {
    proxy.requests.length = 0;
    proxy.mood = 'alive';
  }
});
afterEach(async () => {
  await app.close();
  rmSync(folder, { recursive: true });
});

const entry = (proxy: TestProxy, rest: Record<string, unknown> = {}) => ({ url: proxy.url(credentials), ...rest });
const write = (entries: unknown): void => writeFileSync(file, JSON.stringify(entries));
const start = (settings: Record<string, string> = {}): Promise<RunningApp> =>
  RunningApp.start({ MOORING_PROXIES: file, MOORING_PROXY_CHECK_TARGET: `127.0.0.1:${origin.port}`, ...settings });

/** Which proxies were asked for the origin's page. */
const used = (): string[] =>
  Object.entries(proxies)
    .filter(([, proxy]) => proxy.requests.some((asked) => asked.includes(String(origin.port))))
    .map(([name]) => name);

describe('the proxy pool', () => {
  it('its metrics – name no proxy to those who have a key; the key for metrics reads all, and no other does', async () => {
    write([entry(proxies.homeUs), entry(proxies.homeDe)]);
    app = await start({ MOORING_API_KEYS: 'k' });
    const { text } = await app.get('/metrics?key=k');
    expect(text).toContain('mooring_proxy_up{proxy="#2"');
    expect(text).not.toContain('127.0.0.1');
    await app.close();
    app = await start({ MOORING_API_KEYS: 'k', MOORING_METRICS_KEY: 'm' });
    expect((await app.get('/metrics?key=k')).status).toBe(401);
    expect((await app.get('/metrics?key=m')).text).toContain(`proxy="http://127.0.0.1:${proxies.homeUs.port}"`);
    expect((await app.get('/api/v1/balance?key=m')).status).toBe(401);
  });

  it('forceNewProxy – moves an open session to another proxy of its kind; without one, or with one of its own, it is told', async () => {
    covers('request', 'forceNewProxy');
    write([entry(proxies.homeUs, { class: 'residential' }), entry(proxies.homeDe, { class: 'residential' })]);
    app = await start();
    const ask = async (rest: Record<string, unknown>) => {
      for (const proxy of Object.values(proxies)) proxy.requests.length = 0;
      const { warnings = [] } = await app.ok({ cmd: 'request.get', session: 'x', url: origin.url, ...rest });
      return { by: used(), warnings: warnings.join() };
    };
    await app.ok({ cmd: 'sessions.create', session: 'x' });
    const first = await ask({});
    const second = await ask({ forceNewProxy: true });
    expect(second.by).toHaveLength(1);
    expect(second.by).not.toEqual(first.by);
    expect(second.warnings).toContain('another proxy of the pool');
    expect((await ask({ forceNewProxy: true, dontChangeProxy: true })).by).toEqual(second.by);

    write([entry(proxies.center, { class: 'datacenter' })]);
    await app.close();
    app = await start();
    await app.ok({ cmd: 'sessions.create', session: 'x', datacenter: true });
    const alone = await ask({ forceNewProxy: true });
    expect([alone.by, alone.warnings]).toEqual([['center'], expect.stringContaining('no other proxy')]);
    const direct = await ask({ session: 'direct', noProxy: true });
    expect(direct.by).toEqual([]);
    const still = await ask({ session: 'direct', forceNewProxy: true });
    expect([still.by, still.warnings]).toEqual([[], expect.stringContaining('no effect')]);
  });

  it("language and time zone – follow the country of the session's proxy, unless something else is said", async () => {
    covers('create', 'setLocale', 'overwriteLocale');
    write([entry(proxies.homeDe, { class: 'residential', country: 'Germany' })]);
    app = await start();
    const place = async (session: string, wish: Record<string, unknown> = {}) => {
      const { languages, timezone } = (await app.ok({ cmd: 'sessions.create', session, ...wish })).fingerprint;
      return [languages[0], timezone];
    };
    expect(await place('follows')).toEqual(['de-DE', 'Europe/Berlin']);
    const machineZone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
    expect(await place('stays', { setLocale: false })).toEqual(['en-US', machineZone]);
    expect(await place('stays-too', { overwriteLocale: false })).toEqual(['en-US', machineZone]);
    expect(await place('direct', { noProxy: true })).toEqual(['en-US', machineZone]);
    expect(await place('said', { locales: 'fr-FR' })).toEqual(['fr-FR', machineZone]);
  });

  it('language and time zone of a session that a request opens – the same', async () => {
    covers('request', 'setLocale', 'overwriteLocale');
    write([entry(proxies.homeDe, { class: 'residential', country: 'Germany' })]);
    app = await start();
    const language = async (session: string, wish: Record<string, unknown> = {}) => {
      await app.ok({ cmd: 'request.get', session, url: origin.url, ...wish });
      return (await app.ok({ cmd: 'sessions.create', session })).fingerprint.languages[0];
    };
    expect(await language('follows')).toBe('de-DE');
    expect(await language('stays', { setLocale: false })).toBe('en-US');
    expect(await language('stays-too', { overwriteLocale: false })).toBe('en-US');
  });

  const wishes: [Record<string, unknown>, string[]][] = [
    [{}, ['homeUs']],
    [{ datacenter: true }, ['center']],
    [{ mobileProxy: true }, ['phone']],
    [{ proxyCountry: 'Germany' }, ['homeDe']],
    [{ proxyCountry: 'US', premiumProxy: 'true' }, ['homeUs']],
    [{ noProxy: true }, []],
  ];
  const ofEveryClass = () => [
    entry(proxies.homeUs, { country: 'UnitedStates', weight: 1000 }),
    entry(proxies.homeDe, { country: 'DE' }),
    entry(proxies.center, { class: 'datacenter', country: 'US' }),
    entry(proxies.phone, { class: 'mobile', country: 'US' }),
  ];

  it.each(wishes)('%j – by %j', async (wish, expected) => {
    covers('create', 'noProxy', 'datacenter', 'premiumProxy', 'mobileProxy', 'proxyCountry');
    write(ofEveryClass());
    app = await start();
    const reply = await app.ok({ cmd: 'sessions.create', session: 'x', ...wish });
    expect(reply.solution.verified).toBe(true);
    await app.ok({ cmd: 'request.get', session: 'x', url: origin.url });
    expect(used()).toEqual(expected);
  });

  it.each(wishes)('%j in the request that opens the session – by %j', async (wish, expected) => {
    covers('request', 'noProxy', 'datacenter', 'premiumProxy', 'mobileProxy', 'proxyCountry');
    write(ofEveryClass());
    app = await start();
    await app.ok({ cmd: 'request.get', session: 'x', url: origin.url, ...wish });
    expect(used()).toEqual(expected);
  });

  it('no match – NO_MATCHING_PROXY, and nothing is opened', async () => {
    write([entry(proxies.homeUs, { country: 'US' })]);
    app = await start();
    expect(await app.fails('NO_MATCHING_PROXY', { cmd: 'sessions.create', mobileProxy: true })).toContain(
      'for mobile, any country; it has none',
    );
    await app.fails('NO_MATCHING_PROXY', { cmd: 'sessions.create', proxyCountry: 'France' });
    expect((await app.get('/api/v1/balance')).body).toEqual({ balance: 100 });
  });

  it('no pool – direct, and the reply says so', async () => {
    app = await RunningApp.start();
    const reply = await app.ok({ cmd: 'sessions.create', datacenter: true });
    expect(reply.fingerprint.warnings).toEqual([
      'There is no proxy pool on this server: the session connects directly.',
    ]);
    expect((await app.ok({ cmd: 'sessions.create' })).fingerprint.warnings).toEqual([]);
  });

  it('weight, load and limit – spread the sessions', async () => {
    write([entry(proxies.homeUs, { weight: 2 }), entry(proxies.homeDe, { weight: 1, maxSessions: 1 })]);
    app = await start({ MOORING_PROXY_CHECK: 'off' });
    for (let i = 0; i < 3; i++) await app.ok({ cmd: 'sessions.create', session: `s${i}` });
    const sessions = async (): Promise<string> => (await app.get('/metrics')).text;
    expect(await sessions()).toContain(
      `mooring_proxy_sessions{proxy="http://127.0.0.1:${proxies.homeUs.port}",class="residential",country=""} 2`,
    );
    expect(await sessions()).toContain(
      `mooring_proxy_sessions{proxy="socks5://127.0.0.1:${proxies.homeDe.port}",class="residential",country=""} 1`,
    );
    for (let i = 3; i < 6; i++) await app.ok({ cmd: 'sessions.create', session: `s${i}` });
    expect(await sessions()).toContain(
      `mooring_proxy_sessions{proxy="http://127.0.0.1:${proxies.homeUs.port}",class="residential",country=""} 5`,
    );
    await Promise.all([0, 1, 2, 3, 4, 5].map((i) => app.ok({ cmd: 'sessions.destroy', session: `s${i}` })));
    expect(await sessions()).not.toMatch(/mooring_proxy_sessions\{.*\} [1-9]/);
    expect(await sessions()).not.toContain('secret');
  });

  it('a proxy that fails – is set aside, shown so, and the others go on', async () => {
    const broken = new TestProxy({ kind: 'http' });
    await broken.start();
    write([{ url: broken.url(), weight: 1000 }, entry(proxies.homeUs)]);
    await broken.close();
    app = await start();
    for (let i = 0; i < 3; i++) await app.fails('CODE-0019', { cmd: 'sessions.create' });
    await app.ok({ cmd: 'sessions.create', session: 'x' });
    const { text } = await app.get('/metrics');
    expect(text).toMatch(/mooring_proxy_up\{.*\} 0/);
    expect(text).toMatch(/mooring_proxy_up\{.*\} 1/);
  });

  it('all of them set aside – NO_MATCHING_PROXY says when to come again', async () => {
    const broken = new TestProxy({ kind: 'socks5' });
    await broken.start();
    write({ proxies: [{ url: broken.url() }] });
    await broken.close();
    app = await start();
    for (let i = 0; i < 3; i++) await app.fails('CODE-0019', { cmd: 'sessions.create' });
    const { body } = await app.send({ cmd: 'sessions.create' });
    expect(body.code).toBe('NO_MATCHING_PROXY');
    expect(body.retryAfterMs).toBeGreaterThan(5000);
  });

  it('the file changes – is read again; a bad edit keeps the old one', async () => {
    write([entry(proxies.homeUs)]);
    app = await start();
    await app.fails('NO_MATCHING_PROXY', { cmd: 'sessions.create', datacenter: true });
    write('nonsense');
    write([{ url: 'nope://x' }]);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    await app.ok({ cmd: 'sessions.create', session: 'old-one' });
    write([entry(proxies.center, { class: 'datacenter' })]);
    await expect
      .poll(async () => (await app.send({ cmd: 'sessions.create', session: 'new', datacenter: true })).body.data, {
        timeout: 5000,
      })
      .toBe('success');
  });

  it('a session keeps its proxy – sessions.proxy moves it, and options of create follow', async () => {
    write([entry(proxies.homeUs, { country: 'US' }), entry(proxies.homeDe, { country: 'DE' })]);
    app = await start();
    await app.ok({ cmd: 'sessions.create', session: 'x', proxyCountry: 'US' });
    await app.ok({ cmd: 'request.get', session: 'x', url: origin.url });
    expect(used()).toEqual(['homeUs']);
    await app.fails('NO_MATCHING_PROXY', { cmd: 'sessions.proxy', session: 'x', proxyCountry: 'FR' });
    await app.ok({ cmd: 'sessions.proxy', session: 'x', proxyCountry: 'Germany' });
    proxies.homeUs.requests.length = 0;
    await app.ok({ cmd: 'request.get', session: 'x', url: origin.url });
    expect(used()).toEqual(['homeDe']);
    await app.ok({ cmd: 'sessions.create', session: 'x', proxyCountry: 'Germany' });
    await app.fails('SESSION_EXISTS', { cmd: 'sessions.create', session: 'x', proxyCountry: 'US' });
    await app.fails('SESSION_ENDED', { cmd: 'sessions.proxy', session: 'never', noProxy: true });
    const { text } = await app.get('/metrics');
    expect(text).toMatch(/mooring_proxy_sessions\{proxy="socks5.*\} 1/);
    expect(text).toMatch(/mooring_proxy_sessions\{proxy="http.*\} 0/);
  });
});

describe('what a page does through a proxy', () => {
  it('destinations that are silent – do not put the proxy aside', async () => {
    write([entry(proxies.center, { class: 'datacenter' })]);
    app = await start({ MOORING_CONNECT_TIMEOUT: '200ms' });
    await app.ok({ cmd: 'sessions.create', session: 'x', datacenter: true });
    proxies.center.mood = 'silent';
    for (let i = 0; i < 4; i++) await app.send({ cmd: 'request.get', session: 'x', url: origin.url, timeout: 400 });
    proxies.center.mood = 'alive';
    expect((await app.get('/metrics')).text).toMatch(/mooring_proxy_up\{.*\} 1/);
    await app.ok({ cmd: 'sessions.create', session: 'y', datacenter: true });
  });

  it('two entries of one address – are two, after a reload too', async () => {
    const both = [
      entry(proxies.center, { class: 'mobile', country: 'US' }),
      entry(proxies.center, { class: 'datacenter', country: 'DE' }),
    ];
    write(both);
    app = await start();
    write([...both, entry(proxies.homeUs)]);
    const rows = async (): Promise<number> =>
      (await app.get('/metrics')).text.split('\n').filter((line) => line.startsWith('mooring_proxy_up{')).length;
    await expect.poll(rows).toBe(3);
    await app.ok({ cmd: 'sessions.create', mobileProxy: true, proxyCountry: 'US' });
    await app.ok({ cmd: 'sessions.create', datacenter: true, proxyCountry: 'DE' });
  });
});

describe('sessions.proxy', () => {
  it('a session with a proxy of its own – is never moved to a direct connection that nobody asked for', async () => {
    app = await RunningApp.start({ MOORING_PROXY_CHECK: 'off' });
    await app.ok({ cmd: 'sessions.create', session: 'x', proxy: proxies.homeUs.url(credentials) });
    expect(await app.fails('INVALID_PARAMETER', { cmd: 'sessions.proxy', session: 'x', proxy: null })).toContain(
      'where to move the session',
    );
    await app.fails('NO_MATCHING_PROXY', { cmd: 'sessions.proxy', session: 'x', proxyCountry: 'US' });
    proxies.homeUs.requests.length = 0;
    await app.ok({ cmd: 'request.get', session: 'x', url: origin.url });
    expect(proxies.homeUs.requests).toHaveLength(1);
    await app.ok({ cmd: 'sessions.proxy', session: 'x', noProxy: true });
    await app.ok({ cmd: 'request.get', session: 'x', url: origin.url });
    expect(proxies.homeUs.requests).toHaveLength(1);
    const { text } = await app.get('/metrics');
    for (const name of ['caller', 'direct']) {
      expect(Number(new RegExp(`class="${name}",direction="in"} (\\d+)`).exec(text)?.[1]), name).toBeGreaterThan(100);
    }
  });
});

describe('a proxy named at create', () => {
  it.each(['http', 'socks4', 'socks5'] as const)(
    '%s with a wrong password – is told at create, and nothing is opened',
    async (kind) => {
      const proxy = new TestProxy({ kind, credentials });
      await proxy.start();
      app = await RunningApp.start({ MOORING_PROXY_CHECK_TARGET: `127.0.0.1:${origin.port}` });
      const code = { http: 'CODE-0005', socks4: 'CODE-0015', socks5: 'CODE-0016' }[kind];
      const error = await app.fails(code, {
        cmd: 'sessions.create',
        proxy: proxy.url({ username: 'x', password: 'hunter2' }),
      });
      expect(error).not.toContain('hunter2');
      expect((await app.get('/api/v1/balance')).body).toEqual({ balance: 100 });
      expect((await app.ok({ cmd: 'sessions.create', proxy: proxy.url(credentials) })).solution.verified).toBe(true);
      await proxy.close();
    },
  );

  it('silent – CODE-0024 within the limit of the check', async () => {
    const proxy = new TestProxy({ kind: 'socks5', mood: 'silent' });
    await proxy.start();
    app = await RunningApp.start({ MOORING_PROXY_CHECK_TIMEOUT: '300ms' });
    await app.fails('CODE-0024', { cmd: 'sessions.create', proxy: proxy.url() });
    await proxy.close();
  });

  it('refuses only where it is checked – the session opens, unverified, with a warning', async () => {
    const proxy = new TestProxy({ kind: 'http', mood: 'denying' });
    await proxy.start();
    app = await RunningApp.start();
    const reply = await app.ok({ cmd: 'sessions.create', proxy: proxy.url() });
    expect(reply.solution.verified).toBe(false);
    expect(reply.fingerprint.warnings[0]).toContain('opened no tunnel to example.com:443');
    await proxy.close();
  });

  it('MOORING_PROXY_CHECK=off – no connection is made, and the reply says so', async () => {
    const proxy = new TestProxy({ kind: 'http', mood: 'silent' });
    await proxy.start();
    app = await RunningApp.start({ MOORING_PROXY_CHECK: 'off' });
    const reply = await app.ok({
      cmd: 'sessions.create',
      proxy: proxy.url(),
      datacenter: true,
      session_ttl: 60,
      maxBytes: 1000,
    });
    expect(reply.solution.verified).toBe(false);
    expect(reply.fingerprint.warnings).toEqual([
      '`datacenter` has no effect beside `proxy`.',
      'The proxy was not checked (MOORING_PROXY_CHECK is off).',
    ]);
    expect(proxy.requests).toEqual([]);
    await proxy.close();
  });

  it('a caller that goes during the check – leaves nothing open', async () => {
    const proxy = new TestProxy({ kind: 'socks5', mood: 'silent' });
    await proxy.start();
    app = await RunningApp.start();
    const caller = new AbortController();
    const gone = app
      .send({ cmd: 'sessions.create', proxy: proxy.url() }, { signal: caller.signal })
      .catch(() => 'gone');
    await expect.poll(() => proxy.requests.length).toBe(1);
    caller.abort();
    await gone;
    await expect.poll(async () => (await app.get('/api/v1/balance')).body.balance).toBe(100);
    await proxy.close();
  });
});

describe('accounting', () => {
  it('bytes of a session – are listed, and counted by class', async () => {
    app = await RunningApp.start();
    await app.ok({ cmd: 'request.get', session: 'x', url: origin.url });
    const [row] = (await app.ok({ cmd: 'sessions.list' })).sessions;
    expect(row.bytesIn).toBeGreaterThan(100);
    expect(row.bytesOut).toBeGreaterThan(50);
    await app.ok({ cmd: 'sessions.destroy', session: 'x' });
    const { text } = await app.get('/metrics');
    expect(
      Number(/mooring_egress_bytes_total\{class="direct",direction="in"\} (\d+)/.exec(text)?.[1]),
    ).toBeGreaterThanOrEqual(row.bytesIn);
  });

  it('maxBytes of sessions.create – then QUOTA_EXCEEDED', async () => {
    covers('create', 'maxBytes');
    app = await RunningApp.start();
    await app.ok({ cmd: 'sessions.create', session: 'x', maxBytes: 1000 });
    const next = async () => (await app.send({ cmd: 'request.get', session: 'x', url: origin.url })).body;
    await expect
      .poll(next)
      .toMatchObject({ code: 'QUOTA_EXCEEDED', error: expect.stringContaining('at most 1000 bytes') });
  });

  it('maxBytes – then QUOTA_EXCEEDED, for this session alone', async () => {
    covers('request', 'maxBytes');
    app = await RunningApp.start();
    await app.ok({ cmd: 'request.get', session: 'x', maxBytes: 1000, url: origin.url });
    const next = async () => (await app.send({ cmd: 'request.get', session: 'x', url: origin.url })).body;
    await expect
      .poll(next)
      .toMatchObject({ code: 'QUOTA_EXCEEDED', error: expect.stringContaining('at most 1000 bytes') });
    await app.ok({ cmd: 'request.get', session: 'y', url: origin.url });
  });

  it('maxBytes – what is sent counts too, and is cut off', async () => {
    app = await RunningApp.start();
    const postData = 'x'.repeat(5_000_000);
    await app.fails('QUOTA_EXCEEDED', {
      cmd: 'request.post',
      session: 'x',
      maxBytes: 100_000,
      url: `${origin.url}/echo`,
      postData,
    });
    expect(origin.seen.filter(({ body }) => body.length > 1_000_000)).toEqual([]);
  });

  it('maxBytes – a body in the middle is cut off', async () => {
    app = await RunningApp.start();
    await app.fails('QUOTA_EXCEEDED', {
      cmd: 'request.get',
      session: 'x',
      maxBytes: 100_000,
      url: `${origin.url}/large?bytes=5000000`,
    });
    const [row] = (await app.ok({ cmd: 'sessions.list' })).sessions;
    expect(row.bytesIn).toBeLessThan(2_000_000);
  });
});
