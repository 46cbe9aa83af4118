import { type Agent, type ClientRequest, request } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AddressGuard } from '../../../src/egress/address-guard.js';
import { SessionProxy } from '../../../src/egress/session-proxy.js';

/** A site at the level of sockets: it answers `/quick` and leaves everything else waiting. */
class Site {
  readonly sockets = new Set<Socket>();
  readonly asked: string[] = [];
  readonly #server: Server;

  constructor() {
    this.#server = createServer((socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
      socket.on('error', () => {});
      socket.on('data', (chunk) => {
        const path = /^[A-Z]+ (\S+)/.exec(chunk.toString())?.[1] ?? '';
        this.asked.push(path);
        if (path === '/quick') socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
        if (path === '/gone') socket.destroy();
      });
    });
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

let site: Site;
let sessionProxy: SessionProxy;
beforeEach(async () => {
  site = new Site();
  await site.start();
  sessionProxy = new SessionProxy({
    upstream: { route: { kind: 'direct' }, namedBy: 'caller', class: 'direct', report() {}, release() {} },
    guard: new AddressGuard({ privateNetworks: { kind: 'listed', cidrs: ['127.0.0.0/8'] } }),
    domains: {},
    connectTimeoutMs: 1000,
  });
  await sessionProxy.open();
});
afterEach(async () => {
  await sessionProxy.close();
  await site.close();
});

function send(path: string, agent: Agent | false = false): ClientRequest {
  const outgoing = request(sessionProxy.url, { path: `${site.url}${path}`, headers: { host: 'site.test' }, agent });
  outgoing.on('error', () => {}); // given up on purpose
  outgoing.end();
  return outgoing;
}

const answered = (outgoing: ClientRequest): Promise<unknown> =>
  new Promise((resolve) => {
    outgoing.once('response', (response) => response.resume().once('end', () => resolve(response.statusCode)));
    outgoing.once('error', resolve);
  });

describe('forwardRequest', () => {
  it('a hundred requests that are given up on used connections – each is sent once, and nothing stays open', async () => {
    for (let i = 0; i < 100; i += 1) {
      expect(await answered(send('/quick'))).toBe(200);
      const slow = send(`/slow-${i}`);
      await expect.poll(() => site.asked, { interval: 2 }).toContain(`/slow-${i}`);
      slow.destroy();
      await expect.poll(() => site.sockets.size, { interval: 2 }).toBe(0);
    }
    expect(site.asked.filter((path) => path.startsWith('/slow'))).toHaveLength(100);
  });

  it('a used connection that is gone at the other side – a request that only reads is sent once more', async () => {
    expect(await answered(send('/quick'))).toBe(200);
    await answered(send('/gone'));
    expect(site.asked).toEqual(['/quick', '/gone', '/gone']);
  });
});
