import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { covers } from '../support/covers.js';
import { Origin } from '../support/origin.js';
import { RunningApp } from '../support/start-app.js';

const origin = new Origin();
let app: RunningApp;
beforeAll(async () => {
  await origin.start();
  app = await RunningApp.start({ MOORING_REQUEST_TIMEOUT: '5s', MOORING_RESPONSE_LIMIT: '2KB' });
});
afterAll(async () => {
  await app.close();
  await origin.close();
});

const always = [
  'cookieString',
  'cookies',
  'currentUrl',
  'innerText',
  'localStorageData',
  'method',
  'requestHeaders',
  'response',
  'responseHeaders',
  'statusCode',
  'type',
  'userAgent',
  'verified',
];

const form = 'application/x-www-form-urlencoded';
const json = 'application/json';
const echoed = (reply: { solution: { innerText: string } }) => JSON.parse(reply.solution.innerText);

describe('request.*', () => {
  it('a page – every field that is always there, and no key `error`', async () => {
    covers('request', 'url');
    const body = await app.ok({ cmd: 'request.get', url: `${origin.url}/set-cookie` });
    expect(Object.keys(body).sort()).toEqual(['created', 'data', 'requestId', 'session', 'solution', 'timeElapsed']);
    expect(Object.keys(body.solution).sort()).toEqual(always);
    expect(body.solution).toMatchObject({ verified: true, type: 'browser', statusCode: 200, method: 'GET' });
    for (const { expires } of body.solution.cookies) expect(Number.isInteger(expires)).toBe(true);
  });

  it.each([403, 404])('an upstream %i – is success with that status', async (status) => {
    const path = status === 404 ? '/missing' : '/login';
    const cmd = status === 404 ? 'request.get' : 'request.post';
    const reply = await app.ok({ cmd, url: `${origin.url}${path}`, ...(status === 403 ? { postData: 'user=x' } : {}) });
    expect(reply.solution.statusCode).toBe(status);
  });

  it.each([
    ['request.post', 'POST'],
    ['request.put', 'PUT'],
    ['request.delete', 'DELETE'],
    ['request.patch', 'PATCH'],
  ])('%s – sends %s with body and headers', async (cmd, method) => {
    const reply = await app.ok({ cmd, url: `${origin.url}/echo`, postData: 'a=1', customHeaders: { 'X-Number': 5 } });
    expect(echoed(reply)).toMatchObject({
      method,
      body: 'a=1',
      headers: { 'x-number': '5', 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(reply.solution.method).toBe(method);
  });

  it.each([
    [{ a: 1, b: true, e: null }, undefined, 'a=1&b=true&e=', form],
    [{ a: 1, b: [2, 3], c: { d: 4 } }, undefined, '{"a":1,"b":[2,3],"c":{"d":4}}', json],
    [{ a: 1, b: [2, 3], c: { d: 4 }, e: null }, form, 'a=1&b=2&b=3&c=%7B%22d%22%3A4%7D&e=', form],
    [{ a: 1, b: null }, `${json}; charset=utf-8`, '{"a":1,"b":null}', `${json}; charset=utf-8`],
    [[1, 2], undefined, '[1,2]', json],
    [[1, 2], json, '[1,2]', json],
    ['{"a":1}', json, '{"a":1}', json],
    [' {"a": [1]} ', undefined, ' {"a": [1]} ', json],
    ['[1]', undefined, '[1]', json],
    ['{"a":1}', 'text/plain', '{"a":1}', 'text/plain'],
    ['{"a":1', undefined, '{"a":1', form],
    ['7', undefined, '7', form],
    ['a=1&b=2', undefined, 'a=1&b=2', form],
  ])('postData %j as %s – is sent as %s, %s', async (postData, type, sent, sentType) => {
    covers('request', 'postData');
    const customHeaders = type === undefined ? {} : { customHeaders: { 'Content-Type': type } };
    const reply = await app.ok({ cmd: 'request.post', url: `${origin.url}/echo`, postData, ...customHeaders });
    expect(echoed(reply)).toMatchObject({ body: sent, headers: { 'content-type': sentType } });
  });

  it('postData – a list as form fields, or nested without end – INVALID_PARAMETER', async () => {
    const url = `${origin.url}/echo`;
    const customHeaders = { 'content-type': form };
    expect(await app.fails('INVALID_PARAMETER', { cmd: 'request.post', url, postData: [1], customHeaders })).toContain(
      '`postData`: expected text or an object',
    );
    const deep = `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    const answer = await app.send(`{"cmd":"request.post","url":"${url}","postData":${deep}}`);
    expect(answer.body.error).toBe('INVALID_PARAMETER: expected a body of at most 500 levels; got more.');
  });

  it('cookies in every form – are sent, and the same twice changes nothing', async () => {
    covers('request', 'cookies', 'cookiejar');
    const cookies = {
      cookies: 'a=1; b=2',
      cookiejar: [{ key: 'c', value: 3, domain: '127.0.0.1', path: '/' }],
      customHeaders: { Cookie: 'd=4' },
    };
    const send = () => app.ok({ cmd: 'request.get', session: 'cookies', url: `${origin.url}/echo`, ...cookies });
    await send();
    const reply = await send();
    expect(echoed(reply).headers.cookie.split('; ').sort()).toEqual(['a=1', 'b=2', 'c=3', 'd=4']);
    expect(reply.solution.cookies).toHaveLength(4);
  });

  it('cookies as browser extensions export them – are taken', async () => {
    const cookie = {
      name: 'a',
      value: '1',
      domain: '127.0.0.1',
      path: '/',
      expires: 'Wed, 21 Oct 2099 07:28:00 GMT',
      sameSite: 'no_restriction',
      hostOnly: true,
    };
    const reply = await app.ok({ cmd: 'request.get', url: `${origin.url}/`, cookies: [cookie, 'b=2'] });
    expect(reply.solution.cookies.map(({ name }: { name: string }) => name).sort()).toEqual(['a', 'b']);
  });

  it('referer and headers of the connection – the first is sent, the others are left out with a warning', async () => {
    const reply = await app.ok({
      cmd: 'request.get',
      url: `${origin.url}/echo`,
      referer: 'http://from.example/',
      customHeaders: { Host: 'evil.example', 'Content-Length': '99' },
    });
    expect(echoed(reply).headers).toMatchObject({ referer: 'http://from.example/', host: new URL(origin.url).host });
    expect(reply.warnings).toHaveLength(2);
  });

  it('a cookie without a path – belongs to the whole site, wherever it was set', async () => {
    for (const path of ['/deep/set', '/']) {
      await app.ok({ cmd: 'request.get', session: 'path', url: `${origin.url}${path}`, cookies: 'tok=1' });
    }
    const reply = await app.ok({ cmd: 'request.get', session: 'path', url: `${origin.url}/echo` });
    expect(echoed(reply).headers.cookie).toBe('tok=1');
  });

  it('a site that sends bytes that are no HTTP – is that request’s failure or page, and nobody else’s', async () => {
    expect(
      (await app.ok({ cmd: 'request.get', session: 'bytes', url: `${origin.url}/garbage` })).solution.innerText,
    ).toBe('hi');
    await app.fails('CODE-0006', { cmd: 'request.get', session: 'bytes', url: `${origin.url}/no-status` });
    await app.ok({ cmd: 'request.get', session: 'bytes', url: origin.url });
  });

  it('closeAfterUse that never had its turn – leaves the session to those that use it', async () => {
    const running = app.send({ cmd: 'request.get', session: 'use', url: `${origin.url}/hang?use`, timeout: 1500 });
    await expect.poll(() => origin.count('/hang?use')).toBe(1);
    await app.fails('SESSION_BUSY', {
      cmd: 'request.get',
      session: 'use',
      url: origin.url,
      timeout: 200,
      closeAfterUse: true,
    });
    await app.fails('INVALID_PARAMETER', {
      cmd: 'request.get',
      session: 'use',
      url: origin.url,
      proxyCountry: 'Atlantis',
      closeAfterUse: true,
    });
    expect((await running).body.code).toBe('CODE-0025');
    expect((await app.ok({ cmd: 'sessions.active', session: 'use' })).active).toBe(true);
  });

  it('keepSamePage with something to send – says that it was not sent', async () => {
    await app.ok({ cmd: 'request.get', session: 'stay', url: origin.url });
    const reply = await app.ok({
      cmd: 'request.post',
      session: 'stay',
      keepSamePage: true,
      postData: 'a=1',
      customHeaders: { a: 'b' },
    });
    expect(reply.warnings).toHaveLength(2);
  });

  it('a field without the one that it belongs to – the reply says that it had no effect', async () => {
    const reply = await app.ok({ cmd: 'request.get', url: origin.url, customAttribute: 'href', fullPage: true });
    expect(reply.warnings).toEqual([
      '`customAttribute` has no effect without `cssSelector`.',
      '`fullPage` has no effect without `screenshot`.',
    ]);
  });

  it.each(['browser', 'request'])(
    'onlyStatusCode with more to show, in mode %s – says what it leaves out',
    async (requestType) => {
      // The last one is not waited for either.
      const pageFields = { screenshot: true, regex: 'a', interceptFetchRequest: '/never' };
      const more = { listAllRedirects: true, ...(requestType === 'browser' ? pageFields : {}) };
      const body = { cmd: 'request.get', url: origin.url, requestType, onlyStatusCode: true, ...more };
      const { solution, warnings } = await app.ok(body);
      expect(Object.keys(solution).sort()).toEqual(['currentUrl', 'statusCode', 'verified']);
      expect(warnings).toHaveLength(Object.keys(more).length);
      for (const name of Object.keys(more))
        expect(warnings).toContain(`\`${name}\` has no effect: \`onlyStatusCode\` leaves it out.`);
    },
  );

  it('keepSamePage – tells of the page again without a request', async () => {
    await app.ok({ cmd: 'request.get', session: 'keep', url: `${origin.url}/missing?keep` });
    const reply = await app.ok({ cmd: 'request.get', session: 'keep', keepSamePage: 'true' });
    expect(reply.solution).toMatchObject({ statusCode: 404, currentUrl: `${origin.url}/missing?keep` });
    expect(origin.count('/missing?keep')).toBe(1);
  });

  it('keepSamePage with a URL on a new session – goes there', async () => {
    const reply = await app.ok({ cmd: 'request.get', session: 'keep-new', url: `${origin.url}/`, keepSamePage: true });
    expect(reply.solution.statusCode).toBe(200);
  });

  it('innerText – is there whether it is asked for or not', async () => {
    covers('request', 'innerText');
    const plain = await app.ok({ cmd: 'request.get', url: `${origin.url}/text` });
    const reply = await app.ok({ cmd: 'request.get', url: `${origin.url}/text`, innerText: true });
    expect(reply.warnings).toBeUndefined();
    expect(reply.solution.innerText).toContain('three');
    expect(plain.solution.innerText).toBe(reply.solution.innerText);
  });

  it('filter – only those fields', async () => {
    covers('request', 'filter');
    const reply = await app.ok({ cmd: 'request.get', url: origin.url, filter: ['statusCode', 'innerText'] });
    expect(Object.keys(reply.solution).sort()).toEqual(['innerText', 'statusCode']);
    expect(await app.fails('INVALID_PARAMETER', { cmd: 'request.get', url: origin.url, filter: 'htmll' })).toContain(
      '`filter[0]`',
    );
  });

  it('a request that opens its session – tells what there is to be told of it, once', async () => {
    const body = { cmd: 'request.get', session: 'opens', url: origin.url, mobileProxy: true };
    expect((await app.ok(body)).warnings).toEqual([
      'There is no proxy pool on this server: the session connects directly.',
    ]);
    expect((await app.ok({ cmd: 'request.get', session: 'opens', url: origin.url })).warnings).toBeUndefined();
  });

  it('timezone, locales – in any case – are taken by the name that browsers know', async () => {
    const wish = { timezone: 'europe/berlin', locales: ['DE-de'] };
    const { fingerprint } = await app.ok({ cmd: 'sessions.create', ...wish });
    expect(fingerprint).toMatchObject({ timezone: 'Europe/Berlin', languages: ['de-DE'] });
  });

  it('fields about solving challenges – have no effect, and a warning each', async () => {
    covers(
      'request',
      'automaticallySolveCaptchas',
      'alwaysLoad',
      'cloudflareBypass',
      'datadomeBypass',
      'kasadaBypass',
      'disableAntiBot',
    );
    const solving = {
      automaticallySolveCaptchas: true,
      alwaysLoad: ['recaptcha'],
      cloudflareBypass: true,
      datadomeBypass: true,
      kasadaBypass: 'true',
      disableAntiBot: true,
    };
    const { warnings } = await app.ok({ cmd: 'request.get', url: origin.url, ...solving });
    expect(warnings).toEqual(Object.keys(solving).map((name) => expect.stringContaining(`\`${name}\` has no effect`)));
  });

  it('a download – its bytes, and nothing of a page', async () => {
    const { solution } = await app.ok({ cmd: 'request.get', url: `${origin.url}/file` });
    expect(Buffer.from(solution.base64Response, 'base64').toString()).toBe('PK-not-really');
    expect(solution).toMatchObject({ response: '', innerText: '', currentUrl: `${origin.url}/file` });
  });

  it('a page over the limit – RESPONSE_TOO_LARGE, and the session lives', async () => {
    const big = 'x'.repeat(3000);
    await app.fails('RESPONSE_TOO_LARGE', {
      cmd: 'request.post',
      session: 'big',
      url: `${origin.url}/echo`,
      postData: big,
    });
    await app.ok({ cmd: 'request.get', session: 'big', url: origin.url });
  });

  it.each([
    [{}, 'INVALID_PARAMETER', '`url`: expected an absolute'],
    [{ url: 'example.com' }, 'INVALID_PARAMETER', '`url`: expected an absolute URL'],
    [{ url: 'file:///etc/passwd' }, 'INVALID_PARAMETER', '`url`: expected a URL that starts with http'],
    [{ url: 'chrome://version' }, 'INVALID_PARAMETER', '`url`'],
    [{ url: 'http://a/', timeout: 'soon' }, 'INVALID_PARAMETER', '`timeout`: expected a whole number'],
    [{ url: 'http://a/', postData: 'a=1' }, 'INVALID_PARAMETER', '`postData`'],
    [{ url: 'http://a/', customHeaders: { 'a b': '1' } }, 'INVALID_PARAMETER', '`customHeaders.a b`'],
    [{ url: 'http://a/', customHeaders: { a: 'b\r\nc: d' } }, 'INVALID_PARAMETER', '`customHeaders.a`'],
    [{ url: 'http://a/', cookies: [{ value: '1' }] }, 'INVALID_PARAMETER', '`cookies[0].name`'],
    [{ url: 'http://a/', screenshotWidth: 0 }, 'INVALID_PARAMETER', '`screenshotWidth`'],
    [
      { url: 'http://a/', requestType: 'request', screenshot: true },
      'INVALID_PARAMETER',
      '`screenshot`: expected it absent',
    ],
    [{ url: 'http://a/', requestType: 'pigeon' }, 'INVALID_PARAMETER', '`requestType`'],
    [{ url: 'http://a/', model: 'x' }, 'UNSUPPORTED_PARAMETER', '`model`'],
    [{ url: 'http://a/', autoparse: true }, 'UNSUPPORTED_PARAMETER', '`autoparse`'],
    [{ url: 'http://a/', structure: { a: 1 } }, 'UNSUPPORTED_PARAMETER', '`structure`'],
    [{ url: 'http://a/', api_key: 'x' }, 'UNSUPPORTED_PARAMETER', '`api_key`'],
  ])('%j – %s, and no session is opened', async (fields, code, sentence) => {
    covers('request', 'autoparse', 'structure', 'model', 'api_key');
    const before = (await app.get('/api/v1/balance')).body.balance;
    expect(await app.fails(code, { cmd: 'request.get', ...fields })).toContain(sentence);
    expect((await app.get('/api/v1/balance')).body.balance).toBe(before);
  });
});
