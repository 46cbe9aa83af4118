import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Attaching, RawClient } from '../support/attaching.js';
import { EngineSuite } from '../support/engine-suite.js';
import { browserProcesses, rendererProcesses } from '../support/processes.js';
import { TestProxy } from '../support/proxies.js';
import { RunningApp } from '../support/start-app.js';
import { suiteEngine as engine, suiteName } from '../support/suite-engines.js';

describe(`The life of an attached client on ${suiteName(engine)}`, () => {
  const suite = new EngineSuite(engine, { session: 'attached', settings: { MOORING_PAUSE_AFTER: '200ms' } });
  const { origin } = suite;
  const clients = new Attaching(() => suite.app);
  let session = '';
  /** The browser of the server that the other tests share. */
  let suiteProcesses = new Set<number>();
  beforeEach(() => {
    suiteProcesses = new Set(browserProcesses());
    session = randomUUID();
  });
  afterEach(async () => {
    await clients.end();
    await suite.app.ok({ cmd: 'sessions.destroy', session });
  });

  it('commands – wait until it leaves, or are told who is there', async () => {
    const { browser, page } = await clients.playwright(session);
    await page.goto(`${origin.url}/`);
    const hurried = suite.body('/text', { session, timeout: 500 });
    expect(await suite.app.fails('SESSION_BUSY', hurried)).toContain('a client is attached');
    const patient = suite.solution('/text', { session });
    await expect
      .poll(async () =>
        (await suite.app.ok({ cmd: 'sessions.list' })).sessions.map((row: { waiting: number }) => row.waiting),
      )
      .toContain(1);
    await browser.close();
    expect((await patient).statusCode).toBe(200);
  });

  it('another client – waits its turn, or is told why it gets none', async () => {
    const first = await clients.raw(session);
    await first.ok('Browser.getVersion');
    const second = await clients.raw(session);
    const answered = second.ok('Browser.getVersion');
    await first.close();
    expect(await answered).toBeTruthy();
    const third = await clients.raw(session);
    const { code, reason } = await third.closed;
    expect(code).toBe(1013);
    expect(reason).toMatch(/^SESSION_BUSY: .*a client is attached/);
  });

  it('its idle time – stands still, and its page runs', async () => {
    const { page } = await clients.playwright(session, { session_ttl: 1 });
    await page.goto(`${origin.url}/ticks`);
    const before = Number(await page.textContent('#n'));
    await sleep(1800);
    expect(await clients.stateOf(session)).toBe('attached');
    expect(Number(await page.textContent('#n'))).toBeGreaterThan(before + 5);
    await clients.end();
    await expect.poll(() => clients.stateOf(session)).toBeUndefined();
  });

  it('a paused session – goes on for the client', async () => {
    await suite.get('/ticks', { session });
    await expect.poll(() => clients.stateOf(session)).toBe('paused');
    const { page } = await clients.playwright(session);
    const before = Number(await page.textContent('#n'));
    await expect.poll(async () => Number(await page.textContent('#n'))).toBeGreaterThan(before + 2);
  });

  it('a client that vanishes – leaves the session to others', async () => {
    for (let i = 0; i < 3; i++) {
      const client = await clients.raw(session);
      const page = await client.attachToPage();
      await client.ok('Page.enable', {}, page);
      void client.ask('Runtime.evaluate', { expression: 'new Promise(() => {})', awaitPromise: true }, page);
      void client.ask('Page.navigate', { url: `${origin.url}/hang` }, page);
      client.socket.terminate();
      expect((await suite.solution(`/missing?${i}`, { session })).statusCode).toBe(404);
    }
  });

  it('a client that vanishes before its turn – takes none', async () => {
    const first = await clients.raw(session);
    await first.ok('Browser.getVersion');
    const second = await clients.raw(session);
    second.socket.terminate();
    await first.close();
    expect((await suite.solution('/', { session })).statusCode).toBe(200);
  });

  it('a session that ends – closes the connection, and says why', async () => {
    const client = await clients.raw(session);
    await client.ok('Browser.getVersion');
    await suite.app.ok({ cmd: 'sessions.destroy', session });
    const { code, reason } = await client.closed;
    expect(code).toBe(1001);
    expect(reason).toContain('session not found');
  });

  it('a page that crashes – the client is told; the session goes on with another', async () => {
    const { page } = await clients.playwright(session);
    await page.goto(`${origin.url}/`);
    const crashed = page.waitForEvent('crash');
    const before = new Set(rendererProcesses());
    expect(before.size).toBeGreaterThan(0);
    for (const renderer of before) process.kill(renderer, 'SIGKILL');
    await crashed;
    await clients.end();
    expect((await suite.solution('/missing', { session })).statusCode).toBe(404);
  });

  it('a browser that dies – closes the connection; the session goes on, and the client may come back', async () => {
    const app = await RunningApp.start({}, await engine.create());
    try {
      const { solution } = await app.ok({ cmd: 'websocket.create', session: 's' });
      const client = await RawClient.open(solution.ws);
      const page = await client.attachToPage();
      await client.ok('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: true, flatten: true });
      void client.ask('Runtime.evaluate', { expression: 'new Promise(() => {})', awaitPromise: true }, page);
      for (const id of browserProcesses()) if (!suiteProcesses.has(id)) process.kill(id, 'SIGKILL');
      expect((await client.closed).reason).toContain('CODE-0026');
      const again = await RawClient.open(solution.ws);
      await again.attachToPage();
      expect((await app.ok({ cmd: 'sessions.list' })).sessions).toMatchObject([{ session: 's', state: 'attached' }]);
    } finally {
      await app.close();
    }
  });

  it('tabs that are closed at once – cost nothing', async () => {
    const client = await clients.raw(session);
    const page = await client.attachToPage();
    const openTab = () => client.ok('Target.createTarget', { url: `${origin.url}/?tab` });
    for (let i = 0; i < 60; i++) {
      // Those that are on their way out count among the tabs that a session may have.
      const { targetId } = await vi.waitFor(openTab, { timeout: 10_000, interval: 100 });
      await client.ok('Target.closeTarget', { targetId });
    }
    await client.ok('Runtime.evaluate', { expression: '1' }, page);
    await clients.end();
    expect((await suite.solution('/missing', { session })).statusCode).toBe(404);
  });

  it('every tab closed – the session opens a new one for the next request', async () => {
    const { page } = await clients.playwright(session);
    await page.close();
    await clients.end();
    expect((await suite.solution('/missing', { session })).statusCode).toBe(404);
  });

  it('a client that does not read – misses what a page prints without end, and nothing else', async () => {
    const client = await clients.raw(session);
    const page = await client.attachToPage();
    await client.ok('Runtime.enable', {}, page);
    client.socket.pause();
    const lines = 10_000;
    const expression = `for (let i = 0; i < ${lines}; i++) console.log('x'.repeat(4000)); 7`;
    const answer = client.ask('Runtime.evaluate', { expression }, page);
    await sleep(3000);
    client.socket.resume();
    expect((await answer).result.result.value).toBe(7);
    const printed = client.events.filter(({ method }) => method === 'Runtime.consoleAPICalled').length;
    expect(printed).toBeGreaterThan(0);
    expect(printed).toBeLessThan(lines);
  });

  it('messages and lines that are too large – cost the client its connection, or its answer, and no page', async () => {
    const client = await clients.raw(session);
    const page = await client.attachToPage();
    await client.ok('Runtime.enable', {}, page);
    await client.ok('Runtime.evaluate', { expression: 'console.log("x".repeat(5e6))' }, page);
    const large = { expression: '"x".repeat(1.2e8)', returnByValue: true };
    expect((await client.ask('Runtime.evaluate', large, page)).error?.message).toContain('too large');
    expect((await client.ok('Runtime.evaluate', { expression: '7' }, page)).result.value).toBe(7);
    client.socket.send('x'.repeat(40_000_000));
    expect((await client.closed).code).toBe(1009);
    expect((await suite.solution('/', { session })).statusCode).toBe(200);
  });

  it('the domain rules of the session – hold for what the client does', async () => {
    const { page } = await clients.playwright(session, { blackListedDomains: ['localhost'], whitelistedDomains: [] });
    await page.goto(`${origin.url}/`);
    const port = new URL(origin.url).port;
    await expect(page.goto(`http://localhost:${port}/`)).rejects.toThrow('DOMAIN_NOT_ALLOWED');
    const status = await page.evaluate(
      (url) =>
        fetch(url, { mode: 'no-cors' }).then(
          () => 'came',
          () => 'failed',
        ),
      `http://localhost:${port}/`,
    );
    expect(status).toBe('failed');
    await page.evaluate((url) => location.assign(url), `http://localhost:${port}/`).catch(() => {}); // it moves
    await page.waitForTimeout(300);
    expect(origin.seen.some(({ headers }) => headers.host?.startsWith('localhost'))).toBe(false);
  });

  it('its proxy – carries what the client does', async () => {
    const proxy = new TestProxy({ kind: 'http' });
    await proxy.start();
    const { page, browser } = await clients.playwright(session, { proxy: proxy.url() });
    await page.goto(`${origin.url}/text`);
    expect(await page.evaluate('fetch("/api/data").then(({ status }) => status)')).toBe(200);
    expect(proxy.requests.length).toBeGreaterThan(0);
    await browser.close();
    await proxy.close();
  });

  it('an address – is good for its time, with no key, and for nothing that was never given', async () => {
    const app = await RunningApp.start(
      { MOORING_API_KEYS: 'k', MOORING_PRIVATE_NETWORKS: '127.0.0.0/8' },
      await engine.create(),
    );
    try {
      const body = { cmd: 'websocket.create', session: 's', ttl: 1 };
      const { solution, created } = await app.ok(body, { key: 'k' });
      expect(created).toBe(true);
      expect(solution.ws).toBe(solution.wsEndpoint);
      const client = await RawClient.open(solution.ws);
      expect(await client.ok('Browser.getVersion')).toBeTruthy();
      const path = new URL(solution.ws).pathname;
      expect((await app.get(`${path}/json/version`)).body.webSocketDebuggerUrl).toBe(solution.ws);
      await expect.poll(async () => (await app.get(`${path}/json/version`)).status).toBe(404);
      // Who is there stays.
      expect(await client.ok('Browser.getVersion')).toBeTruthy();
      await client.close();
      await expect(RawClient.open(solution.ws)).rejects.toThrow('404');
      await expect(RawClient.open(`${app.url.replace('http', 'ws')}/attach/x`)).rejects.toThrow('404');
      await expect(RawClient.open(`${app.url.replace('http', 'ws')}/api/v1`)).rejects.toThrow('404');
      await expect(RawClient.open(`${app.url.replace('http', 'ws')}/attach/${'x'.repeat(5000)}`)).rejects.toThrow(
        '404',
      );
    } finally {
      await app.close();
    }
  });

  it('a server that closes – lets its clients know', async () => {
    const app = await RunningApp.start({}, await engine.create());
    const { solution } = await app.ok({ cmd: 'websocket.create' });
    const client = await RawClient.open(solution.ws);
    await client.ok('Browser.getVersion');
    const [{ code, reason }] = await Promise.all([client.closed, app.close()]);
    expect(code).toBe(1001);
    expect(reason).toContain('SESSION_ENDED');
  });
});
