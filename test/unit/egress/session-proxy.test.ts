import { createServer as createHttpServer, request } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AddressGuard } from '../../../src/egress/address-guard.js';
import { SessionProxy, type SessionProxyOptions } from '../../../src/egress/session-proxy.js';
import { parseProxyUrl } from '../../../src/protocol/values/proxy-address.js';
import { fuzz } from '../../support/fuzz.js';
import { TestProxy } from '../../support/proxies.js';

const guard = new AddressGuard({
  privateNetworks: { kind: 'listed', cidrs: ['0.0.0.0/0', '::/0'] },
  resolve: async (host) => {
    if (host === 'site.test' || host === 'localhost') return [{ address: '127.0.0.1', family: 4 }];
    throw Object.assign(new Error(host), { code: 'ENOTFOUND' });
  },
});
const proxies: SessionProxy[] = [];
afterEach(async () => {
  await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
});

const direct: SessionProxyOptions['upstream'] = {
  route: { kind: 'direct' },
  namedBy: 'caller',
  class: 'direct',
  report() {},
  release() {},
};

async function open(rest: Partial<SessionProxyOptions> = {}): Promise<SessionProxy> {
  const proxy = new SessionProxy({ upstream: direct, guard, domains: {}, connectTimeoutMs: 1000, ...rest });
  proxies.push(proxy);
  await proxy.open();
  return proxy;
}

/** What a client gets that takes none of the answer for HTTP: two lengths that differ. */
const networkError = 'HPE_UNEXPECTED_CONTENT_LENGTH';

const listening = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};

/** What a browser behind the proxy gets for a URL: a status, or the name of its failure. */
function through(sessionProxy: SessionProxy, url: string): Promise<string> {
  return new Promise((resolve) => {
    const outgoing = request(sessionProxy.url, { path: url, headers: { host: 'site.test' }, agent: false });
    outgoing.once('response', (response) => {
      response.resume();
      resolve(String(response.statusCode));
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    outgoing.end();
  });
}

function tunnel(sessionProxy: SessionProxy, authority: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(sessionProxy.url, { method: 'CONNECT', path: authority, agent: false });
    outgoing.once('connect', (response, socket) => {
      socket.destroy();
      resolve(response.statusCode ?? 0);
    });
    outgoing.once('error', reject);
    outgoing.end();
  });
}

describe('SessionProxy', () => {
  it("another session's proxy – is not reached through one's own, whatever is allowed", async () => {
    const [own, other] = [await open(), await open()];
    const { port } = new URL(other.url);
    expect(await through(own, `${other.url}/`)).toBe(networkError);
    expect(await tunnel(own, `127.0.0.1:${port}`)).toBe(502);
    expect(await tunnel(own, `localhost:${port}`)).toBe(502);
    expect(await tunnel(own, `127.0.0.1:${new URL(own.url).port}`)).toBe(502);
    const request = own.beginRequest({});
    await tunnel(own, `127.0.0.1:${port}`);
    expect(request.blocked).toEqual([{ host: '127.0.0.1', count: 1, reason: 'DESTINATION_FORBIDDEN' }]);
    expect(request.failure(`http://127.0.0.1:${port}/`)?.message).toContain('it is this server itself');
  });

  it('a request that names no proxy target – gets nothing', async () => {
    const sessionProxy = await open();
    for (const path of ['/secret', 'https://site.test/', 'ftp://site.test/', 'nonsense', '*'])
      expect(await through(sessionProxy, path), path).toBe('ECONNRESET');
  });

  it('a name that is not known – is a failed request, and the reason is kept', async () => {
    const sessionProxy = await open();
    const running = sessionProxy.beginRequest({});
    expect(await through(sessionProxy, 'http://x.test/')).toBe(networkError);
    expect(await tunnel(sessionProxy, 'x.test:443')).toBe(502);
    expect(running.failure('http://x.test/')).toMatchObject({ code: 'NO_RESPONSE' });
    expect(running.failure('https://x.test/')).toMatchObject({ code: 'NO_RESPONSE' });
    expect(running.blocked).toEqual([]);
  });

  it.each(['directly', 'through a proxy'])('a port of another protocol, %s – is refused and told', async (how) => {
    const proxy = new TestProxy({ kind: 'http' });
    await proxy.start();
    const route = { kind: 'proxy', proxy: parseProxyUrl(proxy.url()) } as const;
    const sessionProxy = await open(how === 'directly' ? {} : { upstream: { ...direct, route, class: 'caller' } });
    const running = sessionProxy.beginRequest({});
    expect(await through(sessionProxy, 'http://site.test:25/')).toBe(networkError);
    expect(await tunnel(sessionProxy, 'site.test:22')).toBe(502);
    expect(proxy.requests).toEqual([]);
    expect(running.failure('http://site.test:25/')?.message).toContain('browsers do not connect to that port');
    await proxy.close();
  });

  it.each(['evil.test..', 'EVIL.test.', 'a.evil.test', 'evil%2etest', 'x@evil.test', 'evil.test/'])(
    'CONNECT %s:443 – does not pass a deny list with evil.test',
    async (host) => {
      const resolved: string[] = [];
      const sessionProxy = await open({
        guard: new AddressGuard({
          privateNetworks: { kind: 'deny' },
          resolve: async (name) => {
            resolved.push(name);
            return [{ address: '127.0.0.1', family: 4 }];
          },
        }),
        domains: { denied: new Set(['evil.test']) },
      });
      expect([400, 502]).toContain(await tunnel(sessionProxy, `${host}:443`));
      expect(resolved).toEqual([]);
    },
  );

  it('close – twice is the same promise, and the port is free', async () => {
    const sessionProxy = await open();
    const { url } = sessionProxy;
    expect(sessionProxy.close()).toBe(sessionProxy.close());
    await sessionProxy.close();
    await expect(fetch(url)).rejects.toThrow();
    expect(guard.ownPorts.has(Number(new URL(url).port))).toBe(false);
  });
});

/** Bytes that a browser does not send, in pieces. */
const garbage = fc.array(
  fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc.string({ maxLength: 40 }).map((text) => Buffer.from(text)),
    fc
      .tuple(
        fc.constantFrom('GET', 'CONNECT', 'POST', 'HEAD', 'PRI', 'get', 'M-SEARCH'),
        fc.oneof(
          fc.constantFrom(
            'http://site.test:PORT/',
            'site.test:PORT',
            'http://[::ffff:127.0.0.1]:PORT/',
            'site.test',
            ':1',
            '[::1',
            'http://',
            'http://%00/',
            'x:99999',
            '//x',
          ),
          fc.webUrl(),
          fc.string({ maxLength: 30 }),
        ),
        fc.constantFrom('HTTP/1.1', 'HTTP/1.0', 'HTTP/9', ''),
        fc.array(
          fc.constantFrom(
            'Host: x',
            'Content-Length: 5',
            'Content-Length: -1',
            'Transfer-Encoding: chunked',
            'Transfer-Encoding: x, chunked',
            'Expect: 100-continue',
            'Upgrade: websocket\r\nConnection: upgrade',
            'Connection: close',
            'X: \u0000',
            ': y',
            'X\u00e9: \u00ff',
            `X: ${'x'.repeat(300_000)}`,
          ),
          { maxLength: 4 },
        ),
        fc.constantFrom('\r\n\r\n', '\n\n', '\r\n', ''),
      )
      .map(([method, target, version, headers, end]) =>
        Buffer.from([`${method} ${target} ${version}`, ...headers].join('\r\n') + end, 'latin1'),
      ),
  ),
  { maxLength: 4 },
);

/** What a site may answer, right or wrong. */
const answers = fc.oneof(
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  fc
    .tuple(
      fc.constantFrom(
        'HTTP/1.1 200 OK',
        'HTTP/1.1 999 \u00ff\u0001',
        'HTTP/1.1 101 x',
        'HTTP/1.0 204',
        'HTTP/1.1 000 x',
        'ICY 200',
        'HTTP/1.1 100 x',
      ),
      fc.array(
        fc.oneof(
          fc.constantFrom(
            'Content-Length: 3',
            'Content-Length: x',
            'Transfer-Encoding: chunked',
            'Connection: upgrade\r\nUpgrade: x',
            'Set-Cookie: a\u0001b',
            'B\u00e4d: x',
            'Trailer: x',
          ),
          fc.string({ maxLength: 20 }),
        ),
        { maxLength: 4 },
      ),
      fc.string({ maxLength: 20 }),
    )
    .map(([status, headers, body]) => Buffer.from(`${[status, ...headers].join('\r\n')}\r\n\r\n${body}`, 'latin1')),
);

describe('SessionProxy, sent anything', () => {
  let sessionProxy: SessionProxy;
  let answer: Uint8Array = Buffer.alloc(0);
  const site = createHttpServer((_request, response) => response.end('ok'));
  const oddSite = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(answer));
  });
  let [sitePort, oddPort] = [0, 0];
  beforeAll(async () => {
    [sitePort, oddPort] = [await listening(site), await listening(oddSite)];
  });
  afterAll(async () => {
    site.closeAllConnections();
    await Promise.all([site, oddSite].map((server) => new Promise((resolve) => server.close(resolve))));
  });

  const serves = async (): Promise<void> => {
    expect(await through(sessionProxy, `http://site.test:${sitePort}/`)).toBe('200');
    expect(await tunnel(sessionProxy, `site.test:${sitePort}`)).toBe(200);
  };

  /** Sends the pieces, and hangs up when there has been time to read them. */
  const babble = (pieces: readonly Uint8Array[]): Promise<void> =>
    new Promise((resolve) => {
      const socket: Socket = connect(Number(new URL(sessionProxy.url).port), '127.0.0.1');
      socket.on('error', () => {}); // it may well be cut off
      socket.once('close', () => resolve());
      socket.resume();
      for (const piece of pieces) socket.write(piece);
      socket.setTimeout(10, () => socket.destroy());
    });

  it('garbage, half requests, odd targets, huge headers – the proxy goes on serving', async () => {
    sessionProxy = await open();
    await fuzz(
      fc.asyncProperty(garbage, async (pieces) => {
        const named = pieces.map((piece) =>
          Buffer.from(Buffer.from(piece).toString('latin1').replaceAll('PORT', String(sitePort)), 'latin1'),
        );
        await babble(named);
      }),
      150,
    );
    await serves();
  });

  it('any answer of a site – is passed on or is a failed request, and the proxy goes on serving', async () => {
    sessionProxy = await open();
    await fuzz(
      fc.asyncProperty(answers, async (bytes) => {
        answer = bytes;
        expect(await through(sessionProxy, `http://site.test:${oddPort}/`)).toMatch(/^(\d{3}|HPE_\w+|ECONNRESET)$/);
      }),
      150,
    );
    await serves();
  });
});
