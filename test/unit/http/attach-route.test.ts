import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { AttachPoint } from '../../../src/attach/attach-tickets.js';
import type { ClientSocket } from '../../../src/attach/client-socket.js';
import { attachUpgrades } from '../../../src/http/attach-route.js';

describe('attachUpgrades', () => {
  let server: Server;
  let served: ClientSocket[];

  beforeEach(async () => {
    served = [];
    const serve = async (socket: ClientSocket): Promise<void> => void served.push(socket);
    const tickets = { find: (token: string) => (token === 'good' ? ({ serve } as unknown as AttachPoint) : undefined) }; // what a route uses
    server = createServer();
    attachUpgrades({ tickets, messageLimitBytes: 1000, wantsKey: false, heartbeatMs: 50 })(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => {
    for (const socket of served) socket.terminate();
    server.close();
  });

  const port = (): number => (server.address() as AddressInfo).port;
  const upgrade = (lines: readonly string[] = []): string =>
    [
      'GET /attach/good HTTP/1.1',
      `host: 127.0.0.1:${port()}`,
      'connection: upgrade',
      'upgrade: websocket',
      'sec-websocket-version: 13',
      'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==',
      ...lines,
      '',
      '',
    ].join('\r\n');

  it('a client whose other end is gone without a word – is let go of', async () => {
    const socket = connect(port(), '127.0.0.1');
    socket.on('error', () => {}); // it is reset
    socket.write(upgrade());
    await once(socket, 'data');
    await expect.poll(() => served.length).toBe(1); // it answers no ping
    await expect.poll(() => served[0]?.closed.aborted).toBe(true);
  });

  it('a client that answers – stays, though it says nothing', async () => {
    const client = new WebSocket(`ws://127.0.0.1:${port()}/attach/good`);
    await once(client, 'open');
    let pings = 0;
    client.on('ping', () => {
      pings += 1;
    });
    await expect.poll(() => pings).toBeGreaterThan(3);
    expect(served[0]?.closed.aborted).toBe(false);
    client.terminate();
    await expect.poll(() => served[0]?.closed.aborted).toBe(true);
  });

  it('a reason that is longer than a close frame – is cut at a character', async () => {
    const client = new WebSocket(`ws://127.0.0.1:${port()}/attach/good`);
    await once(client, 'open');
    await expect.poll(() => served.length).toBe(1);
    served[0]?.close(1013, 'ü'.repeat(100));
    const [code, reason] = await once(client, 'close');
    expect([code, String(reason)]).toEqual([1013, 'ü'.repeat(61)]);
  });

  it('a web page of another site – gets nothing from a server without keys, with the token too', async () => {
    const refused = new WebSocket(`ws://127.0.0.1:${port()}/attach/good`, { origin: 'http://a.example' });
    const [, response] = await once(refused, 'unexpected-response');
    expect(response.statusCode).toBe(401);
    expect(served).toEqual([]);
  });
});
