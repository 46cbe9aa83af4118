import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { covers } from '../support/covers.js';
import { FakeEngine } from '../support/fake-engine.js';
import { FrailStore } from '../support/frail-store.js';
import { Origin } from '../support/origin.js';
import { TestProxy } from '../support/proxies.js';
import { RunningApp } from '../support/start-app.js';

const origin = new Origin();
let app: RunningApp;
let engine: FakeEngine;
let store: FrailStore;

const proxy = new TestProxy({ kind: 'http' });
let folder: string;

beforeAll(async () => {
  await Promise.all([origin.start(), proxy.start()]);
  folder = mkdtempSync(join(tmpdir(), 'lasting-'));
  return async () => {
    await Promise.all([origin.close(), proxy.close()]);
    rmSync(folder, { recursive: true });
  };
});
beforeEach(() => {
  engine = new FakeEngine();
  store = new FrailStore();
});
afterEach(() => app?.close());

const start = async (settings: Record<string, string> = {}): Promise<void> => {
  app = await RunningApp.startWith({ settings, engine, store });
};
/** The server is stopped, and another one begins with what it kept. */
const restart = async (settings: Record<string, string> = {}): Promise<void> => {
  await app.close();
  engine = new FakeEngine();
  await start(settings);
};
const crash = (): void => {
  for (const context of [...engine.contexts]) context.crash();
};
const get = (session: string, more: object = {}) => ({
  cmd: 'request.get',
  session,
  url: `${origin.url}/set-cookie`,
  ...more,
});
const rowOf = async (session: string) =>
  (await app.ok({ cmd: 'sessions.list' })).sessions.find((row: { session: string }) => row.session === session);
const cookieNames = (reply: { solution: { cookies: { name: string }[] } }): string[] =>
  reply.solution.cookies.map(({ name }) => name);
const until = async (isSo: () => Promise<boolean>): Promise<void> => {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 20));
};

describe('a browser that crashes', () => {
  it('the next request finds the session in another one, once told so', async () => {
    await start();
    await app.ok({ cmd: 'sessions.create', session: 'x' });
    const names = cookieNames(await app.ok(get('x')));
    expect(names.length).toBeGreaterThan(0);
    await until(async () => (await rowOf('x')).state === 'open');
    crash();
    expect(await rowOf('x')).toMatchObject({ state: 'asleep', persist: false });
    expect((await app.ok({ cmd: 'sessions.active', session: 'x' })).active).toBe(true);
    const reply = await app.ok({ ...get('x'), url: `${origin.url}/` });
    expect(reply).toMatchObject({ restored: true, stateAgeMs: expect.any(Number) });
    expect(reply.created).toBeUndefined();
    expect(cookieNames(reply)).toEqual(names);
    expect((await app.ok(get('x'))).restored).toBeUndefined();
  });

  it('keepSamePage – the page is gone to again', async () => {
    await start();
    const shown = await app.ok(get('x', { url: `${origin.url}/` }));
    await until(async () => (await rowOf('x')).state === 'open');
    crash();
    const reply = await app.ok({ cmd: 'request.get', session: 'x', keepSamePage: true });
    expect(reply.restored).toBe(true);
    expect(reply.solution.currentUrl).toBe(shown.solution.currentUrl);
  });

  it('a page that came by POST is not posted again', async () => {
    await start();
    await app.ok({ cmd: 'request.post', session: 'x', url: `${origin.url}/echo`, postData: 'a=1' });
    await until(async () => (await rowOf('x')).state === 'open');
    crash();
    const seen = origin.seen.length;
    const error = await app.fails('INVALID_PARAMETER', { cmd: 'request.get', session: 'x', keepSamePage: true });
    expect(error).toContain('came by POST and was not sent again');
    expect(origin.seen.length).toBe(seen);
  });

  it('three times in a row under its own requests – it ends', async () => {
    await start();
    await app.ok({ cmd: 'sessions.create', session: 'x' });
    for (const code of ['CODE-0026', 'CODE-0026', 'SESSION_ENDED']) {
      const running = app.send({ cmd: 'request.get', session: 'x', url: `${origin.url}/hang`, timeout: 20_000 });
      await until(async () => (await rowOf('x'))?.state === 'busy' && engine.contexts.size > 0);
      crash();
      expect((await running).body.code).toBe(code);
    }
    expect(await app.fails('SESSION_ENDED', get('x'))).toContain('(crashed:');
  });

  it('requests that wait for their turn are run in the new browser', async () => {
    await start();
    await app.ok({ cmd: 'sessions.create', session: 'x' });
    const first = app.send({ cmd: 'request.get', session: 'x', url: `${origin.url}/hang`, timeout: 20_000 });
    await until(async () => (await rowOf('x')).state === 'busy');
    const others = [1, 2].map(() => app.ok(get('x')));
    await until(async () => (await rowOf('x')).waiting === 2);
    crash();
    expect((await first).body.code).toBe('CODE-0026');
    expect((await Promise.all(others)).map(({ restored }) => restored)).toEqual([true, undefined]);
  });
});

describe('a browser of old age', () => {
  it('a session that rests moves to another one; one that does not stays', async () => {
    await start({ MOORING_PAUSE_AFTER: '100ms' });
    await app.ok(get('x'));
    const names = cookieNames(await app.ok(get('x')));
    await app.ok(get('y', { keepRunning: true }));
    for (const context of [...engine.contexts]) context.retire();
    await until(async () => (await rowOf('x')).state === 'asleep');
    expect((await rowOf('y')).state).not.toBe('asleep');
    const reply = await app.ok({ cmd: 'request.get', session: 'x', keepSamePage: true });
    expect(reply).toMatchObject({ restored: true, solution: { currentUrl: `${origin.url}/set-cookie` } });
    expect(cookieNames(reply)).toEqual(names);
  });
});

describe('room', () => {
  it('a number of sessions – one that is to last and rests makes room, another one does not', async () => {
    await start({ MOORING_MAX_SESSIONS: '1', MOORING_PAUSE_AFTER: '50ms', MOORING_QUEUE_TIMEOUT: '300ms' });
    await app.ok(get('x', { persist: true }));
    await app.ok(get('y'));
    expect((await rowOf('x')).state).toBe('asleep');
    const refused = await app.fails('CODE-0001', { cmd: 'sessions.create', session: 'z' });
    expect(refused).toContain('it was the first that waited');
    const woken = app.ok(get('x', { timeout: 20_000 }));
    await until(async () => (await app.get('/metrics')).text.includes('mooring_sessions{state="queued"} 1'));
    await app.ok({ cmd: 'sessions.destroy', session: 'y' });
    expect((await woken).restored).toBe(true);
  });
});

describe('persist', () => {
  it('idle – it falls asleep, and wakes with the next request or create', async () => {
    covers('create', 'persist');
    await start();
    const made = await app.ok({ cmd: 'sessions.create', session: 'x', persist: true, session_ttl: 1 });
    expect(made.warnings).toEqual([expect.stringContaining('MOORING_STATE_KEY')]);
    const names = cookieNames(await app.ok(get('x')));
    await until(async () => (await rowOf('x')).state === 'asleep');
    expect(engine.contexts.size).toBe(0);
    const reply = await app.ok(get('x', { url: `${origin.url}/` }));
    expect(reply.restored).toBe(true);
    expect(cookieNames(reply)).toEqual(names);
    await until(async () => (await rowOf('x')).state === 'asleep');
    const again = await app.ok({ cmd: 'sessions.create', session: 'x', persist: true });
    expect(again).toMatchObject({
      restored: true,
      context: made.context,
      fingerprint: { userAgent: made.fingerprint.userAgent },
    });
  });

  it('on a request – opens one that lasts, or lets an open one last from then on', async () => {
    covers('request', 'persist');
    await start();
    await app.ok(get('x', { persist: true }));
    await app.ok(get('y'));
    await app.ok(get('y', { persist: true }));
    await app.ok(get('z'));
    await restart();
    expect(
      (await app.ok({ cmd: 'sessions.list' })).sessions.map(({ session }: { session: string }) => session).sort(),
    ).toEqual(['x', 'y']);
  });

  it('over a restart – the same session, with its options, bytes and age', async () => {
    await start();
    await app.ok({
      cmd: 'sessions.create',
      session: 'x',
      persist: true,
      session_ttl: 77,
      blackListedDomains: ['evil.test'],
    });
    const names = cookieNames(await app.ok(get('x')));
    const before = await rowOf('x');
    await restart();
    expect(await rowOf('x')).toMatchObject({ state: 'asleep', createdAt: before.createdAt, bytesIn: before.bytesIn });
    await app.fails('SESSION_EXISTS', { cmd: 'sessions.create', session: 'x', session_ttl: 78 });
    const reply = await app.ok(get('x', { url: `${origin.url}/`, mustExist: true }));
    expect(reply).toMatchObject({ restored: true });
    expect(cookieNames(reply)).toEqual(names);
    await app.ok({ cmd: 'sessions.create', session: 'x', session_ttl: 77, blackListedDomains: ['evil.test'] });
    expect((await rowOf('x')).bytesIn).toBeGreaterThanOrEqual(before.bytesIn);
  });

  it('killed without a word – what an answer acknowledged is there', async () => {
    await start();
    await app.ok({ cmd: 'sessions.create', session: 'x', persist: true });
    const names = cookieNames(await app.ok(get('x')));
    const killed = app;
    const copy = store.copy();
    await killed.close();
    store = copy;
    engine = new FakeEngine();
    await start();
    expect(cookieNames(await app.ok(get('x', { url: `${origin.url}/` })))).toEqual(names);
  });

  it('destroyed – nothing of it is left, awake or asleep', async () => {
    await start();
    await app.ok({ cmd: 'sessions.create', session: 'x', persist: true });
    await app.ok({ cmd: 'sessions.create', session: 'y', persist: true, session_ttl: 1 });
    await until(async () => (await rowOf('y')).state === 'asleep');
    for (const session of ['x', 'y']) await app.ok({ cmd: 'sessions.destroy', session });
    expect(await app.fails('SESSION_ENDED', get('y'))).toContain('(destroyed:');
    await restart();
    expect((await app.ok({ cmd: 'sessions.list' })).sessions).toEqual([]);
  });

  it('destroyed while its state is taken – it does not come back', async () => {
    await start();
    await app.ok({ cmd: 'sessions.create', session: 'x', persist: true });
    const before = origin.count('/set-cookie');
    let take = (): void => {};
    for (const context of engine.contexts) {
      context.captureGate = new Promise((resolve) => {
        take = resolve;
      });
    }
    const running = app.send(get('x'));
    await until(async () => origin.count('/set-cookie') > before);
    await new Promise((resolve) => setTimeout(resolve, 100)); // its state is being taken
    await app.ok({ cmd: 'sessions.destroy', session: 'x' });
    take();
    expect((await running).body.code).toBe('SESSION_ENDED');
    await restart();
    expect((await app.ok({ cmd: 'sessions.list' })).sessions).toEqual([]);
  });

  it('MOORING_PERSIST_TTL – ends one that sleeps for so long', async () => {
    await start({ MOORING_PERSIST_TTL: '1500ms' });
    await app.ok({ cmd: 'sessions.create', session: 'x', persist: true, session_ttl: 1 });
    await until(async () => (await rowOf('x')) === undefined);
    expect(await app.fails('SESSION_ENDED', get('x'))).toContain('(idle:');
  });

  it('a store that is slow – a request is answered in its own time', async () => {
    await start();
    await app.ok({ cmd: 'sessions.create', session: 'x', persist: true });
    let go = (): void => {};
    store.gate = new Promise((resolve) => {
      go = resolve;
    });
    expect((await app.send(get('x', { timeout: 800 }))).body.code).toBe('CODE-0025');
    go();
    expect((await app.ok(get('x'))).restored).toBeUndefined();
  });

  it('a store that fails – the command is told, and the session stays', async () => {
    await start();
    await app.ok({ cmd: 'sessions.create', session: 'x', persist: true });
    store.failWrites('the disk is full');
    expect(await app.fails('STATE_NOT_KEPT', get('x'))).toContain('the disk is full');
    store.failWrites(undefined);
    expect((await app.ok(get('x', { mustExist: true }))).restored).toBeUndefined();
  });

  it('an origin that cannot be read – the reply does not acknowledge what it has stored, and the session stays awake', async () => {
    await start();
    await app.ok({ cmd: 'sessions.create', session: 'x', persist: true, session_ttl: 1 });
    const [context] = engine.contexts;
    if (!context) throw new Error('expected a context');
    context.unread = ['https://a.test'];
    expect(await app.fails('STATE_NOT_KEPT', get('x'))).toContain('https://a.test');
    await until(async () => (await rowOf('x')).idleMs > 2000);
    expect((await rowOf('x')).state).toBe('open');
    context.unread = [];
    await app.ok(get('x', { mustExist: true }));
    await until(async () => (await rowOf('x')).state === 'asleep');
  });

  describe('its newest record is damaged', () => {
    const damaged = expect.stringContaining('newest state of the session could not be read (its body was changed)');
    beforeEach(async () => {
      await start();
      await app.ok({ cmd: 'sessions.create', session: 'x', persist: true, session_ttl: 1 });
      const read = store.read.bind(store);
      let isDamaged = true;
      store.read = async (...of) => {
        const stored = await read(...of);
        if (!stored || !isDamaged) return stored;
        isDamaged = false;
        return { ...stored, damage: 'its body was changed' };
      };
      await restart();
    });
    const expectToldOnce = async (): Promise<void> => {
      expect((await app.ok(get('x'))).warnings).toContainEqual(damaged);
      crash();
      expect((await app.ok(get('x'))).warnings ?? []).not.toContainEqual(damaged);
      await until(async () => (await rowOf('x')).state === 'asleep');
      expect((await app.ok(get('x'))).warnings ?? []).not.toContainEqual(damaged);
    };

    it('its browser crashes before that was told – it is told with the next reply', async () => {
      const running = app.send({ cmd: 'request.get', session: 'x', url: `${origin.url}/hang`, timeout: 20_000 });
      await until(async () => (await rowOf('x'))?.state === 'busy' && engine.contexts.size > 0);
      crash();
      expect((await running).body.code).toBe('CODE-0026');
      await expectToldOnce();
    });

    it('the request that woke it fails, and it sleeps again – it is told with the next reply', async () => {
      await app.fails('CODE-0025', { cmd: 'request.get', session: 'x', url: `${origin.url}/hang`, timeout: 500 });
      await until(async () => (await rowOf('x')).state === 'asleep');
      await expectToldOnce();
    });

    it('the server ends before that was told – it is told with the next reply', async () => {
      await app.fails('CODE-0025', { cmd: 'request.get', session: 'x', url: `${origin.url}/hang`, timeout: 500 });
      await restart();
      await expectToldOnce();
    });

    it('it is exported, or copied – the reply says so', async () => {
      const read = store.read.bind(store);
      store.read = async (...of) => {
        const stored = await read(...of);
        return stored && { ...stored, damage: 'its body was changed' };
      };
      const fork = { cmd: 'sessions.fork', session: 'x', newSession: 'copy' };
      for (const command of [{ cmd: 'sessions.export', session: 'x' }, fork])
        expect((await app.ok(command)).warnings, command.cmd).toContainEqual(damaged);
    });
  });

  it('as many as may sleep – no more are taken in, those that are there wake, and one that is destroyed makes room', async () => {
    app = await RunningApp.startWith({ settings: { MOORING_API_KEYS: 'a,b' }, engine, store, keptLimit: 5 });
    const create = (session: string, key = 'a') =>
      app.send({ cmd: 'sessions.create', session, persist: true, session_ttl: 1 }, { key });
    for (const session of ['1', '2', '3', '4']) expect((await create(session)).body.data).toBe('success');
    const states = async () =>
      (await app.ok({ cmd: 'sessions.list' }, { key: 'a' })).sessions.map(({ state }: { state: string }) => state);
    await until(async () => (await states()).every((state: string) => state === 'asleep'));
    const { body } = await create('5');
    expect([body.code, body.error]).toEqual(['CODE-0029', expect.stringContaining('4 of them of this key (of 4)')]);
    expect((await create('1')).body).toMatchObject({ data: 'success', restored: true });
    expect((await create('1', 'b')).body.data).toBe('success');
    await app.ok({ cmd: 'sessions.destroy', session: '2' }, { key: 'a' });
    expect((await create('5')).body.data).toBe('success');
  });

  it('owners – each has its own', async () => {
    await start({ MOORING_API_KEYS: 'a,b' });
    await app.ok({ cmd: 'sessions.create', session: 'x', persist: true }, { key: 'a' });
    await restart({ MOORING_API_KEYS: 'a,b' });
    expect((await app.ok({ cmd: 'sessions.active', session: 'x' }, { key: 'b' })).active).toBe(false);
    expect((await app.ok({ cmd: 'sessions.active', session: 'x' }, { key: 'a' })).active).toBe(true);
  });
});

describe('export, import, fork', () => {
  it('export – gives the state of an open session and of one that sleeps, which sleeps on', async () => {
    covers('command', 'sessions.export');
    await start();
    await app.ok({ cmd: 'sessions.create', session: 'x', persist: true, session_ttl: 1 });
    await app.ok(get('x'));
    const open = (await app.ok({ cmd: 'sessions.export', session: 'x' })).solution.state;
    expect(open).toMatchObject({ version: 1, url: expect.stringContaining(origin.url), method: 'GET' });
    expect(open.storageState.cookies.length).toBeGreaterThan(0);
    await until(async () => (await rowOf('x')).state === 'asleep');
    const asleep = (await app.ok({ cmd: 'sessions.export', session: 'x' })).solution.state;
    expect(asleep.storageState).toEqual(open.storageState);
    expect((await rowOf('x')).state).toBe('asleep');
    await app.fails('SESSION_ENDED', { cmd: 'sessions.export', session: 'nobody' });
  });

  it('export, fork – of a browser that gives no state, or not all of it – fail, and say so', async () => {
    await start();
    await app.ok({ cmd: 'sessions.create', session: 'x' });
    const [context] = engine.contexts;
    if (!context) throw new Error('expected a context');
    const give = context.captureState;
    context.captureState = () => Promise.reject(new Error('no answer'));
    const fail = async (): Promise<void> => {
      for (const cmd of ['sessions.export', 'sessions.fork'])
        expect(await app.fails('CODE-0026', { cmd, session: 'x' })).toContain('give the state of session x');
    };
    await fail();
    context.captureState = give;
    context.unread = ['https://a.test'];
    await fail();
    context.unread = [];
    await app.ok({ cmd: 'sessions.export', session: 'x' });
  });

  it('state – a new session begins with it; a plain storageState is taken too', async () => {
    covers('create', 'state');
    await start();
    await app.ok(get('x'));
    const { state } = (await app.ok({ cmd: 'sessions.export', session: 'x' })).solution;
    await app.ok({ cmd: 'sessions.create', session: 'y', state });
    await app.ok({ cmd: 'sessions.create', session: 'z', state: state.storageState });
    for (const session of ['y', 'z']) {
      const exported = (await app.ok({ cmd: 'sessions.export', session })).solution.state;
      expect(exported.storageState).toEqual(state.storageState);
    }
    const stays = await app.ok({ cmd: 'request.get', session: 'y', keepSamePage: true });
    expect(stays.solution.currentUrl).toBe(state.url);
    await app.fails('SESSION_EXISTS', { cmd: 'sessions.create', session: 'y', state });
  });

  it('fork – a copy that goes its own way', async () => {
    covers('command', 'sessions.fork');
    await start();
    const made = await app.ok({ cmd: 'sessions.create', session: 'x', session_ttl: 55 });
    const names = cookieNames(await app.ok(get('x')));
    const fork = await app.ok({ cmd: 'sessions.fork', session: 'x', newSession: 'y' });
    expect(fork).toMatchObject({
      session: 'y',
      forkedFrom: 'x',
      fingerprint: { userAgent: made.fingerprint.userAgent },
    });
    await app.ok({ cmd: 'sessions.destroy', session: 'x' });
    expect(cookieNames(await app.ok(get('y', { url: `${origin.url}/` })))).toEqual(names);
    await app.ok({ cmd: 'sessions.create', session: 'y', session_ttl: 55 });
    await app.fails('SESSION_EXISTS', { cmd: 'sessions.fork', session: 'y', newSession: 'y' });
    await app.fails('SESSION_ENDED', { cmd: 'sessions.fork', session: 'x' });
  });
});

describe('the way out of a session that wakes', () => {
  const pooled = (): Record<string, string> => {
    const path = join(folder, 'proxies.json');
    writeFileSync(path, JSON.stringify([{ url: proxy.url(), class: 'datacenter' }]));
    return { MOORING_PROXIES: path, MOORING_PROXY_CHECK: 'off' };
  };

  it('a proxy of the pool – is had again; without a pool the session stays asleep, and nothing goes out', async () => {
    await start(pooled());
    await app.ok(get('x', { persist: true }));
    await restart();
    const before = origin.count('/set-cookie');
    await app.fails('NO_MATCHING_PROXY', get('x'));
    expect([origin.count('/set-cookie'), (await rowOf('x')).state]).toEqual([before, 'asleep']);
    await restart(pooled());
    expect(await app.ok(get('x'))).toMatchObject({ restored: true });
    expect((await rowOf('x')).upstream).toBe('datacenter');
  });

  it('none – goes out directly again, though there is a pool by now', async () => {
    await start();
    await app.ok(get('x', { persist: true }));
    await restart(pooled());
    await app.ok(get('x'));
    expect((await rowOf('x')).upstream).toBe('direct');
  });

  it('a command with a proxy that fails – is remembered of a session that sleeps directly', async () => {
    await start();
    await app.ok({ cmd: 'sessions.create', session: 'x', persist: true, session_ttl: 1 });
    await until(async () => (await rowOf('x')).state === 'asleep');
    await app.fails('INVALID_PARAMETER', get('x', { proxy: 'ftp://127.0.0.1:1' }));
    await app.fails('INVALID_PARAMETER', get('x'));
  });

  it('moved – both records say so', async () => {
    await start({ MOORING_PROXY_CHECK: 'off' });
    await app.ok(get('x', { persist: true }));
    let writes = 0;
    store.onWrite = () => writes++;
    await app.ok({ cmd: 'sessions.proxy', session: 'x', proxy: proxy.url() });
    expect(writes).toBe(2);
    await app.ok(get('x'));
    expect(writes).toBe(3);
  });

  it('a browser that is not there any more – the session stays asleep', async () => {
    await start();
    await app.ok(get('x', { persist: true }));
    await app.close();
    class Other extends FakeEngine {
      override readonly info = { ...new FakeEngine().info, name: 'other' };
    }
    app = await RunningApp.startWith({ engine: new Other(), store });
    expect(await app.fails('IDENTITY_IMPOSSIBLE', get('x'))).toContain('ran on, fake;');
    expect((await rowOf('x')).state).toBe('asleep');
  });
});

describe('/admin/drain', () => {
  it('sessions that are to last fall asleep, the others end, and the report says when that is done', async () => {
    await start();
    await app.ok({ cmd: 'sessions.create', session: 'x', persist: true });
    await app.ok({ cmd: 'sessions.create', session: 'y' });
    expect((await app.get('/admin/drain')).body).toMatchObject({ draining: false, done: false, sessions: { open: 2 } });
    const begun = await fetch(`${app.url}/admin/drain`, { method: 'POST' });
    expect(await begun.json()).toMatchObject({ draining: true });
    await until(async () => (await app.get('/admin/drain')).body.done);
    const report = (await app.get('/admin/drain')).body;
    expect(report).toMatchObject({ running: 0, sessions: { open: 0, asleep: 1 }, elapsedMs: expect.any(Number) });
    expect((await app.send(get('x'))).status).toBe(503);
    await restart();
    expect((await app.ok(get('x'))).restored).toBe(true);
  });

  it('with keys – is for the first of them, or the one that is set for it', async () => {
    const drain = async (key: string) => (await fetch(`${app.url}/admin/drain?key=${key}`)).status;
    await start({ MOORING_API_KEYS: 'a,b' });
    expect([await drain('a'), await drain('b'), await drain('')]).toEqual([200, 401, 401]);
    await restart({ MOORING_API_KEYS: 'a,b', MOORING_ADMIN_KEY: 'c' });
    expect([await drain('a'), await drain('c')]).toEqual([401, 200]);
  });
});
