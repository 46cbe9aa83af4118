import { describe, expect, it } from 'vitest';
import { covers } from '../support/covers.js';
import { EngineSuite } from '../support/engine-suite.js';
import { Origin } from '../support/origin.js';
import { TestProxy } from '../support/proxies.js';
import { suiteEngine, suiteName } from '../support/suite-engines.js';

const suite = new EngineSuite(suiteEngine, {
  session: 'plain',
  settings: { MOORING_PROXY_CHECK: 'off', MOORING_RESPONSE_LIMIT: '1MB' },
});
const { origin } = suite;

const send = (path: string, rest: Record<string, unknown> = {}) =>
  suite.app.send(suite.body(path, { requestType: 'request', ...rest }));
const solution = async (path: string, rest: Record<string, unknown> = {}) => {
  const { body } = await send(path, rest);
  if (body.data !== 'success') throw new Error(JSON.stringify(body));
  return body.solution;
};

describe.skipIf(suiteEngine.skip !== undefined)(`requestType request on ${suiteName(suiteEngine)}`, () => {
  const sets = (...lines: string[]): string =>
    `${origin.url}/sets?${new URLSearchParams(lines.map((line) => ['line', line]))}`;
  const cookiesAfter = async (session: string, url: string): Promise<string[]> => {
    const { solution } = await suite.app.ok({ cmd: 'request.get', session, url, requestType: 'request' });
    return solution.cookies.map(({ name, value }: { name: string; value: string }) => `${name}=${value}`).sort();
  };

  it('cookies – deleted and set again in one answer – the last line counts', async () => {
    const past = 'expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/';
    expect(await cookiesAfter('order', sets(`sid=deleted; ${past}`, 'sid=fresh; Path=/'))).toEqual(['sid=fresh']);
    expect(await cookiesAfter('order', sets('sid=again; Path=/', `sid=deleted; ${past}`))).toEqual([]);
  });

  it('cookies – one of another domain is neither set nor deleted; an odd line takes no other along', async () => {
    const cookies = [{ name: 'bank', value: 'secret', domain: 'bank.test', path: '/' }];
    await suite.app.ok({ cmd: 'request.get', session: 'foreign', url: `${origin.url}/`, cookies });
    const lines = ['bank=; Domain=bank.test; Path=/; Max-Age=0', `big=${'x'.repeat(5000)}; Path=/`, 'ok=1; Path=/'];
    expect(await cookiesAfter('foreign', sets(...lines))).toEqual(expect.arrayContaining(['bank=secret', 'ok=1']));
  });

  it('a stray % in the user information of a URL – is taken as it is', async () => {
    const url = `http://user:100%@127.0.0.1:${origin.port}/echo`;
    const { solution } = await suite.app.ok({ cmd: 'request.get', session: 'percent', url, requestType: 'request' });
    const { authorization } = JSON.parse(solution.innerText).headers;
    expect(Buffer.from(authorization.slice(6), 'base64').toString()).toBe('user:100%');
  });

  it('a page – every field that is always there, without a page', async () => {
    covers('request', 'requestType');
    const reply = await solution('/missing');
    expect(reply).toMatchObject({
      type: 'request',
      verified: true,
      statusCode: 404,
      innerText: expect.stringContaining('Nothing here'),
      localStorageData: {},
    });
    expect(reply.requestHeaders['user-agent']).toBe(reply.userAgent);
    expect(reply.userAgent).toMatch(/Chrome\/|Firefox\//);
    expect(origin.seen.filter(({ path }) => path === '/missing')).toHaveLength(1);
  });

  it('cookies – go both ways between the page and the exchange', async () => {
    const session = 'both';
    await suite.app.ok({
      cmd: 'request.post',
      session,
      url: `${origin.url}/login`,
      postData: { user: 'anna', password: 'secret' },
    });
    expect((await solution('/orders?page=1', { session })).innerText).toContain('Order 1-1');
    expect((await solution('/set-cookie', { session })).cookieString).toContain('b=2');
    const page = await suite.app.ok({ cmd: 'request.get', session, url: `${origin.url}/echo` });
    expect(JSON.parse(page.solution.innerText).headers.cookie.split('; ').sort()).toEqual(['a=1', 'b=2', 'sid=anna-1']);
    await solution('/forget', { session });
    expect((await solution('/echo', { session })).cookieString).not.toContain('a=1');
    expect((await suite.app.ok({ cmd: 'request.get', session, keepSamePage: true })).solution.currentUrl).toBe(
      `${origin.url}/echo`,
    );
  });

  it('cookies for domains that the site may not set – are not kept', async () => {
    const { cookies } = await solution('/super-cookie', { session: 'super' });
    expect(cookies.map(({ name }: { name: string }) => name)).toEqual(['own']);
  });

  it('the login in one exchange – redirect and cookie', async () => {
    const { body } = await suite.app.send({
      cmd: 'request.post',
      session: 'login',
      requestType: 'request',
      url: `${origin.url}/login`,
      postData: 'user=anna&password=secret',
      listAllRedirects: true,
    });
    expect(body.solution).toMatchObject({
      statusCode: 200,
      method: 'GET',
      currentUrl: `${origin.url}/account`,
      cookieString: 'sid=anna-1',
    });
    expect(body.solution.redirects.map(({ statusCode }: { statusCode: number }) => statusCode)).toEqual([303, 200]);
  });

  it.each(['request.put', 'request.patch', 'request.delete', 'request.post'])(
    '%s – method, headers and body; a 307 keeps them',
    async (cmd) => {
      const { body } = await suite.app.send({
        cmd,
        requestType: 'request',
        url: `${origin.url}/keep-method`,
        postData: { a: 1 },
        customHeaders: { 'Content-Type': 'application/json', 'X-Test': 'yes' },
        referer: 'http://from.example/',
      });
      expect(JSON.parse(body.solution.innerText)).toMatchObject({
        method: cmd.split('.')[1]?.toUpperCase(),
        body: '{"a":1}',
        headers: { 'content-type': 'application/json', 'x-test': 'yes', referer: 'http://from.example/' },
      });
    },
  );

  it.each(['gzip', 'br', 'deflate'])('a body packed as %s – is unpacked', async (as) => {
    expect((await solution(`/packed?as=${as}`)).innerText).toBe('packed ü');
  });

  it('charset, bytes, 204 – as they come', async () => {
    expect((await solution('/latin')).innerText).toBe('ü');
    const image = await solution('/image');
    expect([image.innerText, Buffer.from(image.base64Response, 'base64').subarray(1, 4).toString()]).toEqual([
      '',
      'PNG',
    ]);
    expect((await solution('/file')).base64Response).toBe(Buffer.from('PK-not-really').toString('base64'));
    expect(await solution('/empty')).toMatchObject({ statusCode: 204, innerText: '' });
    expect(await solution('/missing', { onlyStatusCode: true })).toEqual({
      verified: true,
      statusCode: 404,
      currentUrl: `${origin.url}/missing`,
    });
  });

  it('too large, packed or not – RESPONSE_TOO_LARGE', async () => {
    expect((await send('/large?bytes=3000000')).body.code).toBe('RESPONSE_TOO_LARGE');
    expect((await send('/bomb')).body.code).toBe('RESPONSE_TOO_LARGE');
  });

  it('failures – with their codes, and the session lives', async () => {
    expect((await send('/loop')).body).toMatchObject({
      code: 'CODE-0006',
      error: expect.stringContaining('redirects'),
    });
    expect((await send('/reset')).body.code).toBe('CODE-0006');
    expect((await send('/hang', { timeout: 600 })).body.code).toBe('CODE-0025');
    expect((await send('/', { whitelistedDomains: ['other.example'], url: suite.app.url })).body.code).toBe(
      'DESTINATION_FORBIDDEN',
    );
    expect((await send('/flaky', { retries: 5 })).body.data).toBe('success');
  });

  it('a redirect into the network of the server – DESTINATION_FORBIDDEN', async () => {
    const victim = new Origin();
    await victim.start();
    const site = new Origin();
    site.redirects['/away'] = `${victim.url}/`;
    await site.start();
    const { body } = await suite.app.send({
      cmd: 'request.get',
      session: 'guard',
      requestType: 'request',
      url: `${site.url}/away`,
    });
    expect(body.code).toBe('DESTINATION_FORBIDDEN');
    expect(victim.seen).toEqual([]);
    await Promise.all([victim.close(), site.close()]);
  });

  it.each(['http', 'socks5'] as const)('through a %s proxy – right and wrong credentials', async (kind) => {
    const credentials = { username: 'u', password: 'p' };
    const proxy = new TestProxy({ kind, credentials });
    await proxy.start();
    expect(
      (await send('/', { session: `right-${kind}`, proxy: proxy.url(credentials) })).body.solution.statusCode,
    ).toBe(200);
    expect(proxy.requests).toHaveLength(1);
    const before = origin.seen.length;
    const wrong = await send('/', { session: `wrong-${kind}`, proxy: proxy.url({ username: 'u', password: 'x' }) });
    expect(wrong.body.code).toBe(kind === 'http' ? 'CODE-0005' : 'CODE-0016');
    expect(origin.seen.length).toBe(before);
    await proxy.close();
  });
});
