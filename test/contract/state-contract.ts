import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { BrowserEngine, EngineContext, EnginePage, NavigationRequest } from '../../src/engine/engine.js';
import type { BrowserState, CapturedState, OriginState, StoredCookie } from '../../src/snapshots/browser-state.js';
import { ManySites } from '../support/many-sites.js';
import type { Ability, EngineHarness } from './engine-contract.js';

const never = new AbortController().signal;
const limits = { timeoutMs: 10_000, signal: never };
const everything = { indexedDb: true, maxBytes: 50_000_000 };
const a = 'http://a.test';
const b = 'http://b.test';
const idp = 'http://login.test';
const sub = 'http://sub.a.test';

interface StateContract {
  readonly harness: () => EngineHarness;
  /** Another process of the same browser. */
  readonly another: () => Promise<EngineHarness>;
  readonly can: (ability: Ability) => boolean;
}

/** What every engine that runs scripts does with what sites store. */
export function describeState({ harness, another, can }: StateContract): void {
  describe('state', () => {
    const sites = new ManySites();
    const framed = can('storage in frames of other sites') ? b : sub;
    const contexts: EngineContext[] = [];
    beforeAll(() => sites.start());
    afterEach(async () => {
      await Promise.all(contexts.splice(0).map((context) => context.close()));
    });
    afterAll(() => sites.close());

    const openContext = async (
      state?: BrowserState,
      engine: BrowserEngine = harness().engine,
    ): Promise<EngineContext> => {
      const { proxyServer } = sites;
      const context = await engine.newContext({ proxyServer, ...(state ? { state } : {}) }, never);
      contexts.push(context);
      return context;
    };
    const open = async (state?: BrowserState, engine?: BrowserEngine) => {
      const context = await openContext(state, engine);
      return { context, page: await context.newPage(never) };
    };
    const go = (page: EnginePage, url: string, rest: Partial<NavigationRequest> = {}) =>
      page.navigate(
        { url, method: 'GET', headers: {}, loadTimeoutMs: 10_000, maxBodyBytes: 1_000_000, ...rest },
        never,
      );
    const run = (page: EnginePage, code: string): Promise<unknown> => page.actor().evaluate(code, limits);
    const capture = (context: EngineContext): Promise<CapturedState> => context.captureState(everything, never);
    const originOf = ({ state }: CapturedState, origin: string): OriginState | undefined =>
      state.origins.find((one) => one.origin === origin);
    const stateOf = (origins: readonly OriginState[], cookies: readonly StoredCookie[] = []): BrowserState => ({
      cookies,
      origins,
    });
    const storing = (
      origin: string,
      local: Record<string, string>,
      session: Record<string, string> = {},
    ): OriginState => {
      const items = (of: Record<string, string>) => Object.entries(of).map(([name, value]) => ({ name, value }));
      return { origin, localStorage: items(local), sessionStorage: items(session) };
    };
    /** What the first script of the page found: of localStorage, of sessionStorage. */
    const firstOf = async (page: EnginePage): Promise<unknown[]> =>
      ((await run(page, 'first')) as string[]).map((json) => Object.fromEntries(JSON.parse(json)));

    it('captureState, newContext – both storages and cookies – are there before the first script of the page', async () => {
      const one = await open();
      await go(one.page, `${a}/`);
      await run(
        one.page,
        `localStorage.setItem('l', 'ü \\ud800'); sessionStorage.setItem('s', '</script>');
        document.cookie = 'c=1; max-age=1000'; document.cookie = 'with-session=2'`,
      );
      const captured = await capture(one.context);
      const two = await open(JSON.parse(JSON.stringify(captured.state)));
      expect(two.context.unrestored ?? []).toEqual([]);
      await go(two.page, `${a}/`);
      expect(await firstOf(two.page)).toEqual([{ l: 'ü \ud800' }, { s: '</script>' }]);
      expect(await run(two.page, 'document.cookie')).toBe('c=1; with-session=2');
      expect(originOf(await capture(two.context), a)).toEqual(originOf(captured, a));
    });

    it('captureState – origins that the page has left, by us and by itself – are in it', async () => {
      const { context, page } = await open();
      await go(page, `${b}/stores`);
      await go(page, `${idp}/stores-and-goes?to=${a}/`);
      await expect.poll(() => page.url).toBe(`${a}/`);
      const captured = await capture(context);
      expect(originOf(captured, b)).toEqual(storing(b, { l: 'b.test' }, { s: '1' }));
      expect(originOf(captured, idp)?.localStorage).toEqual([{ name: 'token', value: 'login.test' }]);
      expect(sites.seen.filter((url) => url.includes('favicon'))).toEqual([]);
    });

    it('captureState – an origin that the page has left by itself, to one that takes a while – with its session storage', async () => {
      const { context, page } = await open();
      await go(page, `${idp}/stores-and-goes?to=${a}/after-a-while`);
      await expect.poll(() => page.url).toBe(`${a}/after-a-while`);
      expect(originOf(await capture(context), idp)).toEqual(storing(idp, { token: 'login.test' }, { step: '2' }));
    });

    it('captureState – databases of an origin that the page has left by itself – are in it', async () => {
      const { context, page } = await open();
      for (const origin of [idp, b]) {
        await go(page, `${origin}/stores-database-and-goes?to=${a}/`);
        await expect.poll(() => page.url).toBe(`${a}/`);
        const [database] = originOf(await capture(context), origin)?.indexedDB ?? [];
        expect(database?.stores[0]?.records).toEqual([{ key: 'token', value: 'secret' }]);
      }
    });

    it('captureState – an origin whose storage was cleared – has none', async () => {
      const { context, page } = await open(stateOf([storing(a, { l: '1' }, { s: '1' }), storing(b, { l: '2' })]));
      await go(page, `${a}/`);
      await run(page, 'localStorage.clear(); sessionStorage.clear()');
      expect((await capture(context)).state.origins).toEqual([storing(b, { l: '2' })]);
      await go(page, `${b}/`);
      await run(page, 'localStorage.clear()');
      expect((await capture(context)).state.origins).toEqual([]);
    });

    it('captureState – frames of other origins, and popups – are in it', async () => {
      const { context, page } = await open();
      await go(page, `${a}/embeds?src=${framed}/stores`);
      await run(page, `open('${idp}/stores')`);
      await expect
        .poll(async () => (await capture(context)).state.origins.map(({ origin }) => origin).sort())
        .toEqual([framed, idp].sort());
    });

    it('newContext – frames, two of one origin at once – each finds it, and what the first one changes stays', async () => {
      const { context, page } = await open(stateOf([storing(framed, { n: '41' })]));
      await go(page, `${a}/embeds?src=${framed}/counts&src=${framed}/counts`);
      expect(originOf(await capture(context), framed)?.localStorage).toEqual([{ name: 'n', value: '43' }]);
    });

    it('newContext – the page clears its storage and reloads – the old is not brought back', async () => {
      const { page } = await open(stateOf([storing(a, { l: '1' }, { s: '1' })]));
      await go(page, `${a}/clears-and-reloads`);
      await page.follow(limits);
      expect(await firstOf(page)).toEqual([{}, {}]);
      await go(page, `${a}/`);
      expect(await firstOf(page)).toEqual([{}, {}]);
    });

    it('newContext – a popup to an origin that was restored – finds it', async () => {
      const { context, page } = await open(stateOf([storing(b, { l: '1' })]));
      await go(page, `${a}/`);
      await run(page, `globalThis.popup = open('${b}/counts'); true`);
      await expect
        .poll(async () =>
          originOf(await capture(context), b)
            ?.localStorage.map(({ name, value }) => name + value)
            .sort(),
        )
        .toEqual(['l1', 'n1']);
    });

    it('newContext – another tab has crashed when the first of two origins is shown – the second finds its own too', async () => {
      const { context, page } = await open(stateOf([storing(a, { l: '1' }), storing(b, { l: '2' }, { s: '3' })]));
      const tab = await context.newPage(never);
      await harness().crashPage(page);
      await go(tab, `${a}/`);
      expect(await firstOf(tab)).toEqual([{ l: '1' }, {}]);
      await capture(context);
      await go(tab, `${b}/`);
      expect(await firstOf(tab)).toEqual([{ l: '2' }, { s: '3' }]);
    });

    it('captureState – what was restored and not visited – is in it unchanged', async () => {
      const state = stateOf([storing(a, { l: '1' }), storing(b, {}, { s: '2' })]);
      const { context, page } = await open(state);
      await go(page, `${idp}/`);
      expect((await capture(context)).state.origins).toEqual(state.origins);
    });

    it('newContext – bad entries – the rest is brought back, and what was not is told', async () => {
      const cookie = (rest: Partial<StoredCookie>): StoredCookie => ({
        name: 'ok',
        value: '1',
        domain: 'a.test',
        path: '/',
        expires: -1,
        httpOnly: false,
        secure: false,
        sameSite: 'Lax',
        ...rest,
      });
      const bad = [
        cookie({ name: '__Host-x', secure: false }),
        cookie({ name: 'large', value: 'x'.repeat(5000) }),
        cookie({ name: 'nowhere', domain: 'not a domain' }),
      ];
      const broken = {
        ...storing(b, { l: '1' }),
        indexedDB: [
          {
            name: 'broken',
            version: 1,
            stores: [{ name: 's', autoIncrement: false, keyPath: 'not a path!', records: [], indexes: [] }],
          },
          { name: 'sound', version: 2, stores: [] },
        ],
      };
      const { context, page } = await open(
        stateOf(
          [storing('not an origin', { x: '1' }), storing(a, { huge: 'x'.repeat(6_000_000), l: '1' }), broken],
          [...bad.slice(0, 2), cookie({}), ...bad.slice(2)],
        ),
      );
      const told = (context.unrestored ?? []).join('\n');
      // Some browsers take it without what its name says.
      const { cookies } = (await capture(context)).state;
      if (!cookies.some(({ name }) => name === '__Host-x')) expect(told).toContain('__Host-x');
      for (const part of ['large', 'nowhere', 'not an origin', a, 'broken']) expect(told).toContain(part);
      await go(page, `${a}/`);
      expect(await firstOf(page)).toEqual([{ l: '1' }, {}]);
      expect(await run(page, 'document.cookie')).toContain('ok=1');
      await go(page, `${b}/`);
      expect(
        await run(page, 'indexedDB.databases().then((all) => all.map(({ name, version }) => name + version))'),
      ).toEqual(['sound2']);
    });

    it('captureState, newContext – IndexedDB of every kind, over two processes – is as it was', async () => {
      const one = await open();
      await go(one.page, `${a}/`);
      await run(one.page, makeDatabases);
      const captured = await capture(one.context);
      expect(captured.left.some((sentence) => /Blob/.test(sentence))).toBe(true);
      const other = await another();
      const seen = sites.seen.length;
      const stored: BrowserState = JSON.parse(JSON.stringify(captured.state));
      const secure = stored.origins.map((one) => ({ ...one, origin: 'https://secure.test' }));
      const two = await open({ ...stored, origins: [...stored.origins, ...secure] }, other.engine);
      expect(two.context.unrestored ?? []).toEqual([]);
      expect(sites.seen.length).toBe(seen);
      await go(two.page, `${a}/`);
      expect(await run(two.page, lookAtDatabases)).toBe('all well');
      expect(originOf(await capture(two.context), a)).toEqual(originOf(captured, a));
      await run(
        two.page,
        `new Promise((resolve) => { indexedDB.deleteDatabase('kinds').onsuccess = resolve; }).then(() => 1)`,
      );
      expect(originOf(await capture(two.context), a)?.indexedDB?.map(({ name }) => name)).toEqual(['numbered']);
    });

    it('captureState – databases beyond the limit – are left out, and told', async () => {
      const { context, page } = await open();
      await go(page, `${a}/stores`);
      await run(page, makeDatabases);
      const { state, left } = await context.captureState({ indexedDb: true, maxBytes: 600 }, never);
      expect(state.origins).toMatchObject([{ origin: a, localStorage: [{ name: 'l', value: 'a.test' }] }]);
      expect(left.join('\n')).toMatch(/kinds.*larger/);
      expect((await context.captureState({ indexedDb: false, maxBytes: 10 }, never)).state.origins).toEqual([]);
    });

    it('captureState – service workers and caches – are told', async () => {
      const { context, page } = await open();
      await go(page, 'http://127.0.0.1/worker');
      await run(
        page,
        `caches.open('c').then(() => navigator.serviceWorker.register('/sw.js')).then(() => navigator.serviceWorker.ready).then(() => 1)`,
      );
      const { left } = await capture(context);
      expect(left.join('\n')).toMatch(/service worker.*\n.*cache/);
    });

    it('captureState – WebSockets that are open and requests that send something – are told as far as is known, until they are over', async () => {
      const { context, page } = await open();
      const unfinished = async (): Promise<string[]> => [...(await capture(context)).left];
      await go(page, `${a}/`);
      await run(
        page,
        `new Promise((resolve) => { globalThis.one = new WebSocket('ws://a.test/'); one.onopen = () => resolve(1); })`,
      );
      const socket = can('open sockets') ? [expect.stringMatching(/WebSockets.*: 1\./)] : [];
      await expect.poll(unfinished).toEqual(socket);
      await run(page, `fetch('/hang', { method: 'POST', body: 'x'.repeat(1000) }).catch(() => {}); 1`);
      await expect.poll(unfinished).toEqual([...socket, expect.stringMatching(/sending something with: 1\./)]);
      await run(page, `one.close(); 1`);
      await expect.poll(unfinished).toEqual([expect.stringContaining('sending something')]);
      await run(page, `new Promise((resolve) => { new WebSocket('ws://a.test/').onopen = () => resolve(1); })`);
      await go(page, `${b}/`);
      await expect.poll(unfinished).toEqual([]);
    });

    if (can('pause'))
      it('captureState – a page that is paused – is read all the same', async () => {
        const { context, page } = await open();
        await go(page, `${a}/stores`);
        expect(await page.pause()).toBe(true);
        const { state, left } = await capture(context);
        expect(state.origins).toEqual([storing(a, { l: 'a.test' }, { s: '1' })]);
        expect(left).toEqual([]);
      });

    it('captureState – a page that hangs – ends, with what was known', async () => {
      const { context, page } = await open();
      await go(page, `${a}/stores`);
      await capture(context);
      run(page, 'for (;;);').catch(() => {}); // it is killed
      await new Promise((resolve) => setTimeout(resolve, 200)); // until it is at it
      const captured = await capture(context);
      expect(originOf(captured, a)).toEqual(storing(a, { l: 'a.test' }, { s: '1' }));
      expect(captured.left.join('\n')).toContain(a);
      expect(await page.place(never)).toMatchObject({ url: `${a}/stores`, scroll: { x: 0, y: 0 } });
    });

    it('newPage – after a tab that died – has its session storage', async () => {
      const { context, page } = await open();
      await go(page, `${a}/stores`);
      await capture(context);
      await harness().crashPage(page);
      if (page.alive) await page.close();
      const next = await context.newPage(never);
      await go(next, `${a}/`);
      expect(await firstOf(next)).toEqual([{ l: 'a.test' }, { s: '1' }]);
      expect(originOf(await capture(context), a)).toEqual(storing(a, { l: 'a.test' }, { s: '1' }));
    });

    it('place, scrollTo – a page that came by POST – method, scroll and viewport', async () => {
      const { page } = await open();
      await go(page, `${a}/`, { method: 'POST', body: 'x=1' });
      await run(
        page,
        `document.body.style.height = '5000px'; document.documentElement.style.scrollBehavior = 'smooth'`,
      );
      await page.scrollTo({ x: 0, y: 1234 }, never);
      expect(await page.place(never)).toEqual({
        url: `${a}/`,
        method: 'POST',
        scroll: { x: 0, y: 1234 },
        viewport: page.viewport,
      });
    });

    if (can('partitioned cookies'))
      it('captureState, newContext – partitioned cookies – keep the site they are below', async () => {
        const partitioned: StoredCookie = {
          name: 'chips',
          value: '1',
          domain: 'b.test',
          path: '/',
          expires: -1,
          httpOnly: true,
          secure: true,
          sameSite: 'None',
          partitionKey: 'https://a.test',
          crossSiteAncestor: true,
        };
        const own = { ...partitioned, partitionKey: 'https://b.test', crossSiteAncestor: false };
        const context = await openContext(stateOf([], [partitioned, own]));
        expect(context.unrestored ?? []).toEqual([]);
        const { cookies } = (await capture(context)).state;
        expect(cookies).toHaveLength(2);
        expect(cookies).toEqual(expect.arrayContaining([partitioned, own].map((one) => expect.objectContaining(one))));
      });
  });
}

/** Databases with every kind of key and value that IndexedDB takes. */
const makeDatabases = `
  const db = await new Promise((resolve, reject) => {
    const request = indexedDB.open('kinds', 7);
    request.onerror = () => reject(request.error);
    request.onupgradeneeded = () => {
      const inLine = request.result.createObjectStore('in line', { keyPath: 'id' });
      inLine.createIndex('tags', 'tags', { multiEntry: true });
      inLine.createIndex('both', ['id', 'name'], { unique: true });
      request.result.createObjectStore('pairs', { keyPath: ['a.x', 'b'] });
      request.result.createObjectStore('free');
      request.result.createObjectStore('empty', { autoIncrement: true });
    };
    request.onsuccess = () => resolve(request.result);
  });
  const done = (transaction) => new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error);
  });
  const transaction = db.transaction(['in line', 'pairs', 'free'], 'readwrite');
  transaction.objectStore('in line').add({ id: 1, name: 'one', tags: ['x', 'y'] });
  transaction.objectStore('pairs').add({ a: { x: 'q' }, b: 2 });
  const free = transaction.objectStore('free');
  const cyclic = { name: 'cyclic' };
  cyclic.self = cyclic;
  free.add(new Date(1e12), new Date(5));
  free.add(new Uint8Array([1, 2, 255]).buffer, 'buffer');
  free.add(new Float64Array([1.5, NaN]), new Uint8Array([9, 8]));
  free.add(new Map([[new Date(3), new Set([1n, undefined])]]), [1, 'a', [new Date(7)]]);
  free.add(undefined, 'undefined');
  free.add(NaN, -Infinity);
  free.add(-0, 'minus zero');
  free.add(/a+/gi, 'expression');
  free.add(cyclic, 'cyclic');
  free.add(null, 'null');
  free.add({ v: 'undefined' }, 'looks encoded');
  free.add(new Blob(['x']), 'blob');
  await done(transaction);
  db.close();
  const numbered = await new Promise((resolve) => {
    const request = indexedDB.open('numbered');
    request.onupgradeneeded = () => request.result.createObjectStore('rows', { autoIncrement: true, keyPath: 'id' });
    request.onsuccess = () => resolve(request.result);
  });
  const rows = numbered.transaction('rows', 'readwrite');
  for (let i = 0; i < 250; i++) rows.objectStore('rows').add({ text: 'row ' + i });
  await done(rows);
  numbered.close();
  return true;`;

/** Says what is not as \`makeDatabases\` left it. */
const lookAtDatabases = `
  const answer = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const db = await answer(indexedDB.open('kinds'));
  const wrong = [];
  const check = (what, is) => { if (!is) wrong.push(what); };
  check('version', db.version === 7);
  check('stores', [...db.objectStoreNames].join() === 'empty,free,in line,pairs');
  const all = db.transaction([...db.objectStoreNames]);
  const inLine = all.objectStore('in line');
  const free = all.objectStore('free');
  check('indexes', inLine.index('tags').multiEntry && inLine.index('both').unique && inLine.index('both').keyPath.join() === 'id,name');
  check('auto increment', all.objectStore('empty').autoIncrement);
  check('index', (await answer(inLine.index('tags').get('y'))).name === 'one');
  check('pairs', (await answer(all.objectStore('pairs').get(['q', 2]))).b === 2);
  check('date', (await answer(free.get(new Date(5)))).getTime() === 1e12);
  check('buffer', new Uint8Array(await answer(free.get('buffer'))).join() === '1,2,255');
  const floats = await answer(free.get(new Uint8Array([9, 8])));
  check('floats', floats instanceof Float64Array && floats[0] === 1.5 && Number.isNaN(floats[1]));
  const [[day, set]] = await answer(free.get([1, 'a', [new Date(7)]]));
  check('map and set', day.getTime() === 3 && set.has(1n) && set.has(undefined));
  check('undefined', (await answer(free.getKey('undefined'))) === 'undefined' && (await answer(free.get('undefined'))) === undefined);
  check('NaN', Number.isNaN(await answer(free.get(-Infinity))));
  check('minus zero', Object.is(await answer(free.get('minus zero')), -0));
  check('expression', String(await answer(free.get('expression'))) === '/a+/gi');
  const cyclic = await answer(free.get('cyclic'));
  check('cyclic', cyclic.self === cyclic && cyclic.name === 'cyclic');
  check('null', (await answer(free.get('null'))) === null);
  check('looks encoded', (await answer(free.get('looks encoded'))).v === 'undefined');
  db.close();
  const numbered = await answer(indexedDB.open('numbered'));
  const rows = numbered.transaction('rows', 'readwrite').objectStore('rows');
  check('rows', (await answer(rows.count())) === 250);
  const next = await answer(rows.add({ text: 'next' }));
  check('generator', next === 251);
  await answer(rows.delete(next));
  numbered.close();
  return wrong.length === 0 ? 'all well' : wrong.join();`;
