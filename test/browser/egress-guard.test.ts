import type { LookupAddress } from 'node:dns';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AddressGuard } from '../../src/egress/address-guard.js';
import { EgressPolicy } from '../../src/egress/egress-policy.js';
import { chosenChromium, chromiumEngine } from '../support/chromium.js';
import { covers } from '../support/covers.js';
import { RunningApp } from '../support/start-app.js';

/** A site on an address of loopback; its pages are what the test says, and it lists what was asked of it. */
class Site {
  readonly seen: string[] = [];
  pages: Record<string, string> = {};
  readonly #host: string;
  readonly #server: Server;

  constructor(host: string) {
    this.#host = host;
    this.#server = createServer((request, response) => {
      const path = (request.url ?? '').split('?', 1)[0] ?? '';
      this.seen.push(path);
      const body = this.pages[path] ?? 'nothing';
      if (body.startsWith('redirect:')) {
        response.writeHead(302, { location: body.slice('redirect:'.length) }).end();
        return;
      }
      const type = path.endsWith('.js') ? 'text/javascript' : 'text/html';
      response.writeHead(200, { 'content-type': type, 'access-control-allow-origin': '*' }).end(body);
    });
    this.#server.on('upgrade', (request, socket) => {
      this.seen.push(`upgrade ${request.url}`);
      socket.destroy();
    });
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, this.#host, resolve));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Every way in which a page can lead its browser somewhere; each target gets a path of its own. */
const ways: Record<string, (target: string) => string> = {
  image: (target) => `<img src="${target}/image">`,
  script: (target) => `<script src="${target}/script.js"></script>`,
  stylesheet: (target) => `<link rel="stylesheet" href="${target}/style">`,
  prefetch: (target) => `<link rel="prefetch" href="${target}/prefetch">`,
  preconnect: (target) => `<link rel="preconnect" href="${target}">`,
  frame: (target) => `<iframe src="${target}/frame"></iframe>`,
  fetch: (target) => `<script>fetch("${target}/fetch", {mode: "no-cors"}).catch(() => {})</script>`,
  beacon: (target) => `<script>navigator.sendBeacon("${target}/beacon", "x")</script>`,
  WebSocket: (target) => `<script>try { new WebSocket("${target.replace('http', 'ws')}/socket") } catch {}</script>`,
  'dedicated worker': (target) =>
    `<script>new Worker(URL.createObjectURL(new Blob(['fetch("${target}/worker", {mode: "no-cors"}).catch(() => {})'])))</script>`,
  'shared worker': (target) =>
    `<script>new SharedWorker("data:text/javascript," + encodeURIComponent('fetch("${target}/shared", {mode: "no-cors"}).catch(() => {})'))</script>`,
  'service worker': () => `<script>navigator.serviceWorker?.register("/sw.js")</script>`,
  popup: (target) => `<script>window.open("${target}/popup")</script>`,
  form: (target) =>
    `<form id="f" target="x" method="post" action="${target}/form"></form><iframe name="x"></iframe><script>f.submit()</script>`,
  'redirect of an asset': () => '<img src="/away">',
};

const pageWith = (target: string): string =>
  `<!doctype html><title>ways</title>${Object.values(ways)
    .map((way) => way(target))
    .join('\n')}<script>setTimeout(() => { document.title = "done" }, 800)</script>`;

const binary = await chosenChromium();
const linux = process.platform === 'linux';

describe.runIf(linux)('what a page leads to', () => {
  const site = new Site('127.0.0.1');
  const victim = new Site('127.0.0.1');
  let app: RunningApp;

  beforeAll(async () => {
    await Promise.all([site.start(), victim.start()]);
    app = await RunningApp.start({}, chromiumEngine(binary));
  });
  afterAll(async () => {
    await app?.close();
    await Promise.all([site.close(), victim.close()]);
  });
  beforeEach(() => {
    victim.seen.length = 0;
    victim.pages = {};
  });

  const lead = async (session: string, target: string): Promise<{ blocked?: { host: string; count: number }[] }> => {
    site.pages = {
      '/': pageWith(target),
      '/away': `redirect:${target}/away`,
      '/sw.js': `self.oninstall = () => fetch("${target}/sw", {mode: "no-cors"}).catch(() => {})`,
    };
    await app.ok({ cmd: 'request.get', session, url: `http://127.0.0.1:${site.port}/` });
    await expect
      .poll(async () => (await app.ok({ cmd: 'request.get', session, keepSamePage: true })).solution.response, {
        timeout: 10_000,
      })
      .toContain('<title>done</title>');
    // The same once more, to have it in one request's list.
    const reply = await app.ok({ cmd: 'request.get', session, url: `http://127.0.0.1:${site.port}/?again` });
    return reply.solution;
  };

  it('the victim itself – is led to in every way when it is allowed (the test would see it)', async () => {
    const open = await RunningApp.start({ MOORING_PRIVATE_NETWORKS: '127.0.0.0/8' }, chromiumEngine(binary));
    const before = app;
    app = open;
    try {
      await lead('open', `http://127.0.0.1:${victim.port}`);
      for (const path of ['/image', '/frame', '/fetch', '/worker', '/away', '/sw', '/form', 'upgrade /socket']) {
        expect(victim.seen, path).toContain(path);
      }
    } finally {
      app = before;
      await open.close();
    }
  });

  it.each([
    ['by its address', (port: number) => `http://127.0.0.1:${port}`],
    ['by another address of loopback', (port: number) => `http://127.0.0.2:${port}`],
    ['by name', (port: number) => `http://localhost:${port}`],
    ['as a decimal number', (port: number) => `http://2130706433:${port}`],
    ['in octal', (port: number) => `http://0177.0.0.1:${port}`],
    ['in hex', (port: number) => `http://0x7f.1:${port}`],
    ['IPv4-mapped', (port: number) => `http://[::ffff:127.0.0.1]:${port}`],
  ])('a private host that the caller did not name, %s – is not reached in any way', async (how, target) => {
    const solution = await lead(`private-${how.replace(/\W/g, '-')}`, target(victim.port));
    expect(victim.seen).toEqual([]);
    expect(solution.blocked?.length).toBeGreaterThan(0);
    expect(solution.blocked?.[0]?.count).toBeGreaterThan(0);
  });

  it("the server's own port, and another session's – are not reached", async () => {
    await app.ok({ cmd: 'sessions.create', session: 'other' });
    await lead('own-port', app.url);
    expect(
      (await app.ok({ cmd: 'sessions.list' })).sessions.map((row: { session: string }) => row.session),
    ).not.toContain('made-by-page');
    await app.fails('DESTINATION_FORBIDDEN', { cmd: 'request.get', session: 'own-port', url: `${app.url}/livez` });
  });

  it('a redirect of the page itself – DESTINATION_FORBIDDEN names host and rule', async () => {
    site.pages = { '/to-private': `redirect:http://127.0.0.1:${victim.port}/` };
    const error = await app.fails('DESTINATION_FORBIDDEN', {
      cmd: 'request.get',
      session: 'redirected',
      url: `http://127.0.0.1:${site.port}/to-private`,
    });
    expect(error).toContain(`127.0.0.1:${victim.port} is refused: it is no global address (loopback)`);
    expect(victim.seen).toEqual([]);
  });
});

describe.runIf(linux)('names', () => {
  // 127.0.0.2 stands for the public network, 127.0.0.1 for the private one.
  const outside = new Site('127.0.0.2');
  const inside = new Site('127.0.0.1');
  const answers: Record<string, string[][]> = {};
  let app: RunningApp;

  const resolve = async (host: string): Promise<LookupAddress[]> => {
    const list = answers[host] ?? [];
    const next = list.length > 1 ? list.shift() : list[0];
    return (next ?? []).map((address) => ({ address, family: 4 }));
  };

  beforeAll(async () => {
    await Promise.all([outside.start(), inside.start()]);
    app = await RunningApp.start({ MOORING_PRIVATE_NETWORKS: '127.0.0.2/32' }, chromiumEngine(binary), resolve);
  });
  afterAll(async () => {
    await app?.close();
    await Promise.all([outside.close(), inside.close()]);
  });

  it.each([
    ['a private address', [['127.0.0.1']]],
    ['a public and a private one', [['127.0.0.2', '127.0.0.1']]],
  ])('a name that resolves to %s – is refused', async (_what, list) => {
    answers['name.test'] = structuredClone(list);
    const error = await app.fails('DESTINATION_FORBIDDEN', {
      cmd: 'request.get',
      url: `http://name.test:${inside.port}/`,
    });
    expect(error).toContain('name.test');
    expect(inside.seen).toEqual([]);
  });

  it('a name that resolves to a public address first and a private one second – gets no further than the first', async () => {
    answers['rebind.test'] = [['127.0.0.2'], ['127.0.0.1']];
    const url = `http://rebind.test:${outside.port}/`;
    expect((await app.ok({ cmd: 'request.get', session: 'rebind', url, closeAfterUse: true })).solution.innerText).toBe(
      'nothing',
    );
    await app.fails('DESTINATION_FORBIDDEN', { cmd: 'request.get', session: 'rebind-2', url });
    expect(inside.seen).toEqual([]);
  });
});

describe.runIf(linux)('a name that the caller itself goes to', () => {
  it('public first and private later – may not lead inside, in the same session either', async () => {
    const outside = new Site('127.0.0.2');
    const inside = new Site('127.0.0.1');
    await outside.start();
    await inside.start();
    // A guard that takes 127.0.0.2 for public cannot be had in the mode `named`: the port is asked directly.
    const answers = [['93.184.216.34'], ['127.0.0.1']];
    const guard = new AddressGuard({
      privateNetworks: { kind: 'named' },
      resolve: async () =>
        (answers.length > 1 ? (answers.shift() ?? []) : (answers[0] ?? [])).map((address) => ({ address, family: 4 })),
    });
    const policy = new EgressPolicy({ guard, domains: {} });
    policy.name(`http://rebind.test:${inside.port}/`);
    const to = { host: 'rebind.test', port: inside.port };
    const { signal } = new AbortController();
    expect(await policy.resolve(to, signal)).toEqual([{ address: '93.184.216.34', family: 4 }]);
    await expect(policy.resolve(to, signal)).rejects.toMatchObject({ code: 'DESTINATION_FORBIDDEN' });
    await Promise.all([outside.close(), inside.close()]);
  });
});

describe.runIf(linux)('domain rules', () => {
  const site = new Site('127.0.0.1');
  let app: RunningApp;

  beforeAll(async () => {
    await site.start();
    const resolve = async (): Promise<LookupAddress[]> => [{ address: '127.0.0.1', family: 4 }];
    app = await RunningApp.start({ MOORING_PRIVATE_NETWORKS: '127.0.0.0/8' }, chromiumEngine(binary), resolve);
  });
  afterAll(async () => {
    await app?.close();
    await site.close();
  });
  beforeEach(() => {
    site.seen.length = 0;
    const port = site.port;
    site.pages = {
      '/': `<title>shop</title><img src="http://img.shop.test:${port}/own"><img src="http://cdn.test:${port}/cdn">
        <img src="http://a.cdn.test:${port}/a-cdn"><img src="http://ads.test:${port}/ads"><img src="http://ads.test:${port}/ads2">
        <script>new WebSocket("ws://ads.test:${port}/ws"); new Worker(URL.createObjectURL(new Blob(['fetch("http://ads.test:${port}/worker")'])))</script>`,
      '/to-ads': `redirect:http://ads.test:${port}/landing`,
    };
  });

  const get = (session: string, rest: Record<string, unknown>) =>
    app.send({ cmd: 'request.get', session, url: `http://www.shop.test:${site.port}/`, ...rest });

  it('an allow list – the own site and what is listed, with subdomains; the rest is refused and told', async () => {
    covers('create', 'whitelistedDomains');
    await app.ok({ cmd: 'sessions.create', session: 'allow', whitelistedDomains: ['cdn.test'] });
    const { body } = await get('allow', {});
    expect(site.seen).toEqual(expect.arrayContaining(['/', '/own', '/cdn', '/a-cdn']));
    expect(site.seen.filter((path) => /ads|worker|ws/.test(path))).toEqual([]);
    expect(body.solution.blocked).toMatchObject([{ host: 'ads.test', reason: 'DOMAIN_NOT_ALLOWED' }]);
    expect(body.solution.blocked[0].count).toBeGreaterThanOrEqual(2);
  });

  it('an empty allow list – the own site alone', async () => {
    await get('empty', { whitelistedDomains: [] });
    expect(site.seen.sort()).toEqual(['/', '/own']);
  });

  it('a deny list – wins over the allow list, and over the caller', async () => {
    covers('create', 'blackListedDomains');
    await app.ok({
      cmd: 'sessions.create',
      session: 'deny',
      whitelistedDomains: ['cdn.test', 'ads.test'],
      blackListedDomains: ['a.cdn.test'],
    });
    await get('deny', {});
    expect(site.seen).toContain('/ads');
    expect(site.seen).not.toContain('/a-cdn');
    const { body } = await get('deny', { url: `http://a.cdn.test:${site.port}/` });
    expect(body.code).toBe('DOMAIN_NOT_ALLOWED');
  });

  it('rules of a request – hold while it runs, and no longer', async () => {
    covers('request', 'whitelistedDomains', 'blackListedDomains');
    await get('request', { blackListedDomains: 'ads.test' });
    expect(site.seen).not.toContain('/ads');
    await get('request', {});
    expect(site.seen).toContain('/ads');
    site.seen.length = 0;
    await get('request', { whitelistedDomains: ['cdn.test'] });
    expect(site.seen).toContain('/cdn');
    expect(site.seen).not.toContain('/ads');
  });

  it('a redirect to a domain that is not allowed – DOMAIN_NOT_ALLOWED', async () => {
    const { body } = await get('redirect', {
      url: `http://www.shop.test:${site.port}/to-ads`,
      whitelistedDomains: ['cdn.test'],
    });
    expect(body.code).toBe('DOMAIN_NOT_ALLOWED');
    expect(body.error).toContain('ads.test is neither');
    expect(site.seen).not.toContain('/landing');
  });
});
