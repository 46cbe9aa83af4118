import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { covers } from '../support/covers.js';
import { EngineSuite } from '../support/engine-suite.js';
import { suiteEngine, suiteName } from '../support/suite-engines.js';

const suite = new EngineSuite(suiteEngine, { session: 'options' });
const { origin, solution: get } = suite;

describe.skipIf(suiteEngine.skip !== undefined)(`content on ${suiteName(suiteEngine)}`, () => {
  it('cssSelector, customAttribute – texts, or values', async () => {
    covers('request', 'cssSelector', 'customAttribute');
    expect((await get('/article', { cssSelector: '.knot' })).cssSelector).toEqual(['bowline', 'reef']);
    expect((await get('/article', { cssSelector: '.knot, p', customAttribute: 'data-id' })).cssSelector).toEqual([
      '7',
      '8',
    ]);
    expect((await get('/article', { cssSelector: '.none' })).cssSelector).toEqual([]);
    await suite.app.fails('INVALID_PARAMETER', {
      cmd: 'request.get',
      session: 'options',
      url: `${origin.url}/article`,
      cssSelector: '##',
    });
  });

  it.each([
    ['//li', ['bowline', 'reef']],
    ['(//li)[2]', ['reef']],
    ['xpath=//li/@data-id', ['7', '8']],
    ['//li/text()', ['bowline', 'reef']],
    ['xpath=count(//li)', ['2']],
    ['xpath=string(//li)', ['bowline']],
    ['xpath=count(//li) > 1', ['true']],
    ['//table', []],
    ['css=.knot', ['bowline', 'reef']],
    ['text=HOME', ['Home', 'Home again']],
    ['text="Home"', ['Home']],
    ['text=nowhere in it', []],
  ])('cssSelector – %s – %j', async (cssSelector, found) => {
    expect((await get('/article', { cssSelector })).cssSelector).toEqual(found);
  });

  it('cssSelector – text= with marks inside it – the smallest element, its white space folded', async () => {
    const solution = await get('/elements', { cssSelector: 'text=some bold words', customAttribute: 'id' });
    expect(solution.cssSelector).toEqual(['words']);
    expect((await get('/elements', { cssSelector: 'text="BOLD"' })).cssSelector).toEqual(['BOLD']);
  });

  it('customAttribute – with XPath – the values of the elements that have it', async () => {
    const solution = await get('/article', { cssSelector: '//li | //h1', customAttribute: 'data-id' });
    expect(solution.cssSelector).toEqual(['7', '8']);
  });

  it.each(['##', 'li:nope', '//[', 'xpath=', 'text='])(
    'cssSelector – %s – says what was expected',
    async (cssSelector) => {
      const error = await suite.fails('INVALID_PARAMETER', '/article', { cssSelector });
      expect(error).toMatch(/`cssSelector`: expected (a CSS selector|an XPath expression|some text).*; got "/);
    },
  );

  it('includeLinks, includeImages – absolute, each once', async () => {
    covers('request', 'includeLinks', 'includeImages');
    const solution = await get('/article', { includeLinks: 'true', includeImages: true });
    expect(solution.links).toEqual([`${origin.url}/`, `${origin.url}/elsewhere/page#x`]);
    expect(solution.images).toEqual([`${origin.url}/image`, `${origin.url}/image?2`]);
  });

  it('regex – groups or matches, with flags', async () => {
    covers('request', 'regex');
    expect((await get('/article', { regex: 'data-id="(\\d+)"' })).regex).toEqual(['7', '8']);
    expect((await get('/article', { regex: '/BOWLINE</i' })).regex).toEqual(['bowline<']);
  });

  it('regex – a list of them – a list for each', async () => {
    expect((await get('/article', { regex: ['data-id="(\\d+)"', 'no such text'] })).regex).toEqual([['7', '8'], []]);
  });

  it('localStorage – values that are no text go in as JSON', async () => {
    const storage = { localStorage: { token: { a: 1 } } };
    expect((await get('/shows-storage', storage)).localStorageData.token).toBe('{"a":1}');
  });

  it('regex – none at all – says what is wrong with it, and nothing is opened', async () => {
    const error = await suite.app.fails('INVALID_PARAMETER', { cmd: 'request.get', url: `${origin.url}/`, regex: '(' });
    expect(error).toMatch(/`regex`: expected a regular expression \(.*unterminated group/i);
  });

  it('regex – one that would run for ever – is ended, and the page goes on', async () => {
    const error = await suite.app.fails('INVALID_PARAMETER', {
      cmd: 'request.get',
      session: 'options',
      url: `${origin.url}/catastrophe`,
      regex: '(a+)+$',
    });
    expect(error).toContain('`regex`');
    expect((await get('/')).statusCode).toBe(200);
  });

  it('markdown – the readable part; must be a real true', async () => {
    covers('request', 'markdown');
    const { markdown } = await get('/article', { markdown: true });
    expect(markdown).toMatch(/^# An article/);
    expect(markdown).toContain('## Knots');
    expect(markdown).toMatch(/-\s+bowline/);
    expect(markdown).not.toContain('Home again');
    await suite.app.fails('INVALID_PARAMETER', {
      cmd: 'request.get',
      session: 'options',
      url: origin.url,
      markdown: 'true',
    });
  });

  it('pdf – the page as one', async () => {
    covers('request', 'pdf');
    const { base64Response } = await get('/article', { pdf: true });
    expect(Buffer.from(base64Response, 'base64').subarray(0, 5).toString()).toBe('%PDF-');
  });

  it.each(['base64Response', 'base64', 'binary'])('%s – the body, whatever its type', async (name) => {
    covers('request', 'base64Response', 'base64', 'binary');
    const { base64Response } = await get('/text', { [name]: true });
    expect(Buffer.from(base64Response, 'base64').toString()).toBe('one <b>two</b>\n  three');
  });

  it('a text that comes as a download – is in innerText', async () => {
    expect((await get('/csv')).innerText).toBe('a,b\n1,ü\n');
  });

  it('listAllRedirects – every answer in order', async () => {
    covers('request', 'listAllRedirects');
    const { listAllRedirectsResponse, redirects } = await get('/two-redirects', { listAllRedirects: true });
    expect(listAllRedirectsResponse).toEqual(
      ['/two-redirects', '/redirect', '/'].map((path) => `${origin.url}${path}`),
    );
    expect(redirects).toEqual([
      { url: `${origin.url}/two-redirects`, statusCode: 301 },
      { url: `${origin.url}/redirect`, statusCode: 302 },
      { url: `${origin.url}/`, statusCode: 200 },
    ]);
  });

  it('onlyStatusCode – that and where it was', async () => {
    covers('request', 'onlyStatusCode');
    expect(await get('/missing', { onlyStatusCode: true })).toEqual({
      verified: true,
      statusCode: 404,
      currentUrl: `${origin.url}/missing`,
    });
  });

  it('screenshot – after the actions, in its size', async () => {
    covers('request', 'screenshot', 'screenshotWidth', 'screenshotHeight', 'fullPage');
    const { screenshot } = await get('/tall', {
      screenshot: true,
      screenshotWidth: 400,
      screenshotHeight: 300,
      fullPage: true,
    });
    const png = Buffer.from(screenshot, 'base64');
    // Less a scroll bar, where the browser draws one.
    expect([400, 388]).toContain(png.readUInt32BE(16));
    expect(png.readUInt32BE(20)).toBeGreaterThan(2900);
    const small = await get('/', { screenshot: true, screenshotWidth: 400, screenshotHeight: 300 });
    const smallPng = Buffer.from(small.screenshot, 'base64');
    expect([smallPng.readUInt32BE(16), smallPng.readUInt32BE(20)]).toEqual([400, 300]);
  });
});

describe.skipIf(suiteEngine.skip !== undefined)(`loading on ${suiteName(suiteEngine)}`, () => {
  it('localStorage – is there before the scripts of the page, and for that origin alone', async () => {
    covers('request', 'localStorage');
    const solution = await get('/shows-storage', { session: 'storage', localStorage: { token: 'abc' } });
    expect(solution.innerText).toBe('abc');
    expect(solution.localStorageData).toEqual({ token: 'abc' });
    expect((await get('/storage', { session: 'storage' })).localStorageData).toEqual({ token: 'abc', cart: '3 items' });
  });

  it('cookies, cookiejar, customHeaders – go with the page; the headers not with what it loads', async () => {
    covers('request', 'cookies', 'cookiejar', 'customHeaders');
    const before = origin.seen.length;
    await get('/with-asset', {
      session: 'sends',
      cookies: 'a=1',
      cookiejar: [{ key: 'b', value: '2', domain: '127.0.0.1', path: '/' }],
      customHeaders: { 'X-Test': 'yes', Cookie: 'c=3' },
    });
    const sent = origin.seen.slice(before).map(({ path, headers }) => ({
      path,
      test: headers['x-test'],
      cookies: headers.cookie?.split('; ').sort(),
    }));
    const kept = ['a=1', 'b=2', 'c=3'];
    expect(sent).toContainEqual({ path: '/with-asset', test: 'yes', cookies: kept });
    expect(sent).toContainEqual({ path: '/cached-asset', test: undefined, cookies: kept });
  });

  it('fullPageLoad – waits for what the page fetches late', async () => {
    covers('request', 'fullPageLoad');
    expect((await get('/late-fetch', { fullPageLoad: true })).innerText).toBe('late');
  });

  it('dontWaitOnPageLoad – does not wait for what is slow', async () => {
    covers('request', 'dontWaitOnPageLoad');
    // Its image never comes: whoever waits for it is told that the page had not finished.
    const reply = await suite.get('/never-loads', { dontWaitOnPageLoad: true });
    expect(reply.solution.innerText).toBe('here');
    expect(reply.warnings).toBeUndefined();
    const waiting = await suite.get('/never-loads', { timeout: 4000 });
    expect(waiting.warnings).toEqual([expect.stringContaining('had not finished loading')]);
  });

  it('waitForUrl – waits until the page is there, or says where it is', async () => {
    covers('request', 'waitForUrl');
    const solution = await get('/goes-to-missing', { waitForUrl: '*/miss*' });
    expect(solution).toMatchObject({ currentUrl: `${origin.url}/missing`, statusCode: 404 });
    const error = await suite.app.fails('CODE-0025', {
      cmd: 'request.get',
      session: 'options',
      url: origin.url,
      waitForUrl: '/never',
      timeout: 3000,
    });
    expect(error).toContain('/never');
  });

  it('removeIframes – takes them out', async () => {
    covers('request', 'removeIframes');
    expect((await get('/article')).response).toContain('<iframe');
    expect((await get('/article', { removeIframes: true })).response).not.toContain('<iframe');
  });

  it('retries – a GET is tried again, a POST is not', async () => {
    covers('request', 'retries', 'attempts');
    expect((await get('/flaky', { retries: 5 })).innerText).toBe('at last');
    // It comes every third time.
    await suite.fails('CODE-0006', '/flaky', { attempts: 1 });
    expect((await get('/flaky', { attempts: 3 })).innerText).toBe('at last');
    const before = origin.count('/reset');
    await suite.app.fails('CODE-0006', {
      cmd: 'request.post',
      session: 'options',
      url: `${origin.url}/reset`,
      postData: 'a=1',
      attempts: 3,
    });
    expect(origin.count('/reset') - before).toBe(1);
  });

  it('a renderer that dies – the session goes on with its cookies', async () => {
    await get('/set-cookie', { session: 'crash' });
    await suite.app.send({
      cmd: 'request.get',
      session: 'crash',
      keepSamePage: true,
      browserActions: [{ type: 'execute_js', code: 'const a = []; for (;;) a.push(new Array(1e7).fill(1))' }],
      timeout: 8000,
    });
    expect((await get('/echo', { session: 'crash' })).cookieString).toContain('a=1');
  });
});

describe.skipIf(suiteEngine.skip !== undefined)(`referer on ${suiteName(suiteEngine)}`, () => {
  let connections = 0;
  const named = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  const from = (path: string, scheme = 'http'): string => `${scheme}://${address()}${path}`;
  const address = (): string => {
    const at = named.address();
    if (at === null || typeof at === 'string') throw new Error('it does not listen');
    return `127.0.0.1:${at.port}`;
  };
  const echo = (solution: { innerText: string }) => JSON.parse(solution.innerText);
  /** What the session says of the page that it shows, if it shows one. */
  const shown = async (): Promise<string> => {
    const code = '[location.href, document.referrer].join(" ")';
    const asked = { cmd: 'request.get', session: 'options', keepSamePage: true };
    const { body } = await suite.app.send({ ...asked, browserActions: [{ type: 'execute_js', code }] });
    return body.solution.javascriptReturn?.[0] ?? JSON.stringify(body);
  };

  beforeAll(() => new Promise<void>((resolve) => named.listen(0, '127.0.0.1', resolve)));
  afterAll(() => {
    // Whatever a browser fetches or prepares for a page that is only named.
    expect(connections).toBe(0);
    named.close();
  });

  it.each(['http', 'https'])('referer – %s – header and document.referrer in full', async (scheme) => {
    covers('request', 'referer');
    const referer = from('/shop?q=a b&c=%C3%BC', scheme);
    const solution = await get('/echo', { referer });
    const { href } = new URL(referer);
    expect(echo(solution).headers.referer).toBe(href);
    expect(await shown()).toBe(`${origin.url}/echo ${href}`);
  });

  it.each([
    ['with a method, headers and a body – all are sent, once', '/echo', { 'x-test': 'yes' }],
    ['with a method and a body, led on by a 307 – all are kept, once', '/keep-method', {}],
  ])('referer – %s', async (_what, path, customHeaders) => {
    const referer = from('/form');
    const before = origin.count('/echo');
    const fields = { ...suite.body(path, { referer, customHeaders }), cmd: 'request.post', postData: { a: 'ü' } };
    expect(echo((await suite.app.ok(fields)).solution)).toMatchObject({
      method: 'POST',
      body: 'a=%C3%BC',
      headers: { ...customHeaders, referer },
    });
    expect(origin.count('/echo') - before).toBe(1);
  });

  it('referer – not named by the next request – is not sent with it', async () => {
    await get('/echo', { referer: from('/once') });
    expect(echo(await get('/echo')).headers).not.toHaveProperty('referer');
  });

  it('referer – redirects – are listed from the target on', async () => {
    const solution = await get('/two-redirects', { referer: from('/list'), listAllRedirects: true });
    expect(solution.redirects.map(({ url }: { url: string }) => url)).toEqual(
      ['/two-redirects', '/redirect', '/'].map((path) => `${origin.url}${path}`),
    );
  });

  it('referer – the page itself – is fetched again', async () => {
    const before = origin.count('/echo');
    await get('/echo');
    expect(echo(await get('/echo', { referer: `${origin.url}/echo` })).headers.referer).toBe(`${origin.url}/echo`);
    expect(origin.count('/echo') - before).toBe(2);
  });

  it('referer – an answer from its site that is waited for – does not come, for it was asked nothing', async () => {
    const { host } = new URL(from('/'));
    await suite.fails('CODE-0020', '/', { referer: from('/'), interceptFetchRequest: host, timeout: 4000 });
  });

  it.each([
    ['a 204', '/empty', { statusCode: 204 }],
    ['a file', '/csv', { statusCode: 200, innerText: 'a,b\n1,ü\n' }],
  ])('referer – %s – comes, and the page is not one of the site that was named', async (_what, path, seen) => {
    await get('/');
    expect(await get(path, { referer: from('/left') })).toMatchObject(seen);
    expect(await shown()).not.toContain(address());
    expect(echo(await get('/echo')).headers).not.toHaveProperty('referer');
  });

  it.each([
    ['that breaks off', '/reset', 'CODE-0006', 30_000],
    ['that does not answer', '/hang', 'CODE-0025', 4000],
  ])('referer – a site %s – %s, and the session goes on', async (_what, path, code, timeout) => {
    await suite.fails(code, path, { referer: from('/fails'), timeout });
    expect(echo(await get('/echo', { referer: from('/works') })).headers.referer).toBe(from('/works'));
  });

  it('referer – a page that is on its way elsewhere – is left for ours', async () => {
    await get('/refresh-forever');
    const solution = await get('/echo', { referer: from('/restless') });
    expect(echo(solution).headers.referer).toBe(from('/restless'));
  });

  it('referer – a site whose service worker answers – is sent, or refused by name where such a site cannot be stood in for', async () => {
    const site = origin.url.replace('127.0.0.1', 'localhost');
    const wait = { type: 'wait_for_function', code: 'document.title === "ready"' };
    await suite.app.ok({ ...suite.body(''), url: `${site}/with-worker`, session: 'worker', browserActions: [wait] });
    const referer = `${site}/missing`;
    const before = origin.count('/echo');
    if (suiteEngine.name === 'firefox') {
      const error = await suite.fails('UNSUPPORTED_PARAMETER', '/echo', { session: 'worker', referer });
      expect(error).toMatch(/`referer`: expected a site that has no service worker/);
      expect(origin.count('/echo') - before).toBe(0);
    } else expect(echo(await get('/echo', { session: 'worker', referer })).headers.referer).toBe(referer);
  });

  it('referer – the page itself, with a fragment – is sent, or refused by name where a browser would go nowhere', async () => {
    const [path, referer] = ['/echo#there', `${origin.url}/echo`];
    if (suiteEngine.name === 'firefox')
      expect(await suite.fails('UNSUPPORTED_PARAMETER', path, { referer })).toContain('fragment');
    else expect(echo(await get(path, { referer })).headers.referer).toBe(referer);
  });
});
