import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterEach, describe, expect, it } from 'vitest';
import { FakeEngine } from '../support/fake-engine.js';
import { Origin } from '../support/origin.js';
import { RunningApp } from '../support/start-app.js';

let app: RunningApp;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await app.close();
});

/** A connection on which anything can be sent. */
async function open(): Promise<Socket> {
  const { hostname, port } = new URL(app.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {}); // it is the server's to close it
  sockets.push(socket);
  await once(socket, 'connect');
  return socket;
}

/** Everything that comes until the connection is closed. */
async function rest(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk) => {
    text += String(chunk);
  });
  if (!socket.closed) await once(socket, 'close');
  return text;
}

const head = (path: string, bytes: number, more = ''): string =>
  `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: ${bytes}\r\n${more}\r\n`;

const bodyOf = (text: string): Record<string, unknown> => JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4));

describe('a request without a valid key', () => {
  it.each(['/api/v1', '/v1', '/v1/wrong', '/', '/nowhere', '/files/a/b', '/api/v1/balance'])(
    'POST %s – is answered before its body, and its connection is closed',
    async (path) => {
      app = await RunningApp.start({ MOORING_API_KEYS: 'k' });
      const socket = await open();
      socket.write(head(path, 30_000_000));
      const text = await rest(socket);
      expect(text).toMatch(/^HTTP\/1\.1 40[145] /);
      expect(bodyOf(text)).toMatchObject(
        path.startsWith('/v1') ? { status: 'error' } : { data: 'error', solution: { verified: false } },
      );
      expect((await app.send({ cmd: 'sessions.list' }, { key: 'k' })).body.data).toBe('success');
    },
  );

  it('sends its body all the same – nothing of it is kept', async () => {
    app = await RunningApp.start({ MOORING_API_KEYS: 'k' });
    const body = `{"cmd":"sessions.list","filler":"${'x'.repeat(3_000_000)}"}`;
    const answer = await app.send(body).catch(() => undefined); // it may not come to read the answer
    if (answer) expect([answer.status, answer.body.code]).toEqual([401, 'UNAUTHORIZED']);
    expect((await app.send({ cmd: 'sessions.list' }, { key: 'k' })).status).toBe(200);
  });

  it('again and again – waits longer and longer; the right key of the same address does not', async () => {
    app = await RunningApp.start({ MOORING_API_KEYS: 'k' });
    for (let i = 0; i < 16; i++) await app.send({ cmd: 'sessions.list' }, { key: `wrong${i}` });
    const startedAt = performance.now();
    const wrong = app.send({ cmd: 'sessions.list' }, { key: 'wrong' }).then(() => performance.now() - startedAt);
    await app.ok({ cmd: 'sessions.list' }, { key: 'k' });
    const rightMs = performance.now() - startedAt;
    expect(await wrong).toBeGreaterThan(1500);
    expect(rightMs).toBeLessThan(await wrong);
  });
});

describe('slow callers', () => {
  it('a body that does not come – 408 when its time is over, for all of sixty', async () => {
    app = await RunningApp.start({ MOORING_BODY_TIMEOUT: '1s' });
    const all = await Promise.all(
      Array.from({ length: 60 }, async () => {
        const socket = await open();
        socket.write(`${head('/api/v1', 10)}{`);
        return rest(socket);
      }),
    );
    for (const text of all) expect(text).toMatch(/^HTTP\/1\.1 408 /);
    expect(bodyOf(all[0] ?? '')).toMatchObject({ data: 'error', code: 'INVALID_BODY', requestId: expect.any(String) });
  });

  it('a head that does not come, and no request at all – end the connection', async () => {
    app = await RunningApp.start({ MOORING_BODY_TIMEOUT: '1s' });
    const [half, none] = [await open(), await open()];
    half.write('POST /api/v1 HTTP/1.1\r\nhost: 127');
    expect(await rest(half)).toMatch(/^HTTP\/1\.1 408 /);
    await rest(none);
  });

  it('a response that nobody takes – its connection is closed', async () => {
    const origin = new Origin();
    await origin.start();
    app = await RunningApp.start({ MOORING_WRITE_TIMEOUT: '500ms' });
    const socket = await open();
    const body = JSON.stringify({ cmd: 'request.get', session: 'x', url: `${origin.url}/large-page?bytes=8000000` });
    socket.pause();
    socket.write(head('/api/v1', body.length) + body);
    await expect.poll(async () => (await app.get('/metrics')).text).toContain('cmd="request.get",outcome=');
    socket.resume();
    expect((await rest(socket)).length).toBeLessThan(8_000_000);
    await origin.close();
  });

  it('garbage and endless headers – the shape of the contract', async () => {
    app = await RunningApp.start();
    for (const [text, status] of [
      ['\u0000\u0001garbage\r\n\r\n', 400],
      [`GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`, 431],
    ] as const) {
      const socket = await open();
      socket.write(text);
      const answer = await rest(socket);
      expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
      expect(bodyOf(answer)).toMatchObject({ data: 'error', code: 'INVALID_BODY' });
    }
  });
});

describe('many callers', () => {
  it.each([{ MOORING_MAX_CONNECTIONS: '5' }, { MOORING_MAX_CONNECTIONS_PER_ADDRESS: '5' }])(
    'more connections than %j – the next are told so; when some close, others get in',
    async (settings) => {
      app = await RunningApp.start(settings);
      const held = await Promise.all(Array.from({ length: 5 }, open));
      const text = await rest(await open());
      expect(text).toMatch(/^HTTP\/1\.1 503 /);
      expect(bodyOf(text)).toMatchObject({ data: 'error', code: 'CODE-0001', retryAfterMs: 1000 });
      held[0]?.destroy();
      await expect.poll(async () => app.send({ cmd: 'sessions.list' }).then(({ status }) => status)).toBe(200);
    },
  );

  it('three hundred honest ones at once, from one address – all are answered', async () => {
    app = await RunningApp.start();
    const answers = await Promise.all(Array.from({ length: 300 }, () => app.send({ cmd: 'sessions.list' })));
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  });

  it('large bodies beyond the budget – wait, or are told CODE-0001; small ones pass', async () => {
    app = await RunningApp.start({ MOORING_BUFFER_LIMIT: '1MB', MOORING_BODY_LIMIT: '1MB' });
    const holder = await open();
    holder.write(head('/api/v1', 1_000_000));
    const large = { cmd: 'sessions.list', filler: 'x'.repeat(100_000) };
    await expect.poll(async () => (await app.send(large)).body.code, { timeout: 20_000 }).toBe('CODE-0001');
    expect((await app.send({ cmd: 'sessions.list' })).status).toBe(200);
    const waiting = app.ok(large);
    holder.destroy();
    await waiting;
  });
});

describe('what is large', () => {
  it('a body of many values or levels – a named error, and no stall', async () => {
    app = await RunningApp.start();
    const delay = monitorEventLoopDelay({ resolution: 20 });
    delay.enable();
    const deep = (open: string, close: string, times: number): string =>
      `{"cmd":"request.get","url":"http://a/","x":${open.repeat(times)}1${close.repeat(times)}}`;
    for (const [body, code] of [
      [`{"cmd":"sessions.list","x":[${'1,'.repeat(10_000_000)}1]}`, 'BODY_TOO_LARGE'],
      [deep('[', ']', 100_000), 'INVALID_PARAMETER'],
      [deep('{"a":', '}', 100_000), 'INVALID_PARAMETER'],
      [
        deep('[{"type":"if","condition":"1","then":', '}]', 20_000).replace('"x"', '"browserActions"'),
        'INVALID_PARAMETER',
      ],
      [
        deep('[{"type":"if","condition":"1","then":', '}]', 100).replace('"x"', '"browserActions"'),
        'INVALID_PARAMETER',
      ],
      [`{"cmd":"sessions.list","x":"${'[,{\\"'.repeat(1_000_000)}"}`, undefined],
    ] as const) {
      const { body: reply } = await app.send(body);
      expect(reply.code, body.slice(0, 60)).toBe(code);
    }
    delay.disable();
    expect(delay.max / 1e6).toBeLessThan(2000);
  });

  it('a batch whose pages are more than a reply holds – RESPONSE_TOO_LARGE at the one too many', async () => {
    const origin = new Origin();
    await origin.start();
    app = await RunningApp.start({ MOORING_RESPONSE_LIMIT: '6MB' });
    const requests = Array.from({ length: 100 }, () => ({
      url: `${origin.url}/large-page?bytes=1000000`,
      filter: ['response'],
    }));
    const { body } = await app.send({ cmd: 'request.batch', session: 'x', requests });
    expect(body.code).toBe('RESPONSE_TOO_LARGE');
    expect(body.error).toContain('`requests[');
    expect(body.results.length).toBeLessThan(9);
    await app.ok({ cmd: 'request.get', session: 'x', url: `${origin.url}/` });
    await origin.close();
  });

  it('replies that nobody takes – hold the room of others, who are told CODE-0001, until they go', async () => {
    const origin = new Origin();
    await origin.start();
    app = await RunningApp.start({
      MOORING_BUFFER_LIMIT: '10MB',
      MOORING_RESPONSE_LIMIT: '8MB',
      MOORING_WRITE_TIMEOUT: '60s',
    });
    const get = {
      cmd: 'request.get',
      session: 'x',
      url: `${origin.url}/large-page?bytes=8000000`,
      filter: ['response'],
    };
    const text = JSON.stringify(get);
    const holder = await open();
    holder.pause();
    holder.write(head('/api/v1', text.length) + text);
    await expect.poll(() => origin.count('/large-page?bytes=8000000')).toBe(1);
    const next = { ...get, session: 'y' };
    await expect.poll(async () => (await app.send(next)).body.code, { timeout: 15_000 }).toBe('CODE-0001');
    holder.destroy();
    await app.ok(next);
    await origin.close();
  });

  it('large replies – do not hold others up', async () => {
    const origin = new Origin();
    await origin.start();
    app = await RunningApp.start({}, new FakeEngine());
    await app.ok({
      cmd: 'request.get',
      session: 'x',
      url: `${origin.url}/large-page?bytes=1000000`,
      onlyStatusCode: true,
    });
    const take = (session: string): Promise<number> =>
      new Promise((resolve, reject) => {
        const outgoing = httpRequest(`${app.url}/api/v1`, { method: 'POST' }, (response) => {
          let bytes = 0;
          response.on('data', (chunk: Buffer) => {
            bytes += chunk.length;
          });
          response.on('end', () => resolve(bytes));
        });
        outgoing.on('error', reject);
        outgoing.end(
          JSON.stringify({
            cmd: 'request.get',
            session,
            url: `${origin.url}/large-page?bytes=12000000`,
            filter: 'response',
          }),
        );
      });
    const delay = monitorEventLoopDelay({ resolution: 20 });
    delay.enable();
    const sizes = await Promise.all(['a', 'b', 'c', 'd'].map(take));
    delay.disable();
    for (const size of sizes) expect(size).toBeGreaterThan(12_000_000);
    expect(delay.max / 1e6).toBeLessThan(2000);
    await origin.close();
  });
});
