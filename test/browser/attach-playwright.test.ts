import { type Browser, chromium, type Page } from 'playwright-core';
import { afterEach, describe, expect, it } from 'vitest';
import { covers } from '../support/covers.js';
import { EngineSuite } from '../support/engine-suite.js';
import { suiteEngine as engine, suiteName } from '../support/suite-engines.js';

describe(`Playwright attached on ${suiteName(engine)}`, () => {
  const suite = new EngineSuite(engine, { session: 'attached' });
  const { origin } = suite;
  const browsers: Browser[] = [];

  const attach = async (session = 'attached'): Promise<{ browser: Browser; page: Page }> => {
    const { solution } = await suite.app.ok({ cmd: 'websocket.create', session });
    const browser = await chromium.connectOverCDP(solution.wsEndpoint);
    browsers.push(browser);
    const [context] = browser.contexts();
    const [page] = context?.pages() ?? [];
    if (!page) throw new Error('expected a page in the context of the session');
    return { browser, page };
  };
  const stateOf = async (session: string): Promise<string> => {
    const { sessions } = await suite.app.ok({ cmd: 'sessions.list' });
    return sessions.find((row: { session: string }) => row.session === session)?.state;
  };

  afterEach(async () => {
    await Promise.allSettled(browsers.splice(0).map((browser) => browser.close()));
  });

  it('a client – goes to pages, acts there, reads them', async () => {
    covers('command', 'websocket.create');
    const { page } = await attach();
    const response = await page.goto(`${origin.url}/actions`);
    expect(response?.status()).toBe(200);
    await page.click('#button');
    await page.locator('#text').pressSequentially('ab');
    await page.selectOption('#select', 'b');
    expect(await page.textContent('#log')).toContain('click:real;key:a;key:b;select:b;');
    expect((await page.screenshot()).byteLength).toBeGreaterThan(1000);
    expect(await page.frameLocator('#frame').locator('body').textContent()).toBeTruthy();
    expect(await stateOf('attached')).toBe('attached');
  });

  it('when it leaves – the session shows the page that it left, with its status', async () => {
    const { browser, page } = await attach();
    await page.goto(`${origin.url}/missing`);
    await browser.close();
    await expect.poll(() => stateOf('attached')).toBe('open');
    const { solution } = await suite.app.ok({ cmd: 'request.get', session: 'attached', keepSamePage: true });
    expect(solution.currentUrl).toBe(`${origin.url}/missing`);
    expect(solution.statusCode).toBe(404);
    expect(solution.innerText).toBe('Nothing here');
  });

  it('a new page that it opened and left – is the page of the session', async () => {
    const { browser, page } = await attach();
    const other = await page.context().newPage();
    await other.goto(`${origin.url}/missing`);
    await page.close();
    await browser.close();
    const { solution } = await suite.app.ok({ cmd: 'request.get', session: 'attached', keepSamePage: true });
    expect(solution.currentUrl).toBe(`${origin.url}/missing`);
    expect(solution.statusCode).toBe(404);
  });
});
