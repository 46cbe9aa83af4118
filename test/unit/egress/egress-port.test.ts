import { request } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { AddressGuard } from '../../../src/egress/address-guard.js';
import { EgressPort } from '../../../src/egress/egress-port.js';

const guard = new AddressGuard({ privateNetworks: { kind: 'listed', cidrs: ['0.0.0.0/0', '::/0'] } });
const ports: EgressPort[] = [];
afterEach(async () => {
  await Promise.all(ports.splice(0).map((port) => port.close()));
});

async function open(): Promise<EgressPort> {
  const port = new EgressPort({
    exit: { route: { kind: 'direct' }, namedBy: 'caller', class: 'direct', report() {}, release() {} },
    guard,
    domains: {},
    connectTimeoutMs: 1000,
  });
  ports.push(port);
  await port.open();
  return port;
}

/** What a browser behind the port gets for a URL: a status, or the name of its failure. */
function through(port: EgressPort, url: string): Promise<string> {
  return new Promise((resolve) => {
    const outgoing = request(port.url, { path: url, headers: { host: new URL(url).host }, agent: false });
    outgoing.once('response', (response) => {
      response.resume();
      resolve(String(response.statusCode));
    });
    outgoing.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    outgoing.end();
  });
}

function tunnel(port: EgressPort, authority: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(port.url, { method: 'CONNECT', path: authority, agent: false });
    outgoing.once('connect', (response, socket) => {
      socket.destroy();
      resolve(response.statusCode ?? 0);
    });
    outgoing.once('error', reject);
    outgoing.end();
  });
}

describe('EgressPort', () => {
  it("another session's port – is not reached through one's own, whatever is allowed", async () => {
    const [own, other] = [await open(), await open()];
    const { port } = new URL(other.url);
    expect(await through(own, `${other.url}/`)).not.toMatch(/^[1-5]/);
    expect(await tunnel(own, `127.0.0.1:${port}`)).toBe(502);
    expect(await tunnel(own, `localhost:${port}`)).toBe(502);
    expect(await tunnel(own, `127.0.0.1:${new URL(own.url).port}`)).toBe(502);
    const request = own.beginRequest({});
    await tunnel(own, `127.0.0.1:${port}`);
    expect(request.blocked).toEqual([{ host: '127.0.0.1', count: 1, reason: 'DESTINATION_FORBIDDEN' }]);
    expect(request.failure(`http://127.0.0.1:${port}/`)?.message).toContain('it is this server itself');
  });

  it('a request that names no proxy target – gets nothing', async () => {
    const port = await open();
    expect(await through(port, 'http://x.test/').then(() => 'answered')).toBe('answered');
    const plain = new Promise((resolve) => {
      const outgoing = request(`${port.url}/secret`, { agent: false });
      outgoing.once('response', () => resolve('answer'));
      outgoing.once('error', () => resolve('nothing'));
      outgoing.end();
    });
    expect(await plain).toBe('nothing');
  });

  it('close – twice is the same promise, and the port is free', async () => {
    const port = await open();
    const { url } = port;
    expect(port.close()).toBe(port.close());
    await port.close();
    await expect(fetch(url)).rejects.toThrow();
    expect(guard.ownPorts.has(Number(new URL(url).port))).toBe(false);
  });
});
