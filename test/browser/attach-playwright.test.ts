import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Attaching } from '../support/attaching.js';
import { covers } from '../support/covers.js';
import { EngineSuite } from '../support/engine-suite.js';
import { Origin } from '../support/origin.js';
import { suiteEngine as engine, suiteName } from '../support/suite-engines.js';

describe(`Playwright attached on ${suiteName(engine)}`, () => {
  const suite = new EngineSuite(engine, { session: 'attached' });
  const { origin } = suite;
  const clients = new Attaching(() => suite.app);
  /** Each test has a session of its own. */
  let session = '';
  const run = async (code: string): Promise<unknown> => {
    const browserActions = [{ type: 'execute_js', code }];
    const body = { cmd: 'request.get', session, keepSamePage: true, browserActions };
    return (await suite.app.ok(body)).solution.javascriptReturn[0];
  };
  beforeEach(() => {
    session = randomUUID();
  });
  afterEach(async () => {
    await clients.end();
    await suite.app.ok({ cmd: 'sessions.destroy', session });
  });

  it('a client – goes to pages, acts there, reads them', async () => {
    covers('command', 'websocket.create');
    const { page } = await clients.playwright(session);
    const response = await page.goto(`${origin.url}/actions`);
    expect(response?.status()).toBe(200);
    await page.click('#button');
    await page.locator('#text').pressSequentially('ab');
    await page.selectOption('#select', 'b');
    expect(await page.textContent('#log')).toContain('click:real;key:a;key:b;select:b;');
    expect((await page.screenshot()).byteLength).toBeGreaterThan(1000);
    expect((await page.screenshot({ fullPage: true })).byteLength).toBeGreaterThan(1000);
    expect((await page.pdf()).byteLength).toBeGreaterThan(1000);
    expect(await page.frameLocator('#frame').locator('body').textContent()).toBeTruthy();
    expect(await clients.stateOf(session)).toBe('attached');
  });

  it('when it leaves – the session shows the page that it left, with its status', async () => {
    const { browser, page } = await clients.playwright(session);
    await page.goto(`${origin.url}/missing`);
    await browser.close();
    await expect.poll(() => clients.stateOf(session)).toBe('open');
    expect(await clients.shown(session)).toMatchObject({
      currentUrl: `${origin.url}/missing`,
      statusCode: 404,
      innerText: 'Nothing here',
    });
  });

  it('a tab that it opened and used last – is the page of the session, whether the old one is closed or not', async () => {
    for (const closes of [true, false]) {
      const { browser, context, page } = await clients.playwright(session);
      const other = await context.newPage();
      await other.goto(`${origin.url}/missing?${closes}`);
      if (closes) await page.close();
      await browser.close();
      expect(await clients.shown(session)).toMatchObject({
        currentUrl: `${origin.url}/missing?${closes}`,
        statusCode: 404,
      });
    }
  });

  it('a page that the site opens – is seen from its first request on, and can be closed', async () => {
    const { page, context } = await clients.playwright(session);
    await context.addInitScript('globalThis.started = true');
    await page.goto(`${origin.url}/opens-tabs`);
    const [popup] = await Promise.all([page.waitForEvent('popup'), page.click('#tab')]);
    await popup.waitForLoadState();
    expect(popup.url()).toBe(`${origin.url}/text`);
    expect(await popup.evaluate('started')).toBe(true);
    expect(await popup.opener()).toBe(page);
    await popup.close();
    expect(context.pages()).toEqual([page]);
  });

  it('a dialog that a new tab opens at once – comes to the client, with its tab', async () => {
    const { page, context } = await clients.playwright(session);
    const answer = page.evaluate('open("").prompt("name?")');
    const [popup, dialog] = await Promise.all([page.waitForEvent('popup'), context.waitForEvent('dialog')]);
    expect(dialog.page()).toBe(popup);
    await dialog.accept('told');
    expect(await answer).toBe('told');
    await popup.close();
  });

  it('more tabs than a session may have – are refused, and the others go on', async () => {
    const { page, context } = await clients.playwright(session);
    for (let i = context.pages().length; i < 11; i++) await context.newPage();
    await expect(context.newPage()).rejects.toThrow('expected at most 11 tabs');
    await page.goto(`${origin.url}/opens-tabs`);
    await page.click('#many');
    await expect.poll(() => context.pages().length).toBe(11);
    await page.goto(`${origin.url}/`);
    await Promise.all(
      context
        .pages()
        .filter((one) => one !== page)
        .map((one) => one.close()),
    );
  });

  it('workers – are seen, and can be asked', async () => {
    const { page } = await clients.playwright(session);
    const [worker] = await Promise.all([
      page.waitForEvent('worker'),
      page.goto(`${origin.url}/`).then(() => page.evaluate('void new Worker("/worker.js")')),
    ]);
    expect(await worker.evaluate('typeof importScripts')).toBe('function');
  });

  it('dialogs – are answered by the client; what it leaves open is dismissed', async () => {
    const { browser, page } = await clients.playwright(session);
    await page.goto(`${origin.url}/`);
    page.on('dialog', (dialog) => void dialog.accept('told'));
    expect(await page.evaluate('[confirm("sure?"), prompt("name?")]')).toEqual([true, 'told']);
    page.removeAllListeners('dialog');
    const opened = page.waitForEvent('dialog');
    await page.evaluate('setTimeout(() => { globalThis.left = confirm("still there?") }, 0)');
    await opened;
    await browser.close();
    await expect.poll(() => run('return globalThis.left')).toBe(false);
    // Ours answers again.
    expect(await run('return confirm("sure?")')).toBe(false);
  });

  it('routes, scripts, extra headers – hold while it is there, and no longer', async () => {
    const { browser, page, context } = await clients.playwright(session);
    await context.route('**/text', (route) => route.fulfill({ body: 'from the client' }));
    await context.setExtraHTTPHeaders({ 'x-client': 'here', 'user-agent': 'another' });
    await page.addInitScript('globalThis.mine = 1');
    await page.goto(`${origin.url}/text`);
    expect(await page.textContent('body')).toBe('from the client');
    await page.goto(`${origin.url}/echo`);
    const { headers } = JSON.parse((await page.textContent('body')) ?? '');
    expect(headers).toMatchObject({ 'x-client': 'here' });
    expect(headers['user-agent']).toContain('Chrome/');
    await browser.close();
    const { innerText } = await suite.solution('/text', { session });
    expect(innerText).toContain('one <b>two</b>');
    const later = JSON.parse((await suite.solution('/echo', { session })).innerText);
    expect(later.headers['x-client']).toBeUndefined();
    expect(await run('return typeof mine')).toBe('undefined');
  });

  it('a client that leaves in the middle of requests that it holds back – lets them go', async () => {
    const { browser, page } = await clients.playwright(session);
    await page.goto(`${origin.url}/`);
    let held = 0;
    await page.route('**/api/data', () => {
      held += 1;
    });
    await page.evaluate('globalThis.answer = fetch("/api/data").then(({ status }) => status); 0');
    await expect.poll(() => held).toBe(1);
    await browser.close();
    expect(await run('return answer')).toBe(200);
  });

  it('a page that cannot be reached – fails with the name that Chromium has for the reason', async () => {
    const { page } = await clients.playwright(session);
    const closed = new Origin();
    await closed.start();
    const { url } = closed;
    await closed.close();
    const [request] = await Promise.all([
      page.waitForEvent('requestfailed'),
      expect(page.goto(url)).rejects.toThrow('net::ERR_CONNECTION_REFUSED'),
    ]);
    expect(request.failure()?.errorText).toBe('net::ERR_CONNECTION_REFUSED');
    await expect(page.goto(url.replace('http:', 'https:'))).rejects.toThrow('net::ERR_CONNECTION_REFUSED');
    await expect(page.goto(`${origin.url}/reset`)).rejects.toThrow('net::ERR_EMPTY_RESPONSE');
    await expect(page.goto('no-address')).rejects.toThrow('Cannot navigate to invalid URL');
  });

  it('cookies and storage – are those of the session', async () => {
    await suite.get('/', { session, cookies: [{ name: 'a', value: '1', domain: '127.0.0.1', path: '/' }] });
    const { browser, page, context } = await clients.playwright(session);
    expect((await context.cookies()).find(({ name }) => name === 'a')?.value).toBe('1');
    await context.addCookies([{ name: 'b', value: '2', url: origin.url }]);
    await page.evaluate('localStorage.setItem("k", "v")');
    await context.clearCookies({ name: 'a' });
    await browser.close();
    const { cookieString, localStorageData } = await suite.solution('/', { session });
    expect(cookieString).toContain('b=2');
    expect(cookieString).not.toContain('a=1');
    expect(localStorageData.k).toBe('v');
  });

  it('files – are chosen by their content; those of a disk are out of reach', async () => {
    const { page } = await clients.playwright(session);
    await page.goto(`${origin.url}/`);
    await page.setContent('<input type="file" id="file">');
    await page.setInputFiles('#file', { name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('hello') });
    expect(await page.evaluate('document.querySelector("#file").files[0].text()')).toBe('hello');
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.click('#file')]);
    await chooser.setFiles({ name: 'b.txt', mimeType: 'text/plain', buffer: Buffer.from('again') });
    expect(await page.evaluate('document.querySelector("#file").files[0].text()')).toBe('again');
  });

  it('a download – is told, and cancelled', async () => {
    const { page } = await clients.playwright(session);
    await page.goto(`${origin.url}/`);
    await page.setContent(`<a id="a" href="${origin.url}/file">file</a>`);
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#a')]);
    expect(download.url()).toBe(`${origin.url}/file`);
    expect(await download.failure()).toBe('canceled');
    await clients.end();
    // The next request for it has it.
    expect((await suite.solution('/file', { session })).base64Response).toBeTruthy();
  });

  it('its own protocol sessions – are for targets of the session', async () => {
    const { page, context, browser } = await clients.playwright(session);
    await page.goto(`${origin.url}/`);
    const ofPage = await context.newCDPSession(page);
    const { result } = await ofPage.send('Runtime.evaluate', { expression: '6 * 7' });
    expect(result.value).toBe(42);
    await ofPage.detach();
    const whole = await browser.newBrowserCDPSession();
    expect((await whole.send('Target.getTargets')).targetInfos.map(({ type }) => type)).toEqual(['page']);
    await expect(whole.send('SystemInfo.getInfo')).rejects.toThrow('not allowed');
    await whole.detach();
  });

  it('contexts of its own – are refused', async () => {
    const { browser } = await clients.playwright(session);
    await expect(browser.newContext()).rejects.toThrow("'Target.createBrowserContext' is not allowed");
  });

  it('the identity – is as it was while it is there, whatever it asks for, and afterwards', async () => {
    const options = { operatingSystem: ['windows'], locales: ['de-DE'], timezone: 'Asia/Tokyo', device: ['desktop'] };
    const expression =
      '[navigator.userAgent, navigator.platform, navigator.languages.join(), Intl.DateTimeFormat().resolvedOptions().timeZone, devicePixelRatio, screen.width, navigator.maxTouchPoints]';
    const url = `${origin.url}/`;
    const actions = [{ type: 'execute_js', code: `return ${expression}` }];
    const look = async (fields = {}) =>
      (await suite.app.ok({ cmd: 'request.get', session, url, browserActions: actions, ...fields })).solution
        .javascriptReturn[0];
    await suite.app.ok({ cmd: 'sessions.create', session, ...options });
    const before = await look();
    const { browser, page, context } = await clients.playwright(session);
    expect(await page.evaluate(expression)).toEqual(before);
    const cdp = await context.newCDPSession(page);
    await cdp.send('Emulation.setUserAgentOverride', { userAgent: 'another', platform: 'Another' });
    await cdp.send('Network.setUserAgentOverride', { userAgent: 'another' });
    await cdp.send('Emulation.setLocaleOverride', { locale: 'fr-FR' });
    await cdp.send('Emulation.setTimezoneOverride', { timezoneId: 'Europe/Paris' });
    await cdp.send('Emulation.setTouchEmulationEnabled', { enabled: true });
    await cdp.send('Emulation.setDeviceMetricsOverride', {
      width: 500,
      height: 400,
      deviceScaleFactor: 3,
      mobile: true,
    });
    await page.goto(`${origin.url}/?again`);
    expect(await page.evaluate(expression)).toEqual(before);
    expect(await page.evaluate('[innerWidth, innerHeight]')).toEqual([500, 400]);
    const tab = await context.newPage();
    await tab.goto(url);
    expect(await tab.evaluate(expression)).toEqual(before);
    await browser.close();
    expect(await look({ url: undefined, keepSamePage: true })).toEqual(before);
    expect(await look()).toEqual(before);
  });

  it('two sessions attached at once – see nothing of each other', async () => {
    const [one, two] = [await clients.playwright('one'), await clients.playwright('two')];
    await Promise.all([one.page.goto(`${origin.url}/?one`), two.page.goto(`${origin.url}/?two`)]);
    await one.context.addCookies([{ name: 'whose', value: 'one', url: origin.url }]);
    const seen: string[] = [];
    two.context.on('page', (page) => void seen.push(page.url()));
    two.context.on('request', (request) => void seen.push(request.url()));
    const tab = await one.context.newPage();
    await tab.goto(`${origin.url}/?tab`);
    expect(await two.context.cookies()).toEqual([]);
    expect(two.context.pages()).toEqual([two.page]);
    expect(seen).toEqual([]);
    await one.browser.close();
    expect(await two.page.evaluate('location.search')).toBe('?two');
  });

  it('ten clients one after another – each finds what the one before has left', async () => {
    for (let i = 0; i < 10; i++) {
      const { browser, page } = await clients.playwright(session);
      if (i > 0) expect(page.url()).toBe(`${origin.url}/?${i - 1}`);
      await page.goto(`${origin.url}/?${i}`);
      await browser.close();
    }
    expect((await clients.shown(session)).currentUrl).toBe(`${origin.url}/?9`);
  });

  it('an HTTP address below the token – leads to the same', async () => {
    const { chromium } = await import('playwright-core');
    const address = await clients.address(session);
    const browser = await chromium.connectOverCDP(address.replace('ws:', 'http:'));
    await browser.contexts()[0]?.pages()[0]?.goto(`${origin.url}/`);
    const list = await suite.app.get(`${new URL(address).pathname}/json/list`);
    expect(list.body).toMatchObject([{ type: 'page', url: `${origin.url}/`, webSocketDebuggerUrl: address }]);
    await browser.close();
  });
});
