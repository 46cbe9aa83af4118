import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Attaching } from '../support/attaching.js';
import { EngineSuite } from '../support/engine-suite.js';
import { suiteEngine as engine, suiteName } from '../support/suite-engines.js';

describe(`Puppeteer attached on ${suiteName(engine)}`, () => {
  const suite = new EngineSuite(engine, { session: 'attached' });
  const { origin } = suite;
  const clients = new Attaching(() => suite.app);
  let session = '';
  beforeEach(() => {
    session = randomUUID();
  });
  afterEach(async () => {
    await clients.end();
    await suite.app.ok({ cmd: 'sessions.destroy', session });
  });

  it('a client – goes to pages, acts there, reads them', async () => {
    const { page } = await clients.puppeteer(session);
    const response = await page.goto(`${origin.url}/actions`);
    expect(response?.status()).toBe(200);
    await page.click('#button');
    await page.type('#text', 'ab');
    await page.select('#select', 'b');
    expect(await page.$eval('#log', (log) => log.textContent)).toContain('click:real;');
    expect((await page.screenshot()).byteLength).toBeGreaterThan(1000);
    expect(page.frames().map((frame) => new URL(frame.url()).pathname)).toEqual(
      expect.arrayContaining(['/actions', '/inner']),
    );
    expect(await clients.stateOf(session)).toBe('attached');
  });

  it('when it leaves, or closes the browser as it sees it – the session shows what it left', async () => {
    for (const leave of ['disconnect', 'close'] as const) {
      const { browser, page } = await clients.puppeteer(session);
      await page.goto(`${origin.url}/missing?${leave}`);
      await browser[leave]();
      const shown = await clients.shown(session);
      expect(shown).toMatchObject({ currentUrl: `${origin.url}/missing?${leave}`, statusCode: 404 });
    }
  });

  it('tabs – its own and those of the site – are seen, used and closed', async () => {
    const { browser, page } = await clients.puppeteer(session);
    const tab = await browser.newPage();
    await tab.evaluateOnNewDocument('globalThis.started = true');
    expect((await tab.goto(`${origin.url}/missing`))?.status()).toBe(404);
    expect(await tab.evaluate('started')).toBe(true);
    await tab.close();
    await page.goto(`${origin.url}/opens-tabs`);
    await page.evaluate('document.querySelector("#tab").rel = "opener"');
    const [popup] = await Promise.all([
      new Promise<typeof page | null>((resolve) => page.once('popup', resolve)),
      page.click('#tab'),
    ]);
    await popup?.waitForSelector('pre');
    expect(popup?.url()).toBe(`${origin.url}/text`);
    await popup?.close();
    expect(await browser.pages()).toEqual([page]);
  });

  it('workers, dialogs, interception, cookies – as with a browser of its own', async () => {
    const { browser, page } = await clients.puppeteer(session);
    await page.goto(`${origin.url}/`);
    const [worker] = await Promise.all([
      new Promise<{ evaluate(code: string): Promise<unknown> }>((resolve) => page.once('workercreated', resolve)),
      page.evaluate('void new Worker("/worker.js")'),
    ]);
    expect(await worker.evaluate('typeof importScripts')).toBe('function');
    page.once('dialog', (dialog) => void dialog.accept('told'));
    expect(await page.evaluate('prompt("name?")')).toBe('told');
    await browser.setCookie({ name: 'a', value: '1', domain: '127.0.0.1', path: '/' });
    expect((await browser.cookies()).map(({ name }) => name)).toEqual(['a']);
    await page.setRequestInterception(true);
    page.on('request', (request) => {
      if (request.url().endsWith('/text')) void request.respond({ body: 'from the client' });
      else void request.continue();
    });
    await page.goto(`${origin.url}/text`);
    expect(await page.$eval('body', (body) => body.textContent)).toBe('from the client');
    await clients.end();
    expect((await suite.solution('/echo', { session })).innerText).toContain('a=1');
  });

  it('contexts of its own, tracing, files from a disk – are refused', async () => {
    const { browser, page } = await clients.puppeteer(session);
    await expect(browser.createBrowserContext()).rejects.toThrow('not allowed');
    await expect(page.tracing.start()).rejects.toThrow('not allowed');
    await page.setContent('<input type="file">');
    const input = await page.$('input');
    await expect(
      input
        ?.evaluateHandle((element) => element)
        .then((handle) => (handle as NonNullable<typeof input>).uploadFile('/etc/passwd')),
    ).rejects.toThrow('out of reach');
  });
});
