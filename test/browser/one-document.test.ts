import { describe, expect, it } from 'vitest';
import { covers } from '../support/covers.js';
import { EngineSuite } from '../support/engine-suite.js';
import { browserProcesses, rendererProcesses } from '../support/processes.js';
import { suiteEngine as engine, suiteName } from '../support/suite-engines.js';

/** Width and height of a PNG. */
function sizeOf(base64: string): [number, number] {
  const png = Buffer.from(base64, 'base64');
  return [png.readUInt32BE(16), png.readUInt32BE(20)];
}

/** What a reply says belongs to the document that the page shows, and what is given up leaves nothing behind. */
describe.skipIf(engine.skip !== undefined)(suiteName(engine), () => {
  const suite = new EngineSuite(engine, { session: 'one' });
  const { origin, body, solution: get, fails } = suite;
  const isChromium = engine.name !== 'firefox';
  const stay = (rest = {}) => suite.app.ok({ cmd: 'request.get', session: 'one', keepSamePage: true, ...rest });

  it('a click on a dead link – CODE-0006 with what was known, not the error page of the browser', async () => {
    const { body: answer } = await suite.app.send(
      body('/dead-link', { browserActions: [{ type: 'click', cssSelector: '#dead', direct: true }] }),
    );
    expect(answer).toMatchObject({ data: 'error', code: 'CODE-0006', solution: { verified: false } });
    expect(JSON.stringify(answer)).not.toContain('chrome-error');
    const kept = await suite.app.send({ cmd: 'request.get', session: 'one', keepSamePage: true });
    expect(kept.body.error).toContain('its last navigation failed');
  });

  it('pushState to the address of an earlier document – the status stays that of the app', async () => {
    expect((await get('/missing')).statusCode).toBe(404);
    const app = await get('/pushes-missing');
    expect(app).toMatchObject({ statusCode: 200, innerText: 'the app', currentUrl: `${origin.url}/missing` });
    expect((await stay()).solution).toMatchObject({ statusCode: 200, innerText: 'the app' });
  });

  it('a picture that is given up – leaves the viewport as it was', async () => {
    await get('/tall');
    const sizes = { screenshot: true, screenshotWidth: 333, screenshotHeight: 222, fullPage: true };
    for (const timeout of [30, 60, 120]) await suite.app.send(body('/tall', { keepSamePage: true, timeout, ...sizes }));
    const { solution } = await stay({ browserActions: [{ type: 'execute_js', code: '[innerWidth, innerHeight]' }] });
    expect(solution.javascriptReturn).toEqual([[1280, 1024]]);
  });

  it('screenshotWidth alone – the height is that of the session', async () => {
    covers('request', 'screenshotWidth');
    const { screenshot } = await get('/tall', { screenshot: true, screenshotWidth: 640 });
    expect(sizeOf(screenshot)).toEqual([640, 1024]);
  });

  it('a plain request that is given up – does not touch the page', async () => {
    await get('/fetches-slowly');
    await expect.poll(() => origin.count('/hang?by-the-page')).toBeGreaterThan(0);
    await fails('CODE-0025', '/hang', { requestType: 'request', timeout: 300 });
    expect((await stay()).solution.innerText).toBe('waiting');
  });

  if (isChromium) {
    it('a phone – its picture has the size of its viewport in CSS pixels; set_viewport goes back to it', async () => {
      const phone = { session: 'phone', device: 'mobile', operatingSystem: 'android', browser: 'chrome' };
      const { fingerprint } = await suite.app.ok({ cmd: 'sessions.create', ...phone });
      const { width, height } = fingerprint.viewport;
      expect(fingerprint.screen.devicePixelRatio).toBeGreaterThan(1);
      const { screenshot, javascriptReturn } = await get('/tall', {
        session: 'phone',
        screenshot: true,
        browserActions: [
          { type: 'set_viewport', width: 700, height: 500 },
          { type: 'set_viewport' },
          { type: 'execute_js', code: 'innerWidth' },
        ],
      });
      expect(sizeOf(screenshot)).toEqual([width, height]);
      expect(javascriptReturn[0]).toBeGreaterThanOrEqual(width);
      const sized = { session: 'phone', screenshot: true, screenshotWidth: 500, screenshotHeight: 400 };
      expect(sizeOf((await get('/tall', sized)).screenshot)).toEqual([500, 400]);
    });

    it('a tab that opens during the self-check – belongs to the page that opened it', async () => {
      await get('/opens-a-tab-soon');
      await suite.app.ok({ cmd: 'sessions.identity', session: 'one' });
      // All of them are known, and no more than there may be.
      await expect.poll(async () => (await stay()).solution.popups).toHaveLength(10);
      const { solution } = await stay({ browserActions: [{ type: 'wait', wait: 150 }] });
      expect(solution.innerText).toBe('yes');
      expect(solution.popups).toHaveLength(10);
      expect(new Set(solution.popups)).toEqual(new Set([`${origin.url}/?soon`]));
    });

    it('a renderer that dies – keepSamePage goes to its page again, and tells', async () => {
      await get('/set-cookie');
      for (const id of rendererProcesses()) process.kill(id, 'SIGKILL');
      // Until its end is seen, a request finds the dead one.
      let reply: Record<string, unknown> = {};
      await expect
        .poll(async () => {
          reply = (await suite.app.send({ cmd: 'request.get', session: 'one', keepSamePage: true })).body;
          return reply.restored;
        })
        .toBe(true);
      expect(reply.solution).toMatchObject({ currentUrl: `${origin.url}/set-cookie`, statusCode: 200 });
      const { solution } = await suite.app.ok(suite.body('/echo', { session: 'one' }));
      expect(solution.innerText).toContain('a=1');
    });
  }
});

describe.skipIf(engine.skip !== undefined)(`a browser that dies, ${suiteName(engine)}`, () => {
  const suite = new EngineSuite(engine, { session: 'dies' });

  it('under a request – the reply says so; the next one finds the session in another browser, with its cookies', async () => {
    await suite.app.ok({ cmd: 'sessions.create', session: 'dies' });
    await suite.get('/set-cookie');
    const hanging = suite.app.send(suite.body('/hang?dies', { timeout: 20_000 }));
    await expect.poll(() => suite.origin.count('/hang?dies')).toBe(1);
    for (const id of browserProcesses()) process.kill(id, 'SIGKILL');
    const { body } = await hanging;
    expect(body.code).toBe('CODE-0026');
    const next = await suite.app.ok(suite.body('/echo'));
    expect(next).toMatchObject({ restored: true, solution: { statusCode: 200 } });
    expect(next.solution.innerText).toContain('a=1');
  });
});
