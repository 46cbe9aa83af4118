import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { covers } from '../support/covers.js';
import { Origin } from '../support/origin.js';
import { RunningApp } from '../support/start-app.js';

/** How clients really call: each case is a habit of one of them, and has to get its caller what it came for. */
const origin = new Origin();
let app: RunningApp;
beforeAll(async () => {
  await origin.start();
  app = await RunningApp.start();
});
afterAll(async () => {
  await app.close();
  await origin.close();
});

const get = (fields: Record<string, unknown>) => app.ok({ cmd: 'request.get', url: `${origin.url}/echo`, ...fields });
const post = (fields: Record<string, unknown>) => app.ok({ cmd: 'request.post', url: `${origin.url}/echo`, ...fields });
const echoed = (reply: { solution: { innerText: string } }) => JSON.parse(reply.solution.innerText);

describe('names', () => {
  it.each([{ Cmd: 'request.get' }, { CMD: 'request.get', cmd: undefined }])(
    '%j – the verb is found whatever its case',
    async (fields) => {
      const answer = await app.send({ ...fields, url: `${origin.url}/echo` });
      expect(answer.body.data).toBe('success');
    },
  );

  it('Url, POSTDATA, custom_headers – mean what they say', async () => {
    const reply = await app.ok({
      cmd: 'request.post',
      Url: `${origin.url}/echo`,
      POSTDATA: { a: 1 },
      custom_headers: { 'x-a': 'b' },
      Filter: ['innerText'],
    });
    expect(echoed(reply)).toMatchObject({ body: 'a=1', headers: { 'x-a': 'b' } });
    expect(reply.warnings).toBeUndefined();
  });

  it('blacklistedDomains – holds', async () => {
    await app.fails('DOMAIN_NOT_ALLOWED', {
      cmd: 'request.get',
      url: `${origin.url}/echo`,
      blacklistedDomains: '127.0.0.1',
    });
  });

  it('what the wrappers send besides – is taken in silence', async () => {
    const reply = await get({
      endpoint: 'request.get',
      apiKey: 'k',
      userId: 7,
      maxTimeout: 60_000,
      autoparse: null,
      properties: 'name, price',
      headless: 'true',
      geoip: 'true',
      noDriver: true,
      dontChangeProxy: true,
      requestType: 'Browser',
    });
    expect(reply.warnings).toBeUndefined();
  });

  it('what means nothing here – is told by name', async () => {
    covers(
      'request',
      'profileId',
      'forceUniqueFingerprint',
      'webrtcIpv4',
      'webrtcIpv6',
      'neverCacheDomains',
      'headful',
      'showBrowser',
      'devTools',
      'waitForSpecificActionOnSite',
      'javascriptReturn',
      'setCustomHeaders',
      'legacy',
      'websocket',
      'MAX_SESSIONS_OPEN',
    );
    const fields = {
      profileId: 'p',
      forceUniqueFingerprint: true,
      webrtcIpv4: '1.2.3.4',
      webrtcIpv6: '::1',
      neverCacheDomains: ['a.example'],
      headful: true,
      showBrowser: true,
      devTools: true,
      waitForSpecificActionOnSite: true,
      javascriptReturn: [1],
      setCustomHeaders: true,
      legacy: true,
      websocket: true,
      MAX_SESSIONS_OPEN: 5,
    };
    const { warnings } = await get(fields);
    expect(warnings).toHaveLength(Object.keys(fields).length);
    for (const name of Object.keys(fields)) {
      expect(warnings).toContainEqual(expect.stringMatching(new RegExp(`^\`${name}\` has no effect: .*\\.$`)));
    }
  });

  it('fields of other APIs – fail nothing, and the reply says what was meant', async () => {
    const reply = await get({ headers: { a: 'b' }, actions: [], waitFor: 5 });
    expect(reply.warnings).toEqual([
      'Unknown field `headers`: it had no effect; did you mean `customHeaders`?',
      'Unknown field `actions`: it had no effect; did you mean `browserActions`?',
      'Unknown field `waitFor`: it had no effect; did you mean `browserActions`?',
    ]);
  });

  it('sessions.* – tell them too', async () => {
    const create = await app.ok({ cmd: 'sessions.create', Session: 'told', foo: 1 });
    expect(create).toMatchObject({ session: 'told', warnings: ['Unknown field `foo`: it had no effect.'] });
    for (const cmd of ['sessions.active', 'sessions.destroy']) {
      expect((await app.ok({ cmd, session: 'told', foo: 1 })).warnings).toEqual(create.warnings);
    }
    expect((await app.ok({ cmd: 'sessions.list', foo: 1 })).warnings).toEqual(create.warnings);
  });

  it('a misspelt field that guards – is refused before anything goes out', async () => {
    const before = origin.count('/echo');
    for (const fields of [
      { proxyUrl: 'http://127.0.0.1:1' },
      { whiteListDomains: ['a.example'] },
      { sessionId: 'x' },
    ]) {
      await app.fails('INVALID_PARAMETER', { cmd: 'request.get', url: `${origin.url}/echo`, ...fields });
    }
    expect(origin.count('/echo')).toBe(before);
  });
});

describe('values', () => {
  it('"" – is a field that was not filled in', async () => {
    const reply = await get({
      proxy: '',
      session: '',
      userAgent: '',
      proxyCountry: '',
      referer: '',
      cookies: '',
      timeout: '',
      cssSelector: '',
      browserActions: '',
      screenshotWidth: '',
      locales: '',
    });
    expect(reply.session).toMatch(/^[0-9a-f-]{36}$/);
    expect(reply.solution.cssSelector).toBeUndefined();
    expect(reply.warnings).toBeUndefined();
    expect((await app.ok({ cmd: 'sessions.create', session: '', proxy: '' })).session).toMatch(/^[0-9a-f-]{36}$/);
    const batch = { cmd: 'request.batch', session: '', proxy: '', requests: { url: `${origin.url}/echo`, proxy: '' } };
    expect((await app.ok(batch)).results).toHaveLength(1);
  });

  it('url: "" beside keepSamePage – stays', async () => {
    await get({ session: 'stay' });
    const reply = await app.ok({ cmd: 'request.get', session: 'stay', url: '', keepSamePage: 'true' });
    expect(reply.solution.currentUrl).toBe(`${origin.url}/echo`);
  });

  it.each(['sessions.destroy', 'sessions.active', 'sessions.proxy', 'sessions.identity'])(
    '%s with session: "" – says what it wants',
    async (cmd) => {
      expect(await app.fails('INVALID_PARAMETER', { cmd, session: '' })).toBe(
        'INVALID_PARAMETER: `session`: expected 1 to 128 characters of A-Z a-z 0-9 . _ : -; got empty text.',
      );
    },
  );

  it('text for booleans and numbers, one value for a list, null for nothing, the whole reply as session', async () => {
    const created = await app.ok({ cmd: 'sessions.create', session: 'habit', session_ttl: '60' });
    const reply = await get({
      session: { session: created.session, fingerprint: {} },
      screenshot: 'true',
      fullPage: 'false',
      timeout: '30000',
      filter: 'screenshot',
      cookies: null,
      postData: null,
      closeAfterUse: 1,
    });
    expect(reply.session).toBe('habit');
    expect(Object.keys(reply.solution)).toEqual(['screenshot']);
  });

  it('markdown – wants a real true', async () => {
    await app.fails('INVALID_PARAMETER', { cmd: 'request.get', url: origin.url, markdown: 'true' });
  });

  it('requestType in any case – is taken', async () => {
    expect((await get({ requestType: 'REQUEST' })).solution.type).toBe('request');
  });
});

describe('bodies', () => {
  it.each([
    [{ user: 'anna', age: 7 }, 'application/x-www-form-urlencoded', 'user=anna&age=7'],
    [{ user: { name: 'anna' } }, 'application/json', '{"user":{"name":"anna"}}'],
    ['{"user":"anna"}', 'application/json', '{"user":"anna"}'],
    ['user=anna', 'application/x-www-form-urlencoded', 'user=anna'],
  ])('postData %j – goes as %s', async (postData, type, body) => {
    expect(echoed(await post({ postData }))).toMatchObject({ body, headers: { 'content-type': type } });
  });
});
