import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { covers } from '../support/covers.js';
import { EngineSuite } from '../support/engine-suite.js';
import { type ProxyKind, TestProxy } from '../support/proxies.js';
import { suiteEngine as engine, suiteName } from '../support/suite-engines.js';

const kinds: readonly ProxyKind[] = ['http', 'https', 'socks4', 'socks4a', 'socks5', 'socks5h'];
const proxyAuthority = join(import.meta.dirname, '..', 'support', 'tls', 'cert.pem');
const credentials = { username: 'anna', password: 'p@ss:w#rd/' };

/** Log in, page through, download: on every engine, through every kind of proxy. */
describe.skipIf(engine.skip !== undefined)(suiteName(engine), () => {
  const settings = { MOORING_PROXY_CHECK: 'off', MOORING_PROXY_CA: proxyAuthority };
  const suite = new EngineSuite(engine, { session: 'job', settings });
  const { origin } = suite;

  it.each(kinds)('the job through a %s proxy with credentials – passes, and nothing goes around it', async (kind) => {
    covers('create', 'proxy');
    const proxy = new TestProxy({ kind, credentials });
    await proxy.start();
    try {
      const session = `job-${kind}`;
      await suite.app.ok({ cmd: 'sessions.create', session, proxy: proxy.url(credentials) });
      const postData = { user: 'anna', password: 'secret' };
      const account = await suite.app.ok({ cmd: 'request.post', session, url: `${origin.url}/login`, postData });
      expect(account.solution).toMatchObject({ currentUrl: `${origin.url}/account`, statusCode: 200 });
      const orders = await suite.app.ok({ cmd: 'request.get', session, url: `${origin.url}/orders?page=2` });
      expect(orders.solution.innerText).toMatch(/Order 2-1\s+Order 2-2/);
      const file = await suite.app.ok({ cmd: 'request.get', session, url: `${origin.url}/file` });
      expect(Buffer.from(file.solution.base64Response, 'base64').toString()).toBe('PK-not-really');
      expect(proxy.requests.length).toBeGreaterThan(0);
      await proxy.close();
      // With the proxy gone nothing comes any more.
      const { body } = await suite.app.send({
        cmd: 'request.get',
        session,
        url: `${origin.url}/?gone`,
        timeout: 8000,
      });
      expect(body.data).toBe('error');
      expect(origin.count('/?gone')).toBe(0);
      await suite.app.ok({ cmd: 'sessions.destroy', session });
    } finally {
      await proxy.close().catch(() => {}); // it is closed
    }
  });
});
