import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EngineSuite } from '../support/engine-suite.js';
import { Origin } from '../support/origin.js';
import { suiteEngine as engine, suiteName } from '../support/suite-engines.js';

/** What a site can do to a browser, and to whoever reads it. After each of them the session goes on. */
describe.skipIf(engine.skip !== undefined)(suiteName(engine), () => {
  const suite = new EngineSuite(engine, { session: 'foe', settings: { MOORING_RESPONSE_LIMIT: '8MB' } });
  const { origin, body, solution: get, fails } = suite;
  const secure = new Origin('https');

  beforeAll(() => secure.start());
  afterAll(() => secure.close());

  const goesOn = async () => expect((await get('/')).innerText).toContain('Welcome');

  it('redirects without end – CODE-0006, in both modes', async () => {
    await fails('CODE-0006', '/endless-redirect');
    await fails('CODE-0006', '/endless-redirect', { requestType: 'request' });
    await goesOn();
  });

  it('a page that moves on by itself for ever – an answer in time, then the session goes on', async () => {
    for (let times = 0; times < 5; times++) {
      const { body: answer } = await suite.app.send(body('/refresh-forever', { timeout: 2000 }));
      if (answer.data === 'error') expect(['CODE-0025', 'CODE-0006']).toContain(answer.code);
      else expect(answer.solution.currentUrl).toContain('/refresh-forever');
      await goesOn();
    }
  });

  it('a page that moves on as it is left – gets nothing of what is meant for the next one', async () => {
    for (let times = 0; times < 3; times++) {
      await suite.app.send(body('/refresh-forever', { timeout: 2000 }));
      origin.seen.length = 0;
      const post = { ...body('/echo'), cmd: 'request.post', postData: 'a=1', customHeaders: { 'x-secret': 'yes' } };
      const { body: answer } = await suite.app.send(post);
      // It may have got in between once the form was sent, which is not done twice.
      if (answer.data === 'error') expect(answer.error).toContain('POST was sent');
      else expect(answer.solution.innerText).toContain('POST');
      for (const { path, method, headers } of origin.seen) {
        if (path === '/echo') continue;
        expect(method).toBe('GET');
        expect(headers['x-secret']).toBeUndefined();
      }
      expect(origin.seen.filter(({ path }) => path === '/echo')).toHaveLength(1);
      await goesOn();
    }
  });

  it('a script that never ends – CODE-0025', async () => {
    await fails('CODE-0025', '/busy', {
      timeout: 2500,
      browserActions: [
        { type: 'wait', wait: 200 },
        { type: 'execute_js', code: '1' },
      ],
    });
    await goesOn();
  });

  it('a page that grows for ever – its size or its text, then the session goes on', async () => {
    const { body: answer } = await suite.app.send(
      body('/grows', { timeout: 6000, browserActions: [{ type: 'wait', wait: 1500 }] }),
    );
    if (answer.data === 'error') expect(['RESPONSE_TOO_LARGE', 'CODE-0025']).toContain(answer.code);
    else expect(answer.solution.response.length).toBeGreaterThan(100_000);
    await goesOn();
  });

  it('a body of 100 MB – RESPONSE_TOO_LARGE, as page, file and plain request', async () => {
    await fails('RESPONSE_TOO_LARGE', '/large?bytes=100000000');
    await fails('RESPONSE_TOO_LARGE', '/large?bytes=100000000', { requestType: 'request' });
    await fails('RESPONSE_TOO_LARGE', '/large-page?bytes=100000000');
    await goesOn();
  });

  it('10 000 links – all of them, each once', async () => {
    const { links } = await get('/many-links', { includeLinks: true });
    expect(links).toHaveLength(10_000);
    expect(links[9999]).toBe(`${origin.url}/link/9999`);
  });

  it('a certificate that nobody vouches for – refused, in both modes; no field changes that', async () => {
    const url = `${secure.url}/`;
    for (const rest of [{}, { requestType: 'request' }, { ignoreHTTPSErrors: true }]) {
      const error = await suite.app.fails('CODE-0006', { cmd: 'request.get', session: 'foe', url, ...rest });
      expect(error).toMatch(/CERT|certificate|NS_ERROR_GENERATE_FAILURE/i);
    }
    expect(secure.seen).toEqual([]);
  });

  it.each([
    ['/shift-jis', '日本'],
    ['/utf-16', '日本 ü'],
    ['/no-charset', '日本 ü'],
    ['/latin', 'ü'],
  ])('%s – is read as the page means it', async (path, text) => {
    expect((await get(path)).innerText.trim()).toBe(text);
  });

  it.each(['gzip', 'br', 'deflate'])('content-encoding %s – is unpacked', async (as) => {
    expect((await get(`/packed?as=${as}`)).innerText).toBe('packed ü');
    expect((await get(`/packed?as=${as}`, { requestType: 'request' })).innerText).toBe('packed ü');
  });

  it('content-encoding zstd – is unpacked where the browser takes it', async () => {
    // Browsers ask for it over https, and on loopback.
    expect((await get('/zstd')).innerText).toBe('packed ü');
  });

  it.each(['/cut-off', '/cut-off-chunked'])(
    '%s: a page that breaks off – is shown as it came, at once, and the reply says so',
    async (path) => {
      const { body: answer } = await suite.app.send(body(path, { timeout: 30_000 }));
      // Which of the two it is, is the browser's to say.
      if (answer.data === 'error') expect(answer.code).toBe('CODE-0006');
      else {
        expect(answer.solution.innerText).toBe('short');
        // Not: that it had not finished when the time was over.
        for (const warning of answer.warnings ?? []) expect(warning).toContain('broke off');
      }
      await goesOn();
    },
  );

  it('204 – its status, and the page stays', async () => {
    await get('/');
    expect(await get('/empty')).toMatchObject({ statusCode: 204, response: '' });
    const { solution } = await suite.app.ok({ cmd: 'request.get', session: 'foe', keepSamePage: true });
    expect(solution.innerText).toContain('Welcome');
  });

  it('HTTP authentication – as the URL says, or the header; else the 401 with its page', async () => {
    // The whole Chromium asks for a name and a password, where others show the page of the 401.
    if (engine.name === 'chromium full') expect(await fails('CODE-0006', '/private')).toContain('user:password@');
    else expect(await get('/private')).toMatchObject({ statusCode: 401, innerText: 'no' });
    const url = `http://anna:secret@127.0.0.1:${origin.port}/private`;
    for (const rest of [{}, { requestType: 'request' }]) {
      const { solution } = await suite.app.ok({ cmd: 'request.get', session: 'auth', url, ...rest });
      expect(solution).toMatchObject({ statusCode: 200 });
      expect(solution.innerText).toContain('welcome anna');
      expect(solution.currentUrl).not.toContain('secret');
    }
    const authorization = `Basic ${Buffer.from('anna:secret').toString('base64')}`;
    expect((await get('/private', { session: 'auth2', customHeaders: { authorization } })).statusCode).toBe(200);
  });

  // What it costs the server does not depend on the engine.
  if (engine.name !== 'firefox')
    it('20 large pages read at once – the memory of the server stays within what they have', async () => {
      const read = (i: number) =>
        get('/large-page?bytes=800000', { session: `large-${i}`, filter: ['statusCode', 'response', 'innerText'] });
      await read(0);
      const before = process.memoryUsage().rss;
      const answers = await Promise.all([...Array(20).keys()].map(read));
      expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array(20).fill(200));
      expect(process.memoryUsage().rss - before).toBeLessThan(20 * 800_000 * 12);
      for (let i = 0; i < 20; i++) await suite.app.ok({ cmd: 'sessions.destroy', session: `large-${i}` });
    });
});
