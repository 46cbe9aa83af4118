import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AddressGuard } from '../../../src/egress/address-guard.js';
import { SessionProxy } from '../../../src/egress/session-proxy.js';

/** Sends `/to?…` on to where the query says, and keeps the headers of every other request. */
async function startSite(seen: IncomingHttpHeaders[]): Promise<Server> {
  const server = createServer((request, response) => {
    const { pathname, search } = new URL(request.url ?? '', 'http://site.test');
    if (pathname === '/to') {
      response.writeHead(307, { location: decodeURIComponent(search.slice(1)) }).end();
      return;
    }
    seen.push(request.headers);
    request.resume().once('end', () => response.end('ok'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

const urlOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const headers = {
  accept: 'text/html',
  'accept-language': 'de',
  'user-agent': 'Agent/1',
  referer: 'http://from.example/',
  'sec-ch-ua-mobile': '?0',
  'content-type': 'application/json',
  authorization: 'Bearer secret',
  'x-api-key': 'secret',
  'x-csrf-token': 'secret',
  'cf-access-client-secret': 'secret',
  cookie: 'sid=secret',
};

describe('HttpClient', () => {
  const seen: IncomingHttpHeaders[] = [];
  let first: Server;
  let other: Server;
  let sessionProxy: SessionProxy;
  beforeEach(async () => {
    seen.length = 0;
    [first, other] = await Promise.all([startSite(seen), startSite(seen)]);
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
    for (const server of [first, other]) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  const post = async (url: string): Promise<string> => {
    const cookies = { headerFor: async () => '', take: async () => {} };
    const request = { url, method: 'POST', headers, body: '{"a":1}', maxBytes: 1000 };
    return Buffer.from(
      (await sessionProxy.client.request(request, cookies, new AbortController().signal)).body,
    ).toString();
  };
  const to = (server: Server, next: string): string => `${urlOf(server)}/to?${encodeURIComponent(next)}`;

  it('a redirect within the origin – every header goes along', async () => {
    expect(await post(to(first, '/here'))).toBe('ok');
    expect(seen).toMatchObject([headers]);
  });

  it.each([
    ['to another origin', () => to(first, `${urlOf(other)}/there`)],
    ['to another origin and back', () => to(first, to(other, `${urlOf(first)}/back`))],
  ])('a redirect %s – what may be a secret stays behind', async (_how, url) => {
    expect(await post(url())).toBe('ok');
    expect(JSON.stringify(seen)).not.toContain('secret');
    expect(seen).toMatchObject([
      {
        accept: 'text/html',
        'accept-language': 'de',
        'user-agent': 'Agent/1',
        referer: 'http://from.example/',
        'sec-ch-ua-mobile': '?0',
        'content-type': 'application/json',
        'content-length': '7',
      },
    ]);
  });

  it.each([25, 22, 6000])('port %i – is not connected to', async (number) => {
    const request = sessionProxy.beginRequest({});
    const url = `http://127.0.0.1:${number}/`;
    expect(() => request.name(url)).toThrow('browsers do not connect to that port');
    await expect(post(url)).rejects.toMatchObject({ code: 'NO_RESPONSE' });
    expect(request.failure(url)?.message).toContain('browsers do not connect to that port');
    await expect(post(to(first, url))).rejects.toMatchObject({ code: 'NO_RESPONSE' });
    expect(seen).toEqual([]);
  });
});
