import { afterEach, describe, expect, it } from 'vitest';
import { covers } from '../support/covers.js';
import { FakeEngine } from '../support/fake-engine.js';
import { RunningApp } from '../support/start-app.js';

let app: RunningApp;
afterEach(() => app.close());

describe('sessions.create', () => {
  it('with an ID – answers as the contract says', async () => {
    covers('create', 'session');
    covers('command', 'sessions.create');
    app = await RunningApp.start();
    const { status, body } = await app.send({ cmd: 'sessions.create', session: 'my-session-id' });
    expect(status).toBe(200);
    expect(Object.keys(body).sort()).toEqual([
      'context',
      'data',
      'fingerprint',
      'requestId',
      'session',
      'solution',
      'timeElapsed',
    ]);
    expect(body).toMatchObject({
      solution: { verified: true },
      data: 'success',
      session: 'my-session-id',
      fingerprint: {
        userAgent: 'Mozilla/5.0 Fake/1.2.3.4',
        engine: { name: 'fake', version: '1.2.3.4' },
        warnings: [],
      },
      context: { _type: 'BrowserContext', _guid: expect.stringMatching(/^browser-context@[0-9a-f]{32}$/) },
    });
    expect(Number.isInteger(body.timeElapsed)).toBe(true);
  });

  it('without an ID – a random UUID', async () => {
    app = await RunningApp.start();
    const [a, b] = [await app.ok({ cmd: 'sessions.create' }), await app.ok({ cmd: 'sessions.create', session: null })];
    expect(a.session).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(a.session).not.toBe(b.session);
  });

  it('the same ID again – the same session, and the reply shows it', async () => {
    const engine = new FakeEngine();
    app = await RunningApp.start({}, engine);
    const first = await app.ok({ cmd: 'sessions.create', session: 'x', session_ttl: 60 });
    const again = await app.ok({ cmd: 'sessions.create', session: 'x', session_ttl: '60' });
    const bare = await app.ok({ cmd: 'sessions.create', session: 'x' });
    expect([again.context._guid, bare.context._guid]).toEqual([first.context._guid, first.context._guid]);
    expect(engine.opened).toBe(1);
  });

  it('the same ID with another option – SESSION_EXISTS names it, and the session lives', async () => {
    app = await RunningApp.start();
    await app.ok({ cmd: 'sessions.create', session: 'x', session_ttl: 60 });
    const error = await app.fails('SESSION_EXISTS', {
      cmd: 'sessions.create',
      session: 'x',
      session_ttl: 61,
      maxLifetime: 5,
    });
    expect(error).toContain('`session_ttl`, `maxLifetime` differ');
    expect((await app.ok({ cmd: 'sessions.active', session: 'x' })).active).toBe(true);
  });

  it('the same ID twice at once – one session, one reply each', async () => {
    const engine = new FakeEngine();
    app = await RunningApp.start({}, engine);
    const replies = await Promise.all([...Array(20)].map(() => app.ok({ cmd: 'sessions.create', session: 'x' })));
    expect(new Set(replies.map((reply) => reply.context._guid)).size).toBe(1);
    expect(engine.opened).toBe(1);
    expect((await app.ok({ cmd: 'sessions.list' })).open).toBe(1);
  });

  it('a caller that goes while it opens – nothing is left open', async () => {
    const engine = new FakeEngine();
    let open = (): void => {};
    engine.gate = new Promise((resolve) => {
      open = resolve;
    });
    app = await RunningApp.start({ MOORING_MAX_SESSIONS: '1' }, engine);
    const caller = new AbortController();
    const given = app.send({ cmd: 'sessions.create' }, { signal: caller.signal }).catch(() => 'gone');
    await expect.poll(async () => (await app.get('/metrics')).text).toContain('mooring_sessions{state="opening"} 1');
    caller.abort();
    expect(await given).toBe('gone');
    await expect.poll(async () => (await app.get('/metrics')).text).toContain('mooring_sessions{state="opening"} 0');
    open();
    await expect.poll(() => engine.contexts.size).toBe(0);
    await app.ok({ cmd: 'sessions.create', session: 'next' });
  });

  it('an opening that was given up – the next create of the ID starts one of its own', async () => {
    const engine = new FakeEngine();
    let open = (): void => {};
    engine.gate = new Promise((resolve) => {
      open = resolve;
    });
    app = await RunningApp.start({}, engine);
    const first = app.send({ cmd: 'sessions.create', session: 'x' });
    await expect.poll(async () => (await app.get('/metrics')).text).toContain('mooring_sessions{state="opening"} 1');
    const destroyed = app.ok({ cmd: 'sessions.destroy', session: 'x' });
    const next = app.ok({ cmd: 'sessions.create', session: 'x' });
    await destroyed;
    open();
    expect((await first).body.code).toBe('SESSION_ENDED');
    expect((await next).session).toBe('x');
  });

  it('what is to be told of the opening – stands in `warnings` and in the fingerprint', async () => {
    app = await RunningApp.start();
    const { warnings, fingerprint } = await app.ok({ cmd: 'sessions.create', premiumProxy: true });
    expect(warnings).toEqual(['There is no proxy pool on this server: the session connects directly.']);
    expect(fingerprint.warnings).toEqual(warnings);
  });

  it('a second caller stays while the first goes – gets its session', async () => {
    const engine = new FakeEngine();
    let open = (): void => {};
    engine.gate = new Promise((resolve) => {
      open = resolve;
    });
    app = await RunningApp.start({}, engine);
    const caller = new AbortController();
    const gone = app.send({ cmd: 'sessions.create', session: 'x' }, { signal: caller.signal }).catch(() => 'gone');
    const stays = app.ok({ cmd: 'sessions.create', session: 'x' });
    await expect.poll(async () => (await app.get('/metrics')).text).toContain('mooring_sessions{state="opening"} 1');
    caller.abort();
    await gone;
    open();
    expect((await stays).session).toBe('x');
  });

  it.each([
    [{ session: 'a b' }, 'INVALID_PARAMETER', '`session`: expected 1 to 128 characters'],
    [{ session: 'x'.repeat(129) }, 'INVALID_PARAMETER', '`session`: expected 1 to 128 characters'],
    [{ session: 7 }, 'INVALID_PARAMETER', '`session`: expected 1 to 128 characters of A-Z a-z 0-9 . _ : -; got 7.'],
    [
      { session_ttl: 'soon' },
      'INVALID_PARAMETER',
      '`session_ttl`: expected a whole number of seconds from 1 to 31536000; got "soon"',
    ],
    [
      { session_ttl: 0 },
      'INVALID_PARAMETER',
      '`session_ttl`: expected a whole number of seconds from 1 to 31536000; got 0',
    ],
    [{ proxy: 'ftp://127.0.0.1:1' }, 'INVALID_PARAMETER', '`proxy`: expected a URL that starts with http://'],
    [{ proxy: 'http://user:topsecret@' }, 'INVALID_PARAMETER', '`proxy`: expected host:port'],
    [{ browser: [{ name: 'opera' }] }, 'CODE-0030', '`browser[0].name`: expected one of chrome, firefox, safari'],
    [{ persist: true }, 'STATE_NOT_KEPT', '`persist`: expected a server that can keep sessions'],
    [{ state: { version: 2, storageState: {} } }, 'INVALID_PARAMETER', '`state.version`: expected at most 1'],
    [{ state: 'login.json' }, 'INVALID_PARAMETER', '`state`'],
    [{ browser: 'safari', operatingSystem: 'windows' }, 'IDENTITY_IMPOSSIBLE', 'safari (15–18, 26–26) on macos, ios'],
    [{ device: ['watch'] }, 'INVALID_PARAMETER', '`device[0]`: expected one of desktop, mobile; got "watch"'],
    [{ whitelistedDomains: ['not a domain'] }, 'INVALID_PARAMETER', '`whitelistedDomains`: expected domains'],
    [{ proxyCountry: 'Atlantis' }, 'INVALID_PARAMETER', '`proxyCountry`: expected a country'],
    [{ datacenter: true, mobileProxy: true }, 'INVALID_PARAMETER', 'expected one of them at most'],
    [{ proxy: 'http://h:1', noProxy: true }, 'INVALID_PARAMETER', '`noProxy`'],
    [{ maxBytes: '1GB' }, 'INVALID_PARAMETER', '`maxBytes`: expected a whole number'],
  ])('%j – %s, and nothing is opened', async (options, code, sentence) => {
    const engine = new FakeEngine();
    app = await RunningApp.start({}, engine);
    const error = await app.fails(code, { cmd: 'sessions.create', ...options });
    expect(error).toContain(sentence);
    expect(error).not.toContain('topsecret');
    expect(engine.opened).toBe(0);
    expect((await app.get('/api/v1/balance')).body).toEqual({ balance: 100 });
  });

  it('unknown fields and empty wishes – are no reason to refuse', async () => {
    app = await RunningApp.start();
    await app.ok({
      cmd: 'sessions.create',
      session: 'x',
      endpoint: 'sessions.create',
      apiKey: 'k',
      userId: 3,
      headless: true,
      geoip: null,
      datacenter: false,
      whitelistedDomains: [],
      autoparse: null,
    });
  });

  it('solving fields – have no effect, and the reply says so', async () => {
    app = await RunningApp.start();
    const reply = await app.ok({
      cmd: 'sessions.create',
      cloudflareBypass: true,
      automaticallySolveCaptchas: 'true',
      kasadaBypass: false,
    });
    expect(reply.warnings).toHaveLength(2);
    expect(reply.warnings[0]).toContain('`cloudflareBypass` has no effect');
  });
});
