import { describe, expect, it } from 'vitest';
import { EngineSuite } from '../support/engine-suite.js';
import { suiteEngine, suiteName } from '../support/suite-engines.js';

const suite = new EngineSuite(suiteEngine, { session: 'options' });
const { origin, solution: get } = suite;

describe.skipIf(suiteEngine.skip !== undefined)(`content on ${suiteName(suiteEngine)}`, () => {
  it('cssSelector, customAttribute – texts, or values', async () => {
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
    const solution = await get('/article', { includeLinks: 'true', includeImages: true });
    expect(solution.links).toEqual([`${origin.url}/`, `${origin.url}/elsewhere/page#x`]);
    expect(solution.images).toEqual([`${origin.url}/image`, `${origin.url}/image?2`]);
  });

  it('regex – groups or matches, with flags', async () => {
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
    expect(error).toMatch(/`regex`: expected a regular expression \(.*unterminated group/);
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
    const { base64Response } = await get('/article', { pdf: true });
    expect(Buffer.from(base64Response, 'base64').subarray(0, 5).toString()).toBe('%PDF-');
  });

  it.each(['base64Response', 'base64', 'binary'])('%s – the body, whatever its type', async (name) => {
    const { base64Response } = await get('/text', { [name]: true });
    expect(Buffer.from(base64Response, 'base64').toString()).toBe('one <b>two</b>\n  three');
  });

  it('a text that comes as a download – is in innerText', async () => {
    expect((await get('/csv')).innerText).toBe('a,b\n1,ü\n');
  });

  it('listAllRedirects – every answer in order', async () => {
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
    expect(await get('/missing', { onlyStatusCode: true })).toEqual({
      verified: true,
      statusCode: 404,
      currentUrl: `${origin.url}/missing`,
    });
  });

  it('screenshot – after the actions, in its size', async () => {
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
  });
});

describe.skipIf(suiteEngine.skip !== undefined)(`loading on ${suiteName(suiteEngine)}`, () => {
  it('localStorage – is there before the scripts of the page, and for that origin alone', async () => {
    const solution = await get('/shows-storage', { session: 'storage', localStorage: { token: 'abc' } });
    expect(solution.innerText).toBe('abc');
    expect(solution.localStorageData).toEqual({ token: 'abc' });
    expect((await get('/storage', { session: 'storage' })).localStorageData).toEqual({ token: 'abc', cart: '3 items' });
  });

  it('fullPageLoad – waits for what the page fetches late', async () => {
    expect((await get('/late-fetch')).innerText).toBe('early');
    expect((await get('/late-fetch', { fullPageLoad: true })).innerText).toBe('late');
  });

  it('dontWaitOnPageLoad – does not wait for what is slow', async () => {
    // Its image never comes: whoever waits for it is told that the page had not finished.
    const reply = await suite.get('/never-loads', { dontWaitOnPageLoad: true });
    expect(reply.solution.innerText).toBe('here');
    expect(reply.warnings).toBeUndefined();
    const waiting = await suite.get('/never-loads', { timeout: 4000 });
    expect(waiting.warnings).toEqual([expect.stringContaining('had not finished loading')]);
  });

  it('waitForUrl – waits until the page is there, or says where it is', async () => {
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
    expect((await get('/article')).response).toContain('<iframe');
    expect((await get('/article', { removeIframes: true })).response).not.toContain('<iframe');
  });

  it('retries – a GET is tried again, a POST is not', async () => {
    expect((await get('/flaky', { retries: 5 })).innerText).toBe('at last');
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
