import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FakeEngine } from '../support/fake-engine.js';
import { Origin } from '../support/origin.js';
import { TestProxy } from '../support/proxies.js';
import { type Answer, RunningApp } from '../support/start-app.js';

const origin = new Origin();
const engine = new FakeEngine();
const good = new TestProxy({ kind: 'http' });
const other = new TestProxy({ kind: 'http' });
const credentials = { username: 'user', password: 'secret' };
const locked = new TestProxy({ kind: 'http', credentials });
let app: RunningApp;
let dead: string;

beforeAll(async () => {
  await Promise.all([origin, good, other, locked].map((peer) => peer.start()));
  const gone = new TestProxy({ kind: 'http' });
  await gone.start();
  dead = gone.url();
  await gone.close();
  app = await RunningApp.start({ MOORING_PROXY_CHECK_TARGET: `127.0.0.1:${origin.port}` }, engine);
});
afterAll(async () => {
  await app.close();
  await Promise.all([origin, good, other, locked].map((peer) => peer.close()));
});
beforeEach(() => {
  for (const proxy of [good, other, locked]) proxy.mood = 'alive';
});

/** An address of the origin that nobody else asks for. */
const somewhere = (): string => `${origin.url}/?${randomUUID()}`;
const arrived = (url: string): boolean => origin.count(url.slice(origin.url.length)) > 0;
const through = (url: string): TestProxy | undefined =>
  [good, other, locked].find((proxy) => proxy.requests.includes(url));
/** Whether the origin was asked for it on a connection that came through no proxy. */
const wentDirectly = (url: string): boolean => arrived(url) && through(url) === undefined;

async function flare(body: Record<string, unknown>): Promise<Answer> {
  const response = await fetch(`${app.url}/v1`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** The request gets that failure, is told what to do, and nothing is sent. */
async function expectBarred(session: string, code: string, fields: Record<string, unknown> = {}): Promise<void> {
  const url = somewhere();
  const opened = engine.opened;
  const error = await app.fails(code, { cmd: 'request.get', session, url, ...fields });
  expect(error).toMatch(new RegExp(`That was the answer at .*session ${session} .*\`sessions.create\``));
  expect(arrived(url)).toBe(false);
  expect(engine.opened).toBe(opened);
}

describe('a session that could not be opened as it was asked for', () => {
  it.each([
    ['a dead proxy', () => ({ proxy: dead }), 'CODE-0019'],
    ['a proxy that wants other credentials', () => ({ proxy: locked.url() }), 'CODE-0005'],
    ['a proxy that cannot be read', () => ({ proxy: 'ftp://127.0.0.1:1' }), 'INVALID_PARAMETER'],
    ['a proxy that is no text', () => ({ proxy: 7 }), 'INVALID_PARAMETER'],
    ['a proxy beside noProxy', () => ({ proxy: good.url(), noProxy: true }), 'INVALID_PARAMETER'],
    ['an option that cannot be read', () => ({ session_ttl: 'soon', proxy: good.url() }), 'INVALID_PARAMETER'],
    ['a country that is none', () => ({ proxyCountry: 'Atlantis' }), 'INVALID_PARAMETER'],
    [
      'an identity that is impossible',
      () => ({ browser: 'safari', operatingSystem: 'windows' }),
      'IDENTITY_IMPOSSIBLE',
    ],
  ])('sessions.create with %s – requests get that again until a create succeeds', async (_what, options, code) => {
    const session = randomUUID();
    const { body } = await app.send({ cmd: 'sessions.create', session, ...options() });
    expect(body).toMatchObject({ code, session });
    await expectBarred(session, code);
    await expectBarred(session, code, { requestType: 'request' });
    await app.ok({ cmd: 'sessions.destroy', session });
    await expectBarred(session, code);
    await app.ok({ cmd: 'sessions.create', session });
    await app.ok({ cmd: 'request.get', session, url: somewhere() });
  });

  it.each([
    ['request.get', (session: string) => ({ cmd: 'request.get', session, url: somewhere(), proxy: dead })],
    [
      'request.batch',
      (session: string) => ({ cmd: 'request.batch', session, requests: [{ url: somewhere() }], proxy: dead }),
    ],
    ['sessions.proxy', (session: string) => ({ cmd: 'sessions.proxy', session, proxy: dead })],
    [
      'a request with mustExist',
      (session: string) => ({ cmd: 'request.get', session, url: somewhere(), proxy: dead, mustExist: true }),
    ],
    [
      'a request to a forbidden place',
      (session: string) => ({ cmd: 'request.get', session, url: 'http://169.254.169.254/', proxy: good.url() }),
    ],
    [
      'a request that cannot be read',
      (session: string) => ({ cmd: 'request.get', session, url: 'nowhere', Proxi: good.url() }),
    ],
    [
      'a batch with the proxy in the wrong place',
      (session: string) => ({ cmd: 'request.batch', session, requests: [{ url: somewhere(), proxy: good.url() }] }),
    ],
  ])('%s that fails on an ID that was never seen – nothing goes out without a proxy', async (_what, command) => {
    const session = randomUUID();
    const { body } = await app.send(command(session));
    expect(body).toMatchObject({ data: 'error', session });
    await expectBarred(session, body.code);
  });

  it('request.batch – gets it too', async () => {
    const session = randomUUID();
    await app.fails('CODE-0019', { cmd: 'sessions.create', session, proxy: dead });
    const url = somewhere();
    await app.fails('CODE-0019', { cmd: 'request.batch', session, requests: [{ url }] });
    expect(arrived(url)).toBe(false);
  });

  it('a request that names the proxy itself – may go on, through that', async () => {
    const session = randomUUID();
    await app.fails('CODE-0019', { cmd: 'sessions.create', session, proxy: dead });
    await app.fails('CODE-0019', { cmd: 'request.get', session, url: somewhere(), proxy: dead });
    const [first, second] = [somewhere(), somewhere()];
    const reply = await app.ok({ cmd: 'request.get', session, url: first, proxy: good.url() });
    expect(reply.created).toBe(true);
    await app.ok({ cmd: 'request.get', session, url: second });
    expect([through(first), through(second)]).toEqual([good, good]);
  });

  it('a request that says noProxy – goes directly, as it says', async () => {
    const session = randomUUID();
    await app.fails('CODE-0019', { cmd: 'sessions.create', session, proxy: dead });
    const url = somewhere();
    await app.ok({ cmd: 'request.get', session, url, noProxy: true });
    expect(wentDirectly(url)).toBe(true);
  });

  it('an implicit session without a proxy that found no room – the same request may try again', async () => {
    const small = await RunningApp.start({ MOORING_MAX_SESSIONS: '1' });
    await small.ok({ cmd: 'sessions.create', session: 'a' });
    await small.fails('CODE-0001', { cmd: 'request.get', session: 'plain', url: somewhere(), timeout: 100 });
    const proxied = { cmd: 'request.get', session: 'proxied', url: somewhere(), timeout: 100, proxy: good.url() };
    await small.fails('CODE-0001', proxied);
    await small.ok({ cmd: 'sessions.destroy', session: 'a' });
    await small.fails('CODE-0001', { cmd: 'request.get', session: 'proxied', url: somewhere() });
    await small.ok({ cmd: 'request.get', session: 'plain', url: somewhere(), closeAfterUse: true });
    await small.ok({ ...proxied, timeout: 10_000 });
    await small.close();
  });

  it('the FlareSolverr dialect – the same', async () => {
    const session = randomUUID();
    expect((await flare({ cmd: 'sessions.create', session, proxy: { url: dead } })).body.status).toBe('error');
    const url = somewhere();
    expect((await flare({ cmd: 'request.get', session, url })).body.message).toContain('CODE-0019');
    const bad = randomUUID();
    expect((await flare({ cmd: 'sessions.create', session: bad, proxy: 7 })).body.status).toBe('error');
    expect((await flare({ cmd: 'request.get', session: bad, url })).body.message).toContain('`proxy`');
    expect(arrived(url)).toBe(false);
  });

  it('a caller that goes before its create is over – the session counts as one that failed', async () => {
    const session = randomUUID();
    good.mood = 'silent';
    const asked = good.requests.length;
    const caller = new AbortController();
    const gone = app
      .send({ cmd: 'sessions.create', session, proxy: good.url() }, { signal: caller.signal })
      .catch(() => 'gone');
    await expect.poll(() => good.requests.length).toBeGreaterThan(asked);
    caller.abort();
    await gone;
    await expect.poll(async () => (await app.ok({ cmd: 'sessions.active', session })).active).toBe(false);
    await expectBarred(session, 'CODE-0026');
  });

  it('an ID that the caller did not give – is not told by a failure', async () => {
    for (const cmd of ['sessions.create', 'request.get']) {
      const { body } = await app.send({ cmd, url: somewhere(), proxy: dead });
      expect(body.code).toBe('CODE-0019');
      expect(body).not.toHaveProperty('session');
    }
    const reset = await app.send({ cmd: 'request.get', url: `${origin.url}/reset` });
    expect(reset.body.code).toBe('CODE-0006');
    expect(reset.body).not.toHaveProperty('session');
  });

  it('another key – does not know of it', async () => {
    const session = randomUUID();
    await app.fails('CODE-0019', { cmd: 'sessions.create', session, proxy: dead }, { key: 'one' });
    await app.ok({ cmd: 'request.get', session, url: somewhere() }, { key: 'two' });
  });
});

describe('an open session that is to get a proxy and does not', () => {
  it.each([
    [
      'sessions.create',
      (session: string) => ({ cmd: 'sessions.create', session, proxy: good.url() }),
      'SESSION_EXISTS',
    ],
    ['sessions.proxy', (session: string) => ({ cmd: 'sessions.proxy', session, proxy: dead }), 'CODE-0019'],
    ['a request', (session: string) => ({ cmd: 'request.get', session, url: somewhere(), proxy: dead }), 'CODE-0019'],
    [
      'a request that cannot be read',
      (session: string) => ({ cmd: 'request.get', session, url: somewhere(), proxy: 7 }),
      'INVALID_PARAMETER',
    ],
  ])('%s fails on a direct one – it is not used directly by who does not say so', async (_what, command, code) => {
    const session = randomUUID();
    await app.ok({ cmd: 'sessions.create', session });
    await app.fails(code, command(session));
    await expectBarred(session, code);
    await expectBarred(session, code, { proxy: good.url(), dontChangeProxy: true });
    const url = somewhere();
    await app.ok({ cmd: 'request.get', session, url, proxy: good.url() });
    expect(through(url)).toBe(good);
  });

  it('sessions.create without a word of it – and the direct one goes on', async () => {
    const session = randomUUID();
    await app.ok({ cmd: 'sessions.create', session });
    await app.fails('CODE-0019', { cmd: 'sessions.proxy', session, proxy: dead });
    await app.ok({ cmd: 'sessions.create', session });
    await app.ok({ cmd: 'request.get', session, url: somewhere() });
  });

  it('a request behind it in the lane – is not sent directly either', async () => {
    const session = randomUUID();
    await app.ok({ cmd: 'sessions.create', session });
    const before = `${origin.url}/hang?${session}`;
    const running = app.send({ cmd: 'request.get', session, url: before, timeout: 1000 });
    await expect.poll(() => arrived(before)).toBe(true);
    const url = somewhere();
    const failing = app.send({ cmd: 'request.get', session, url: somewhere(), proxy: dead });
    await expect.poll(async () => (await rowOf(session)).waiting).toBe(1);
    const behind = app.send({ cmd: 'request.get', session, url });
    await Promise.all([running, failing]);
    expect((await behind).body.code).toBe('CODE-0019');
    expect(arrived(url)).toBe(false);
  });

  it('one with a proxy – stays on that', async () => {
    const session = randomUUID();
    await app.ok({ cmd: 'sessions.create', session, proxy: good.url() });
    await app.fails('CODE-0019', { cmd: 'request.get', session, url: somewhere(), proxy: dead });
    await app.fails('SESSION_EXISTS', { cmd: 'sessions.create', session, proxy: dead });
    const url = somewhere();
    await app.ok({ cmd: 'request.get', session, url });
    expect(through(url)).toBe(good);
  });
});

describe('a session with a proxy of its own that has ended', () => {
  it('no create made it – a request that names no proxy does not open it afresh', async () => {
    const session = randomUUID();
    await app.ok({ cmd: 'request.get', session, url: somewhere(), proxy: good.url(), closeAfterUse: true });
    const url = somewhere();
    const error = await app.fails('SESSION_ENDED', { cmd: 'request.get', session, url });
    expect(error).toContain('It had a proxy of its own, and this request names none');
    expect(arrived(url)).toBe(false);
    const reply = await app.ok({ cmd: 'request.get', session, url, proxy: other.url() });
    expect(reply.created).toBe(true);
    expect(through(url)).toBe(other);
  });

  it('moved there by a request – the same', async () => {
    const session = randomUUID();
    await app.ok({ cmd: 'request.get', session, url: somewhere() });
    await app.ok({ cmd: 'request.get', session, url: somewhere(), proxy: good.url() });
    await app.ok({ cmd: 'sessions.destroy', session });
    await app.fails('SESSION_ENDED', { cmd: 'request.get', session, url: somewhere() });
  });
});

const rowOf = async (session: string) =>
  (await app.ok({ cmd: 'sessions.list' })).sessions.find((row: { session: string }) => row.session === session);

interface Step {
  readonly kind:
    | 'create'
    | 'request'
    | 'batch'
    | 'proxy'
    | 'destroy'
    | 'flare-create'
    | 'flare-request'
    | 'flare-destroy';
  readonly session: number;
  readonly upstream: 'none' | 'good' | 'other' | 'dead' | 'locked' | 'unreadable' | 'misspelt' | 'noProxy';
  readonly closeAfterUse: boolean;
}

const steps = fc.array(
  fc.array(
    fc.record<Step>({
      kind: fc.constantFrom(
        'create',
        'request',
        'request',
        'request',
        'batch',
        'proxy',
        'destroy',
        'flare-create',
        'flare-request',
        'flare-destroy',
      ),
      session: fc.nat(1),
      upstream: fc.constantFrom(
        'none',
        'none',
        'none',
        'good',
        'other',
        'dead',
        'locked',
        'unreadable',
        'misspelt',
        'noProxy',
      ),
      closeAfterUse: fc.boolean(),
    }),
    { minLength: 1, maxLength: 2 },
  ),
  { minLength: 2, maxLength: 12 },
);

function upstreamFields(upstream: Step['upstream']): Record<string, unknown> {
  switch (upstream) {
    case 'good':
      return { proxy: good.url() };
    case 'other':
      return { proxy: other.url() };
    case 'dead':
      return { proxy: dead };
    case 'locked':
      return { proxy: locked.url({ ...credentials, password: 'wrong' }) };
    case 'unreadable':
      return { proxy: 'proxy.example:1' };
    case 'misspelt':
      return { prxy: good.url(), url: 'unreadable too' };
    case 'noProxy':
      return { noProxy: true };
    default:
      return {};
  }
}

describe('any sequence of commands', () => {
  it('once a command has named a proxy – no request goes around it, unless a command says so', async () => {
    let checked = 0;
    const run = async (groups: readonly (readonly Step[])[]): Promise<void> => {
      const ids = [randomUUID(), randomUUID()];
      /** The IDs for which a proxy was named last. */
      const bound = new Set<string>();
      for (const group of groups) {
        const done = await Promise.all(
          group.map(async (step) => {
            const session = ids[step.session] ?? '';
            const urls = [somewhere(), somewhere()];
            const fields = { session, ...upstreamFields(step.upstream) };
            const flareFields = { ...fields, ...('proxy' in fields ? { proxy: { url: fields.proxy } } : {}) };
            const { closeAfterUse } = step;
            const byKind: Record<Step['kind'], () => Promise<Answer>> = {
              create: () =>
                app.send({ cmd: 'sessions.create', ...fields, session_ttl: step.upstream === 'misspelt' ? 'x' : 60 }),
              request: () => app.send({ cmd: 'request.get', url: urls[0], closeAfterUse, ...fields }),
              batch: () =>
                app.send({
                  cmd: 'request.batch',
                  requests: urls.map((url) => ({ url })),
                  closeAfterUse,
                  ...fields,
                  ...(step.upstream === 'misspelt' ? { requests: [{ url: 'unreadable' }] } : {}),
                }),
              proxy: () => app.send({ cmd: 'sessions.proxy', ...fields }),
              destroy: () => app.send({ cmd: 'sessions.destroy', session }),
              'flare-create': () => flare({ cmd: 'sessions.create', ...flareFields }),
              'flare-request': () => flare({ cmd: 'request.get', url: urls[0], ...flareFields }),
              'flare-destroy': () => flare({ cmd: 'sessions.destroy', session }),
            };
            const { body } = await byKind[step.kind]();
            const succeeded = body.data === 'success' || body.status === 'ok';
            const hasUpstream = !['destroy', 'flare-destroy'].includes(step.kind);
            const isName = !['none', 'noProxy'].includes(step.upstream);
            const names = hasUpstream && isName;
            const isOpening = step.kind === 'create' || step.kind === 'flare-create';
            // The dialect has no `noProxy`.
            const saysDirect = step.upstream === 'noProxy' && hasUpstream && step.kind !== 'flare-request';
            const frees = succeeded && !names && (isOpening || saysDirect);
            return { session, urls, names, frees };
          }),
        );
        for (const session of ids) {
          const own = done.filter((one) => one.session === session);
          const isFree = own.some(({ frees }) => frees);
          for (const { urls, names } of own) {
            // Of two at once nobody can say which came first.
            if (isFree || !(names || (bound.has(session) && own.every((one) => one.names === names)))) continue;
            checked += 1;
            expect(urls.filter(wentDirectly)).toEqual([]);
          }
          if (isFree) bound.delete(session);
          else if (own.some(({ names }) => names)) bound.add(session);
        }
      }
      await Promise.all(ids.map((session) => app.send({ cmd: 'sessions.destroy', session })));
    };
    await fc.assert(fc.asyncProperty(steps, run), { seed: 20_261_124, numRuns: 60 });
    expect(checked).toBeGreaterThan(100);
  }, 120_000);
});
