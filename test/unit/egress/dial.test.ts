import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { dial } from '../../../src/egress/dial.js';
import { MooringError } from '../../../src/errors.js';
import type { ProxyAddress, ProxyProtocol } from '../../../src/protocol/values/proxy-address.js';
import { fuzz } from '../../support/fuzz.js';

/** A proxy that says these bytes, a piece each time that it is sent something, and hangs up then. */
class Babbler {
  says: readonly Uint8Array[] = [];
  heard = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor() {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      socket.on('error', () => {});
      const left = [...this.says];
      socket.on('data', ({ length }) => {
        this.heard += length;
        const next = left.shift();
        if (next) socket.write(next);
        else socket.end();
      });
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  hangUp(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.hangUp();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

const proxy = new Babbler();
beforeAll(() => proxy.start());
afterEach(() => proxy.hangUp());
afterAll(() => proxy.close());

/** The code of a failed dial, or `open`. */
async function outcome(
  address: Partial<ProxyAddress>,
  host = 'site.test',
  timeoutMs = 5000,
  assertProxy = (): void => {},
): Promise<string> {
  const route = {
    kind: 'proxy',
    proxy: { protocol: 'socks5', host: '127.0.0.1', port: proxy.port, username: '', password: '', ...address },
  } as const;
  const resolve = async () => [{ address: '127.0.0.1', family: 4 }];
  const { signal } = new AbortController();
  try {
    (await dial({ host, port: 443 }, { route, resolve, assertProxy, timeoutMs, signal })).destroy();
    return 'open';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe('dial', () => {
  it.each(['http', 'socks5', 'https'] as const)(
    'an %s proxy that must not be used – is sent no byte',
    async (protocol) => {
      proxy.heard = 0;
      const refusal = new MooringError('DESTINATION_FORBIDDEN', 'expected another port.');
      const assertProxy = (): never => {
        throw refusal;
      };
      expect(await outcome({ protocol }, 'site.test', 5000, assertProxy)).toBe('DESTINATION_FORBIDDEN');
      expect(proxy.heard).toBe(0);
    },
  );

  it.each([
    ['user name', { username: 'u'.repeat(256), password: 'p' }],
    ['password', { username: 'u', password: 'ü'.repeat(128) }],
  ])('a %s that SOCKS has no room for – a failure of that connection, and of nothing else', async (_what, secret) => {
    proxy.says = [Uint8Array.of(5, 2)];
    expect(await outcome(secret)).toBe('PROXY_UNREACHABLE');
  });

  it('a host that SOCKS has no room for – a failure of that connection', async () => {
    proxy.says = [Uint8Array.of(5, 0)];
    expect(await outcome({}, 'h'.repeat(300))).toBe('PROXY_UNREACHABLE');
  });

  it('any answers of a proxy – a connection or an error with a code, and no exception beside it', async () => {
    const starts: Record<string, readonly Uint8Array[]> = {
      socks5: [Uint8Array.of(5, 2), Uint8Array.of(1, 0)],
      socks4: [],
      http: [Buffer.from('HTTP/1.1 200 OK\r\n')],
    };
    await fuzz(
      fc.asyncProperty(
        fc.constantFrom('socks5', 'socks4', 'http'),
        fc.nat(2),
        fc.array(fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.constant(Uint8Array.of(5, 0, 0, 3, 4))), {
          maxLength: 3,
        }),
        async (protocol, valid, rest) => {
          proxy.says = [...(starts[protocol] ?? []).slice(0, valid), ...rest];
          const code = await outcome(
            { protocol: protocol as ProxyProtocol, username: 'u', password: 'p' },
            'x.test',
            100,
          );
          expect(code).toMatch(/^(open|PROXY_(TUNNEL_REFUSED|UNREACHABLE|TIMEOUT)|SOCKS[45]_CREDENTIALS_REFUSED)$/);
        },
      ),
      50,
    );
  });
});
