import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chosenChromium, chromiumEngine } from '../support/chromium.js';
import { covers } from '../support/covers.js';
import { Origin } from '../support/origin.js';
import { type ProxyKind, type ProxyMood, TestProxy } from '../support/proxies.js';
import { RunningApp } from '../support/start-app.js';
import { trustSwitch } from '../support/tls/certificate.js';

const kinds: readonly ProxyKind[] = ['http', 'https', 'socks4', 'socks4a', 'socks5', 'socks5h'];
const right = { username: 'anna', password: 'p@ss:w#rd/' };
const wrong = { username: 'berta', password: 'nope' };

const origins = { http: new Origin('http'), https: new Origin('https') };
let app: RunningApp;
let n = 0;

beforeAll(async () => {
  await Promise.all([origins.http.start(), origins.https.start()]);
  const settings = {
    MOORING_PROXY_CHECK: 'off',
    MOORING_CONNECT_TIMEOUT: '700ms',
    MOORING_PROXY_CA: join(import.meta.dirname, '..', 'support', 'tls', 'cert.pem'),
  };
  app = await RunningApp.start(settings, chromiumEngine(await chosenChromium(), 50, [trustSwitch()]));
});
afterAll(async () => {
  await app?.close();
  await Promise.all([origins.http.close(), origins.https.close()]);
});
beforeEach(() => {
  for (const origin of Object.values(origins)) origin.seen.length = 0;
});

const get = (proxy: string, url: string, timeout = 8000) =>
  app.send({ cmd: 'request.get', session: `matrix-${n++}`, proxy, url, timeout, closeAfterUse: true });

async function withProxy(
  options: ConstructorParameters<typeof TestProxy>[0],
  work: (proxy: TestProxy) => Promise<void>,
): Promise<void> {
  const proxy = new TestProxy(options);
  await proxy.start();
  try {
    await work(proxy);
  } finally {
    await proxy.close();
  }
}

/** The code for refused credentials, as the contract names it for each kind. */
const refusedCode = (kind: ProxyKind): string =>
  kind.startsWith('socks4') ? 'CODE-0015' : kind.startsWith('socks5') ? 'CODE-0016' : 'CODE-0005';

describe.each(kinds)('%s proxy', (kind) => {
  describe.each(['http', 'https'] as const)('to an %s site', (scheme) => {
    it.each([
      ['none wanted, none given', undefined, undefined],
      ['right', right, right],
    ])('credentials %s – the page comes, and through the proxy alone', async (_what, credentials, given) => {
      covers('request', 'proxy');
      await withProxy({ kind, ...(credentials ? { credentials } : {}) }, async (proxy) => {
        const { body } = await get(proxy.url(given), `${origins[scheme].url}/with-asset`);
        expect(body).toMatchObject({ data: 'success', solution: { statusCode: 200, innerText: 'styled' } });
        expect(proxy.requests.length).toBeGreaterThan(0);
        expect(proxy.requests.every((asked) => asked.includes(`127.0.0.1:${origins[scheme].port}`))).toBe(true);
      });
    });

    it.each([
      ['wrong', wrong],
      ['missing', undefined],
    ])('credentials %s – its code, and nothing goes around it', async (_what, given) => {
      await withProxy({ kind, credentials: right }, async (proxy) => {
        const { body } = await get(proxy.url(given), `${origins[scheme].url}/`);
        expect(body.code).toBe(refusedCode(kind));
        expect(body.error).not.toMatch(/nope|p@ss/);
        expect(origins[scheme].seen).toEqual([]);
      });
    });

    it('dead – CODE-0019, and nothing goes around it', async () => {
      const proxy = new TestProxy({ kind });
      await proxy.start();
      const url = proxy.url(right);
      await proxy.close();
      const { body } = await get(url, `${origins[scheme].url}/`);
      expect(body.code).toBe('CODE-0019');
      expect(origins[scheme].seen).toEqual([]);
    });

    // An HTTP proxy forwards plain requests itself: its own slowness or refusal looks like the site's.
    const forwards = scheme === 'http' && (kind === 'http' || kind === 'https');
    it.each([
      ['silent', forwards ? 'CODE-0025' : 'CODE-0024'],
      ['denying', forwards ? 'a page with 403' : 'CODE-0005'],
    ] as [ProxyMood, string][])('%s – %s, and nothing goes around it', async (mood, expected) => {
      await withProxy({ kind, mood }, async (proxy) => {
        const { body } = await get(proxy.url(), `${origins[scheme].url}/`, 3000);
        if (expected === 'a page with 403') expect(body.solution.statusCode).toBe(403);
        else expect(body.code).toBe(expected);
        expect(origins[scheme].seen).toEqual([]);
      });
    });
  });

  it('a name that only the proxy knows – is resolved there', async () => {
    const names = { 'only-here.test': String(origins.http.port) };
    await withProxy({ kind, names }, async (proxy) => {
      const { body } = await get(proxy.url(), 'http://only-here.test/');
      expect(body.solution?.innerText).toContain('Hello');
      expect(proxy.requests.some((asked) => asked.includes('only-here.test'))).toBe(true);
    });
  });

  it('dies in the middle of a session – CODE-0019 until it is moved; cookies and page stay', async () => {
    covers('command', 'sessions.proxy');
    const session = `dies-${kind}`;
    const [first, second] = [new TestProxy({ kind }), new TestProxy({ kind, credentials: right })];
    await first.start();
    await second.start();
    const url = `${origins.http.url}/set-cookie`;
    await app.ok({ cmd: 'request.get', session, proxy: first.url(), url });
    await first.close();
    origins.http.seen.length = 0;
    for (let i = 0; i < 2; i++)
      await app.fails('CODE-0019', { cmd: 'request.get', session, url: `${origins.http.url}/echo` });
    expect(origins.http.seen).toEqual([]);
    await app.ok({ cmd: 'sessions.proxy', session, proxy: second.url(right) });
    const reply = await app.ok({ cmd: 'request.get', session, url: `${origins.http.url}/echo` });
    expect(reply.solution.cookieString).toContain('a=1');
    expect(second.requests.length).toBeGreaterThan(0);
    await app.ok({ cmd: 'sessions.destroy', session });
    await second.close();
  });
});

it('a page with 60 assets through an authenticated proxy – the second load asks the proxy for at most two things', async () => {
  await withProxy({ kind: 'http', credentials: right }, async (proxy) => {
    const load = () =>
      app.ok({
        cmd: 'request.get',
        session: 'cache',
        proxy: proxy.url(right),
        url: `${origins.http.url}/assets?count=60`,
      });
    await load();
    expect(proxy.requests.length).toBeGreaterThan(60);
    proxy.requests.length = 0;
    await load();
    expect(proxy.requests.length).toBeLessThanOrEqual(2);
  });
});

it('a proxy on the server itself – is refused', async () => {
  await app.fails('DESTINATION_FORBIDDEN', { cmd: 'sessions.create', proxy: app.url });
});
