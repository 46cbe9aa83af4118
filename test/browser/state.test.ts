import { chromium } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { EngineContext, EnginePage } from '../../src/engine/engine.js';
import type { BrowserState, OriginState } from '../../src/snapshots/browser-state.js';
import { chosenChromium, chromiumEngine } from '../support/chromium.js';
import { ManySites } from '../support/many-sites.js';
import { rendererProcesses } from '../support/processes.js';

const never = new AbortController().signal;
const limits = { timeoutMs: 10_000, signal: never };
const everything = { indexedDb: true, maxBytes: 50_000_000 };
const a = 'http://a.test';

const binary = await chosenChromium();

describe('what sites have stored', () => {
  const sites = new ManySites();
  const engine = chromiumEngine(binary);
  const contexts: EngineContext[] = [];
  beforeAll(async () => {
    await Promise.all([sites.start(), engine.start()]);
  });
  afterEach(async () => {
    await Promise.all(contexts.splice(0).map((context) => context.close()));
  });
  afterAll(async () => {
    await Promise.all([sites.close(), engine.close()]);
  });

  const open = async (state?: BrowserState): Promise<{ context: EngineContext; page: EnginePage }> => {
    const { proxyServer } = sites;
    const context = await engine.newContext({ proxyServer, ...(state ? { state } : {}) }, never);
    contexts.push(context);
    return { context, page: await context.newPage(never) };
  };
  const go = (page: EnginePage, url: string) =>
    page.navigate({ url, method: 'GET', headers: {}, loadTimeoutMs: 10_000, maxBodyBytes: 1_000_000 }, never);
  const run = (page: EnginePage, code: string): Promise<unknown> => page.actor().evaluate(code, limits);
  const storing = (origin: string, local: Record<string, string>): OriginState => ({
    origin,
    localStorage: Object.entries(local).map(([name, value]) => ({ name, value })),
    sessionStorage: [],
  });

  const makeDatabase = `new Promise((resolve) => {
    const request = indexedDB.open('db', 3);
    request.onupgradeneeded = () => {
      const store = request.result.createObjectStore('store');
      store.put({ at: new Date(5), bytes: new Uint8Array([7]) }, [1, new Date(6)]);
      store.put('plain', 'key');
    };
    request.onsuccess = () => { request.result.close(); resolve(true); };
  })`;
  const readDatabase = `new Promise((resolve) => {
    const request = indexedDB.open('db');
    request.onsuccess = () => {
      const store = request.result.transaction('store').objectStore('store');
      const values = store.getAll();
      values.onsuccess = () => {
        const [plain, { at, bytes }] = values.result;
        request.result.close();
        resolve([plain, at.getTime(), bytes[0]].join());
      };
    };
  })`;

  it('our state in Playwright, and its in ours – cookies, localStorage, IndexedDB', async () => {
    const { context, page } = await open();
    await go(page, `${a}/stores`);
    await run(page, `document.cookie = 'c=1; max-age=1000'`);
    await run(page, makeDatabase);
    const { state } = await context.captureState(everything, never);
    const browser = await chromium.launch({
      executablePath: binary.executablePath,
      env: { ...process.env, ...binary.env } as Record<string, string>, // undefined values do not reach a child
      chromiumSandbox: process.getuid?.() !== 0,
    });
    try {
      const options = { proxy: { server: sites.proxyServer } };
      const theirs = await browser.newContext({ ...options, storageState: JSON.parse(JSON.stringify(state)) });
      const tab = await theirs.newPage();
      await tab.goto(`${a}/`);
      expect(await tab.evaluate('[document.cookie, localStorage.l].join()')).toBe('c=1,a.test');
      expect(await tab.evaluate(readDatabase)).toBe('plain,5,7');
      const back = await theirs.storageState({ indexedDB: true });
      const origins = back.origins.map((origin) => ({ ...origin, sessionStorage: [] }));
      const again = await open(JSON.parse(JSON.stringify({ ...back, origins })));
      expect(again.context.unrestored).toEqual([]);
      await go(again.page, `${a}/`);
      expect(await run(again.page, '[document.cookie, localStorage.l].join()')).toBe('c=1,a.test');
      expect(await run(again.page, readDatabase)).toBe('plain,5,7');
    } finally {
      await browser.close();
    }
  });

  it('captureState, newContext – a page that looks around – sees nothing of either', async () => {
    const look = `const noted = Object.getOwnPropertyNames(window).concat(Object.getOwnPropertySymbols(window).map(String));
      return noted.concat(Object.keys(localStorage)).sort()`;
    const plain = await open();
    await go(plain.page, `${a}/stores`);
    const expected = await run(plain.page, look);
    const { context, page } = await open({ cookies: [], origins: [storing(a, { l: 'old' })] });
    await go(page, `${a}/stores`);
    await run(
      page,
      `globalThis.calls = 0;
      for (const name of ['getItem', 'key', 'setItem']) Storage.prototype[name] = () => { calls += 1; };
      const { stringify } = JSON;
      JSON.stringify = (...args) => { calls += 1; return stringify(...args); };
      const { databases } = indexedDB;
      IDBFactory.prototype.databases = function () { calls += 1; return databases.call(this); };`,
    );
    const { state } = await context.captureState(everything, never);
    expect(state.origins[0]?.localStorage).toEqual([{ name: 'l', value: 'a.test' }]);
    expect(await run(page, 'calls')).toBe(0);
    expect(await run(page, `delete globalThis.calls; ${look}`)).toEqual(expected);
  });

  it('captureState – fifty frames of as many origins, one after another – are in it', async () => {
    const { context, page } = await open();
    const frames = (from: number): string =>
      Array.from({ length: 25 }, (_, i) => `src=http://o${from + i}.test/stores`).join('&');
    for (const from of [0, 25]) await go(page, `${a}/embeds?${frames(from)}`);
    const { state } = await context.captureState(everything, never);
    expect(state.origins).toHaveLength(50);
    expect(
      state.origins.every(({ localStorage, sessionStorage }) => localStorage.length + sessionStorage.length === 2),
    ).toBe(true);
  });

  it('captureState – a frame that stores something and is removed – is in it', async () => {
    const { context, page } = await open();
    await go(page, `${a}/embeds?src=http://b.test/stores`);
    await run(page, `document.querySelector('iframe').remove()`);
    const { state } = await context.captureState(everything, never);
    expect(state.origins.map(({ origin }) => origin)).toEqual(['http://b.test']);
  });

  it('captureState – a page that stores without end – what it stored last, and what others store', async () => {
    const [flooding, other] = [await open(), await open()];
    await go(flooding.page, `${a}/`);
    await go(other.page, `${a}/`);
    await run(
      flooding.page,
      `for (let i = 0; i < 50_000; i++) { sessionStorage.setItem('n', i); localStorage.setItem('n', i); }`,
    );
    await run(other.page, `localStorage.setItem('n', 'x'); sessionStorage.setItem('n', 'y')`);
    const originsOf = async ({ context }: { context: EngineContext }): Promise<readonly OriginState[]> =>
      (await context.captureState(everything, never)).state.origins;
    const last = [{ name: 'n', value: '49999' }];
    // One that is busy with what it has stored is captured as it was before.
    await expect.poll(() => originsOf(flooding)).toEqual([{ origin: a, localStorage: last, sessionStorage: last }]);
    await expect
      .poll(() => originsOf(other))
      .toEqual([{ ...storing(a, { n: 'x' }), sessionStorage: [{ name: 'n', value: 'y' }] }]);
  });

  it('captureState – ten million characters – are kept as far as the limit goes, and told else', async () => {
    const { context, page } = await open();
    await go(page, `${a}/`);
    const fill = (storage: string): string =>
      `for (let i = 0; i < 5; i++) ${storage}.setItem('k' + i, 'x'.repeat(1_000_000))`;
    await run(page, `${fill('localStorage')}; ${fill('sessionStorage')}`);
    const all = await context.captureState({ indexedDb: false, maxBytes: 20_000_000 }, never);
    expect(all.left).toEqual([]);
    expect(all.state.origins[0]?.localStorage).toHaveLength(5);
    expect(all.state.origins[0]?.sessionStorage).toHaveLength(5);
    const some = await context.captureState({ indexedDb: false, maxBytes: 5_000_000 }, never);
    expect(some.state.origins).toEqual([]);
    expect(some.left.join()).toContain(a);
    const next = await open(all.state);
    expect(next.context.unrestored).toEqual([]);
    await go(next.page, `${a}/`);
    expect(await run(next.page, '[localStorage.length, sessionStorage.length].join()')).toBe('5,5');
  });

  it('newContext – five hundred origins – each is there when it is visited, and the rest stay', async () => {
    const origins = Array.from({ length: 500 }, (_, i) => storing(`http://o${i}.test`, { n: 'x'.repeat(500) }));
    const { context, page } = await open({ cookies: [], origins });
    for (const i of [0, 250, 499]) {
      await go(page, `http://o${i}.test/`);
      expect(await run(page, 'localStorage.n.length')).toBe(500);
      await run(page, 'localStorage.clear()');
    }
    const { state } = await context.captureState(everything, never);
    expect(state.origins).toHaveLength(497);
  });

  it('captureState – given up – rejects with the reason, and the next one works', async () => {
    const { context, page } = await open();
    await go(page, `${a}/stores`);
    await run(page, makeDatabase);
    const giving = new AbortController();
    const capturing = context.captureState(everything, giving.signal);
    giving.abort(new Error('given up'));
    await expect(capturing).rejects.toThrow('given up');
    expect((await context.captureState(everything, never)).state.origins[0]?.indexedDB).toHaveLength(1);
  });

  it('a browser whose tabs crash while databases are brought back – says so, and does not begin with half of them', async () => {
    const records = Array.from({ length: 20_000 }, (_, key) => ({ key, value: 'x'.repeat(200) }));
    const store = { name: 'store', autoIncrement: false, records, indexes: [] };
    const origin = { ...storing(a, {}), indexedDB: [{ name: 'db', version: 1, stores: [store] }] };
    const { proxyServer } = sites;
    const opening = engine.newContext({ proxyServer, state: { cookies: [], origins: [origin] } }, never);
    const crashing = setInterval(() => {
      for (const id of rendererProcesses()) {
        try {
          process.kill(id, 'SIGKILL');
        } catch {
          // It ended this very moment.
        }
      }
    }, 20);
    try {
      await expect(opening).rejects.toMatchObject({ code: 'BROWSER_FAILED', detail: expect.stringContaining(a) });
    } finally {
      clearInterval(crashing);
    }
    const { context } = await open();
    expect((await context.captureState(everything, never)).state.origins).toEqual([]);
  });
});
