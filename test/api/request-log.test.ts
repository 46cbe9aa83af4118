import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { MooringError } from '../../src/errors.js';
import { FakeEngine } from '../support/fake-engine.js';
import { Origin } from '../support/origin.js';
import { RunningApp } from '../support/start-app.js';

const origin = new Origin();
beforeAll(() => origin.start());
afterAll(() => origin.close());

let app: RunningApp;
let written: string[];
afterEach(() => app.close());

async function start(settings: Record<string, string> = {}, engine = new FakeEngine()): Promise<void> {
  written = [];
  const env = { MOORING_LOG_LEVEL: 'info', MOORING_PRIVATE_NETWORKS: 'named', ...settings };
  app = await RunningApp.start(env, engine, undefined, written);
}

type Line = Record<string, unknown>;
const lines = (message: string): Line[] =>
  written.map((line) => JSON.parse(line) as Line).filter(({ msg }) => msg === message);

/** The lines of this many commands, once they are there. */
async function commandLines(count: number): Promise<Line[]> {
  await expect.poll(() => lines('command').length).toBe(count);
  return lines('command');
}

describe('the request log', () => {
  it('a command – one line: who, what, where to, how it ended, how long and how large', async () => {
    await start({ MOORING_API_KEYS: 'the-key' });
    const reply = await app.ok(
      { cmd: 'request.get', session: 'x', url: `${origin.url}/set-cookie?token=sesame` },
      { key: 'the-key' },
    );
    const [line] = await commandLines(1);
    expect(line).toMatchObject({
      level: 30,
      time: expect.any(Number),
      requestId: reply.requestId,
      owner: expect.stringMatching(/^[0-9a-f]{16}$/),
      command: 'request.get',
      session: 'x',
      host: '127.0.0.1',
      outcome: 'success',
      ms: expect.any(Number),
    });
    expect(line?.bytes).toBeGreaterThan(JSON.stringify(reply).length);
    expect(line).not.toHaveProperty('code');
    expect(written.join('')).not.toMatch(/the-key|token|sesame/);
  });

  it.each([
    [
      'an unknown command',
      '{"cmd":"sessions.explode","session":"x"}',
      { command: 'sessions.explode', code: 'CODE-0004' },
    ],
    ['no JSON', '{"cmd":', { code: 'INVALID_BODY' }],
    [
      'a command that fails',
      '{"cmd":"request.get","session":"x","url":"http://127.0.0.1:9/"}',
      { command: 'request.get', session: 'x', host: '127.0.0.1' },
    ],
    [
      'a bad field',
      '{"cmd":"request.get","session":"x","url":"nope"}',
      { command: 'request.get', session: 'x', code: 'INVALID_PARAMETER' },
    ],
    ['a name that is none', '{"cmd":"a secret","session":"a secret"}', { code: 'CODE-0004' }],
  ])('%s – is logged as an error with its code', async (_what, body, expected) => {
    await start();
    const { body: reply } = await app.send(body);
    expect(await commandLines(1)).toMatchObject([{ outcome: 'error', requestId: reply.requestId, ...expected }]);
    expect(written.join('')).not.toContain('a secret');
  });

  it('a wrong key, a wrong method – are logged; probes and documents are not', async () => {
    await start({ MOORING_API_KEYS: 'k' });
    for (const path of ['/livez', '/readyz', '/metrics', '/docs', '/openapi.json', '/', '/health', '/nowhere'])
      await app.get(path);
    await app.send({ cmd: 'sessions.list' }, { key: 'wrong' });
    await app.get('/api/v1?key=k');
    expect(await commandLines(2)).toMatchObject([
      { outcome: 'error', code: 'UNAUTHORIZED' },
      { outcome: 'error', code: 'METHOD_NOT_ALLOWED' },
    ]);
  });

  it('a caller that goes away – cancelled', async () => {
    await start();
    const controller = new AbortController();
    const sent = app
      .send({ cmd: 'request.get', session: 'x', url: `${origin.url}/hang` }, { signal: controller.signal })
      .catch(() => 'gone');
    await expect.poll(() => origin.count('/hang')).toBeGreaterThan(0);
    controller.abort();
    await sent;
    expect(await commandLines(1)).toMatchObject([{ command: 'request.get', session: 'x', outcome: 'cancelled' }]);
  });

  it('a stream of events – is logged with its outcome and its bytes', async () => {
    await start();
    const response = await fetch(`${app.url}/api/v1`, {
      method: 'POST',
      headers: { accept: 'text/event-stream', 'x-request-id': 'stream-1' },
      body: JSON.stringify({ cmd: 'request.get', session: 'x', url: `${origin.url}/` }),
    });
    const text = await response.text();
    expect(response.headers.get('x-request-id')).toBe('stream-1');
    expect(text).toContain('"requestId":"stream-1"');
    const [line] = await commandLines(1);
    expect(line).toMatchObject({ requestId: 'stream-1', outcome: 'success' });
    expect(line?.bytes).toBeGreaterThan(text.length);
  });

  it("FlareSolverr's dialect – is logged alike, and a key in its path is not", async () => {
    await start({ MOORING_API_KEYS: 'path-key' });
    for (const [path, body] of [
      ['/v1/path-key', { cmd: 'request.get', url: `${origin.url}/` }],
      ['/v1/path-key', { cmd: 'sessions.destroy', session: 'nowhere' }],
      ['/v1/wrong-key', { cmd: 'sessions.list' }],
      ['/v1/wrong-key/more', { cmd: 'sessions.list' }],
    ] as const) {
      await fetch(`${app.url}${path}`, { method: 'POST', body: JSON.stringify(body) });
    }
    expect(await commandLines(4)).toMatchObject([
      { command: 'request.get', host: '127.0.0.1', outcome: 'success' },
      { command: 'sessions.destroy', session: 'nowhere', outcome: 'error', code: 'INVALID_PARAMETER' },
      { outcome: 'error', code: 'UNAUTHORIZED' },
      { outcome: 'error', code: 'NOT_FOUND' },
    ]);
    expect(written.join('')).not.toMatch(/path-key|wrong-key/);
  });

  it('MOORING_REQUEST_LOG=off – no line', async () => {
    await start({ MOORING_REQUEST_LOG: 'off', MOORING_LOG_LEVEL: 'trace' });
    await app.ok({ cmd: 'sessions.list' });
    await app.close();
    expect(lines('command')).toEqual([]);
  });
});

describe('ends of sessions that nobody asked for', () => {
  it('a crash, and making room – are logged with session and owner', async () => {
    const engine = new FakeEngine();
    await start({ MOORING_MAX_SESSIONS: '1', MOORING_CRASH_RESTORE: 'off' }, engine);
    await app.ok({ cmd: 'sessions.create', session: 'broken' });
    for (const context of [...engine.contexts]) context.crash();
    const { session } = await app.ok({ cmd: 'request.get', url: `${origin.url}/` });
    await app.ok({ cmd: 'sessions.create', session: 'next' });
    await app.ok({ cmd: 'sessions.destroy', session: 'next' });
    expect(lines('session ended')).toMatchObject([
      { level: 40, session: 'broken', owner: 'nobody', reason: 'crashed' },
      { level: 30, session, owner: 'nobody', reason: 'evicted' },
    ]);
  });
});

describe('requestId', () => {
  it('stands in the reply and in the header; a usable one of the caller is kept, another is not', async () => {
    await start();
    const ask = async (sent?: string) => {
      const response = await fetch(`${app.url}/api/v1`, {
        method: 'POST',
        headers: sent === undefined ? {} : { 'x-request-id': sent },
        body: '{"cmd":"sessions.list"}',
      });
      const { requestId } = (await response.json()) as { requestId: string };
      expect(response.headers.get('x-request-id')).toBe(requestId);
      return requestId;
    };
    expect(await ask()).toMatch(/^[0-9a-f]{16}$/);
    expect(await ask()).not.toBe(await ask());
    expect(await ask('night-7_a.B')).toBe('night-7_a.B');
    for (const unusable of ['', 'x'.repeat(65), 'with space', 'a"b', '<b>']) {
      expect(await ask(unusable), unusable).toMatch(/^[0-9a-f]{16}$/);
    }
    const lost = await app.get('/nowhere', { 'x-request-id': 'lost' });
    expect([lost.body.requestId, lost.headers.get('x-request-id')]).toEqual(['lost', 'lost']);
    expect((await app.get('/livez')).headers.get('x-request-id')).toMatch(/^[0-9a-f]{16}$/);
  });
});

describe('the log, at its most talkative', () => {
  const secrets = /s3cret|hush/;

  it('secrets in proxy, cookies, headers, body, query and key – appear in no line, whatever comes of the command', async () => {
    const engine = new FakeEngine();
    await start({ MOORING_API_KEYS: 'key-s3cret', MOORING_LOG_LEVEL: 'trace', MOORING_PROXY_CHECK: 'off' }, engine);
    const key = { key: 'key-s3cret' };
    const told = {
      cookies: 'sid=s3cret',
      localStorage: { token: 's3cret' },
      customHeaders: { authorization: 'Bearer s3cret', 'x-token': 's3cret' },
      postData: 'password=s3cret',
    };
    const proxy = 'http://user:s3cret@127.0.0.1:9';
    const url = `${origin.url}/echo?token=s3cret`;
    await app.ok({ cmd: 'request.post', url, session: 'ok', ...told }, key);
    for (const body of [
      { cmd: 'request.post', url, proxy, ...told },
      { cmd: 'sessions.create', proxy: 'http://user:s3cret@127.0.0.1:nine' },
      { cmd: 'request.post', url: 'http://user:s3cret@127.0.0.1:9/?token=s3cret', ...told },
      { cmd: 'request.post', url: `${origin.url}/hang?token=s3cret`, timeout: 300, ...told },
      { cmd: 'request.post', url, session: { secret: 's3cret' } },
      { cmd: 'request.s3cret!', url },
      {
        cmd: 'request.batch',
        requests: [{ cmd: 'request.post', url, ...told }, { url: 'http://127.0.0.1:9/?s3cret' }],
      },
    ]) {
      expect((await app.send(body, key)).body.data, JSON.stringify(body)).toBe('error');
    }
    await app.send({ cmd: 'sessions.list' }, { key: 'wrong-s3cret' });
    for (const error of [
      new Error('the driver fell over https://user:s3cret@site.test/path?token=s3cret'),
      new Error('page.evaluate: Error: s3cret\n    at https://site.test/?s3cret:1:1'),
      new MooringError('NO_RESPONSE', 'expected http://u:s3cret@h/; it came.', {
        partial: { solution: { response: 'hush', cookieString: 's3cret' } },
        url: 'http://site.test/?s3cret',
        cause: Object.assign(new Error('refused'), { code: 'ECONNREFUSED', page: 'hush' }),
      }),
    ]) {
      engine.newContext = () => Promise.reject(error);
      expect((await app.send({ cmd: 'sessions.create', proxy }, key)).body.data).toBe('error');
    }
    await commandLines(12);
    expect(written.filter((line) => secrets.test(line))).toEqual([]);
    // It says something all the same.
    expect(lines('unforeseen failure')[0]).toMatchObject({
      requestId: expect.stringMatching(/^[0-9a-f]{16}$/),
      err: { type: 'Error', message: 'the driver fell over https://site.test', stack: expect.stringContaining('at ') },
    });
    expect(lines('command failed').at(-1)).toMatchObject({
      err: { code: 'CODE-0006', cause: { code: 'ECONNREFUSED', message: 'refused' } },
    });
  });
});
