import { describe, expect, it } from 'vitest';
import { covers } from '../support/covers.js';
import { EngineSuite } from '../support/engine-suite.js';
import { suiteEngine as engine, suiteName } from '../support/suite-engines.js';

describe.skipIf(engine.skip !== undefined)(suiteName(engine), () => {
  /** Firefox keeps what was sent, and images, to itself. */
  const tellsBodies = engine.name !== 'firefox';
  const suite = new EngineSuite(engine, { session: 'traffic' });
  const { origin, body, get } = suite;

  describe('interceptFetchRequest', () => {
    it('one pattern – what was sent and answered, also when it comes after load', async () => {
      covers('request', 'interceptFetchRequest');
      const { solution } = await get('/api-page', { interceptFetchRequest: '/api/*x=1' });
      expect(solution.interceptFetchRequestResponse).toMatchObject({
        url: `${origin.url}/api/data?x=1`,
        method: 'POST',
        headers: { 'x-token': 't1' },
        ...(tellsBodies ? { body: '{"q":1}' } : {}),
        status: 200,
        responseHeaders: { 'content-type': 'application/json' },
        response: { items: [1, 2], sent: '{"q":1}' },
      });
    });

    it('a list – one for each pattern, in their order; text as text, bytes as base64; the document too', async () => {
      const { solution } = await get('/api-page', { interceptFetchRequest: ['/text', '/asset', '/api-page'] });
      const [text, image, document] = solution.interceptFetchRequestResponse;
      expect(text.response).toBe('one <b>two</b>\n  three');
      expect(image).toMatchObject({ status: 200, ...(tellsBodies ? { base64: true } : {}) });
      if (tellsBodies) expect(Buffer.from(image.response, 'base64').subarray(1, 4).toString()).toBe('PNG');
      expect(document.response).toContain('<title>API</title>');
    });

    it('never seen – CODE-0020 when the time is over, with what was known by then', async () => {
      const { body: answer } = await suite.app.send(
        body('/api-page', { interceptFetchRequest: ['/api/data', '/nowhere'], timeout: 6000 }),
      );
      expect(answer).toMatchObject({ code: 'CODE-0020', partial: true, solution: { statusCode: 200 } });
      expect(answer.error).toContain('/nowhere');
      expect(answer.error).not.toContain('/api/data');
      expect(answer.solution.interceptFetchRequestResponse[0].status).toBe(200);
    });
  });

  describe('abortOnDetection', () => {
    it('holds such requests back and tells of them; the others go', async () => {
      covers('request', 'abortOnDetection', 'waitForAbortOnDetection');
      const before = origin.count('/analytics/hit');
      const { solution } = await get('/api-page', {
        abortOnDetection: 'analytics',
        waitForAbortOnDetection: true,
        interceptFetchRequest: '/api/data',
      });
      expect(solution.abortOnDetectionResponse).toEqual([
        expect.objectContaining({
          url: `${origin.url}/analytics/hit`,
          method: 'POST',
          ...(tellsBodies ? { payload: 'what=page' } : {}),
        }),
      ]);
      expect(origin.count('/analytics/hit')).toBe(before);
      expect(
        (await get('/api-page', { interceptFetchRequest: '/analytics' })).solution.interceptFetchRequestResponse.status,
      ).toBe(404);
    });

    it('abortOnPostRequest – a GET of that pattern goes', async () => {
      covers('request', 'abortOnPostRequest');
      const before = origin.count('/asset?seen');
      const rest = {
        abortOnDetection: ['asset', 'analytics'],
        abortOnPostRequest: true,
        waitForAbortOnDetection: true,
      };
      const { solution } = await get('/api-page', rest);
      expect(solution.abortOnDetectionResponse.map(({ method }: { method: string }) => method)).toEqual(['POST']);
      expect(origin.count('/asset?seen') - before).toBeLessThanOrEqual(1);
    });

    it('none came – a warning, and an empty list', async () => {
      covers('request', 'waitForAbortOnDetectionTimeout');
      const rest = {
        abortOnDetection: ['nothing'],
        waitForAbortOnDetection: true,
        waitForAbortOnDetectionTimeout: 200,
      };
      const { solution, warnings } = await get('/', rest);
      expect(solution.abortOnDetectionResponse).toEqual([]);
      expect(warnings[0]).toContain('200 ms');
    });

    it('never holds back the URL itself, but a page that goes there by itself stays where it is', async () => {
      const { solution } = await get('/script-redirect', {
        abortOnDetection: ['script-redirect', origin.url.slice(7)],
      });
      expect(solution).toMatchObject({ currentUrl: `${origin.url}/script-redirect`, statusCode: 200 });
      expect(solution.abortOnDetectionResponse[0].url).toBe(`${origin.url}/`);
    });
  });

  it('disableMedia – of the FlareSolverr dialect', async () => {
    covers('dialect', 'disableMedia');
    const before = origin.count('/cached-asset');
    const answer = await fetch(`${suite.app.url}/v1`, {
      method: 'POST',
      body: JSON.stringify({ cmd: 'request.get', url: `${origin.url}/with-asset`, disableMedia: true }),
    });
    expect((await answer.json()).status).toBe('ok');
    expect(origin.count('/cached-asset')).toBe(before);
  });

  it('waitInSeconds – of the FlareSolverr dialect', async () => {
    covers('dialect', 'waitInSeconds');
    const answer = await fetch(`${suite.app.url}/v1`, {
      method: 'POST',
      body: JSON.stringify({ cmd: 'request.get', url: `${origin.url}/late-fetch`, waitInSeconds: 2 }),
    });
    expect((await answer.json()).solution.response).toContain('<p id="x">late</p>');
  });

  it('disableMedia – no images, no styles', async () => {
    covers('request', 'disableMedia');
    const before = origin.count('/cached-asset');
    await get('/with-asset', { session: 'no-media', disableMedia: true });
    expect(origin.count('/cached-asset')).toBe(before);
    await get('/with-asset', { session: 'no-media' });
    expect(origin.count('/cached-asset')).toBe(before + 1);
  });

  it('disableMedia, abortOnDetection – hold for a page that is gone to by POST too', async () => {
    const before = origin.count('/asset?0');
    const rest = { cmd: 'request.post', session: 'no-media-post', postData: 'a=1' };
    await suite.app.ok(body('/assets?count=1', { ...rest, disableMedia: true }));
    expect(origin.count('/asset?0')).toBe(before);
  });

  it('a request that is given up before it began – leaves nothing that holds back what later ones load', async () => {
    const session = 'given-up';
    await get('/', { session });
    await suite.app.send(
      body('/', {
        session,
        keepSamePage: true,
        browserActions: [{ type: 'execute_js', code: 'setTimeout(() => { for (;;); })' }],
        timeout: 2000,
      }),
    );
    await suite.app.send(body('/', { session, keepSamePage: true, disableMedia: true, timeout: 2500 }));
    const before = origin.count('/asset?0');
    await get('/assets?count=1', { session });
    expect(origin.count('/asset?0')).toBe(before + 1);
  });

  it('dontLoadMainSite – an empty page of that origin, with its cookies; nothing is fetched', async () => {
    covers('request', 'dontLoadMainSite', 'dontLoadFirstRequest');
    await get('/set-cookie');
    const before = origin.seen.length;
    const { solution, warnings } = await get('/account', {
      dontLoadMainSite: true,
      browserActions: [{ type: 'execute_js', code: '[location.pathname, document.cookie]' }],
    });
    expect(solution.javascriptReturn).toEqual([['/account', 'a=1']]);
    expect(solution.innerText).toBe('');
    expect(warnings[0]).toContain('was not loaded');
    expect((await get('/account', { dontLoadFirstRequest: true })).solution.currentUrl).toBe(`${origin.url}/account`);
    expect(origin.seen).toHaveLength(before);
  });

  it('blockCookieBanners – the banner is answered with a refusal; a page without one is not held up', async () => {
    covers('request', 'blockCookieBanners');
    const { solution } = await get('/banner', { blockCookieBanners: true });
    expect(solution.response).not.toContain('cc-main"');
    expect(solution.innerText.trim()).toBe('content');
    expect(solution.cookieString).toContain('cc_cookie=necessary');
    expect((await get('/', { blockCookieBanners: true })).solution.innerText).toContain('Welcome');
    expect((await get('/banner')).solution.response).toContain('id="cc-main"');
  });

  it.each(['mouseMovements', 'forceMouseMovement'])('%s – the cursor moves before the actions', async (field) => {
    covers('request', 'mouseMovements', 'forceMouseMovement');
    const browserActions = [{ type: 'execute_js', code: 'moves' }];
    expect((await get('/moves', { [field]: true, browserActions })).solution.javascriptReturn[0]).toBeGreaterThan(10);
    expect((await get('/moves', { browserActions })).solution.javascriptReturn[0]).toBe(0);
  });

  it('the HTTP cache works again after a request that held some back', async () => {
    const session = 'cache-again';
    await get('/with-asset', { session, abortOnDetection: ['x'] });
    const before = origin.count('/cached-asset');
    await get('/with-asset', { session });
    await get('/with-asset', { session });
    expect(origin.count('/cached-asset')).toBeLessThanOrEqual(before + 1);
  });
});
