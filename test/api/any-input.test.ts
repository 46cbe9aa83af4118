import { once } from 'node:events';
import { connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dialectSchema } from '../../src/protocol/dialects/flaresolverr.js';
import { Origin } from '../support/origin.js';
import { RunningApp } from '../support/start-app.js';

/** `FUZZ_RUNS=10000 npx vitest run --project api any-input` looks longer, and elsewhere. */
const runs = Number(process.env.FUZZ_RUNS ?? 0);
const options = (numRuns: number) => (runs > 0 ? { numRuns: runs } : { numRuns, seed: 20_261_124 });
const patience = { timeout: runs > 0 ? 3_600_000 : 60_000 };

const origin = new Origin();
const lines: string[] = [];
let app: RunningApp;
beforeAll(async () => {
  await origin.start();
  app = await RunningApp.start(
    { MOORING_LOG_LEVEL: 'error', MOORING_REQUEST_TIMEOUT: '2s' },
    undefined,
    undefined,
    lines,
  );
});
afterAll(async () => {
  // What nobody foresaw would have been logged.
  expect(lines).toEqual([]);
  await app.close();
  await origin.close();
});

/** Values as clients send them, as they do not, and as nobody should. */
const anyValue = (depth: number): fc.Arbitrary<unknown> =>
  fc.oneof(
    fc.constantFrom(null, true, 0, -1, 1e21, '', '0', 'true', 'x', '\ud800', '__proto__', [], {}),
    fc.constantFrom(
      `${'http://127.0.0.1:1'}/`,
      'http://[',
      'about:blank',
      'socks5://a:b@127.0.0.1:1',
      '//a',
      'a=b; c=d',
    ),
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.jsonValue({ maxDepth: depth }),
    fc.constantFrom(
      { toString: 1 },
      { __proto__: null, constructor: 1 },
      [[[[]]]],
      { url: {} },
      { session: { session: 1 } },
    ),
  );

const dialectBody = fc
  .tuple(
    fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom(...dialectSchema.shape.cmd.options) },
      { weight: 1, arbitrary: anyValue(3) },
    ),
    fc.dictionary(
      fc.oneof(
        { weight: 6, arbitrary: fc.constantFrom(...Object.keys(dialectSchema.shape)) },
        { weight: 1, arbitrary: fc.string({ maxLength: 20 }) },
        { weight: 1, arbitrary: fc.constantFrom('Proxy', 'proxies', 'SESSION', '__proto__', 'toString', 'headers') },
      ),
      anyValue(3),
      { maxKeys: 6 },
    ),
  )
  .map(([cmd, fields]) => ({ maxTimeout: 1000, ...fields, cmd }));

describe("any JSON to FlareSolverr's dialect", () => {
  it('is answered in its shape, and nothing is unforeseen', patience, async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof({ weight: 9, arbitrary: dialectBody }, fc.jsonValue()), async (body) => {
        const response = await fetch(`${app.url}/v1`, { method: 'POST', body: JSON.stringify(body) });
        const reply = (await response.json()) as Record<string, unknown>;
        expect(reply).toMatchObject({
          status: response.status === 200 ? 'ok' : 'error',
          message: expect.any(String),
          startTimestamp: expect.any(Number),
          endTimestamp: expect.any(Number),
          version: '0.0.0-test',
        });
        expect([200, 400, 413, 500]).toContain(response.status);
        expect(JSON.stringify(reply)).not.toMatch(/CODE-10000|is not a function|undefined|at Object\./);
      }),
      options(200),
    );
  });

  it.each(['', '{', 'null', '[]', '7', '"x"', '\ufeff', '{"cmd":{"toString":1}}'])(
    'the body %j – too',
    async (body) => {
      const response = await fetch(`${app.url}/v1`, { method: 'POST', body });
      expect(response.status).toBeGreaterThanOrEqual(400);
      expect(await response.json()).toMatchObject({ status: 'error', message: expect.stringMatching(/^Error: /) });
    },
  );
});

/** Sends a head as it is. @returns what came, to the end of the first response */
async function sendHead(head: string): Promise<string> {
  const { hostname, port } = new URL(app.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {}); // refused in the middle of it
  let text = '';
  socket.on('data', (chunk) => {
    text += String(chunk);
  });
  socket.write(Buffer.from(head, 'latin1'));
  await once(socket, 'close');
  return text;
}

const paths = ['/', '/api/v1', '/api/v1/balance', '/v1', '/v1/k', '/files/a/b', '/metrics', '/docs', '/docs/errors'];
const morePaths = ['/openapi.json', '/livez', '/readyz', '/health', '/nowhere', '*', 'http://a/'];
const methods = ['GET', 'POST', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'QUERY', 'CONNECT', 'x'];
const headerNames = [
  'host',
  'key',
  'x-api-key',
  'authorization',
  'content-length',
  'content-type',
  'transfer-encoding',
];
const moreNames = ['accept', 'expect', 'upgrade', 'connection', 'origin', 'x-request-id', 'range', 'if-none-match'];
const latin1 = fc.string({
  unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)),
  maxLength: 40,
});
const headerValue = fc.oneof(
  latin1,
  fc.constantFrom(
    '0',
    '-1',
    '5',
    '1e9',
    'chunked',
    'gzip, chunked',
    'Basic !',
    'Bearer',
    '100-continue',
    'close',
    'a:b',
  ),
  fc.constantFrom('websocket', 'h2c', 'text/event-stream', 'keep-alive', '127.0.0.1', 'evil.example', '[', 'a/b;c=d'),
);

describe('any head of a request', () => {
  it(
    'to any path – a response that is HTTP, of the contract where it is an error, and never CODE-10000',
    patience,
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...methods),
          fc.constantFrom(...paths, ...morePaths),
          fc.oneof(fc.constant(''), latin1),
          fc.array(fc.tuple(fc.constantFrom(...headerNames, ...moreNames), headerValue), { maxLength: 5 }),
          fc.constantFrom('', '{}', '{"cmd":"sessions.list"}', '5\r\n{"a":\r\n0\r\n\r\n', '\u0000'),
          async (method, path, tail, headers, body) => {
            const fields = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
            const head = `${method} ${path}${tail} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n${fields}\r\n`;
            const text = await Promise.race([sendHead(head + body), stillOpen()]);
            expect(text, head).not.toContain('"code":"CODE-10000"');
            if (text === '') return; // a connection that is closed on what is no request
            expect(text, head).toMatch(/^HTTP\/1\.1 \d{3} /);
            const [, status = ''] = /^HTTP\/1\.1 (\d{3})/.exec(text) ?? [];
            expect(['500', '501', '502'].includes(status) && !path.startsWith('/v1'), `${head}${text}`).toBe(false);
          },
        ),
        options(150),
      );
      expect((await app.ok({ cmd: 'sessions.list' })).data).toBe('success');
    },
  );
});

/** A body that was announced and does not come is waited for; that is for another test. */
const stillOpen = (): Promise<string> => new Promise((resolve) => setTimeout(() => resolve(''), 300));
