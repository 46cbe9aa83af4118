import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type {
  BrowserEngine,
  EngineContext,
  EnginePage,
  NavigationRequest,
  PageEvent,
} from '../../src/engine/engine.js';
import { MooringError } from '../../src/errors.js';
import { Deadline } from '../../src/util/deadline.js';
import { Origin } from '../support/origin.js';
import { describeState } from './state-contract.js';

/** What the suite needs of an engine besides the port. */
export interface EngineHarness {
  readonly engine: BrowserEngine;
  /** Kills what shows the page. */
  crashPage(page: EnginePage): Promise<void>;
  /** Kills the process behind a context. */
  crashBrowser(context: EngineContext): Promise<void>;
}

const never = new AbortController().signal;
const maxChars = 1_000_000;

/** What not every browser's protocol can. */
export type Ability =
  /** Sending a referer that it is told. */
  | 'referer'
  /** Telling at once that a renderer has died. */
  | 'crash event'
  /** Refusing headers that a request may not have. */
  | 'header refusal'
  /** Ending a download. */
  | 'download cancel'
  /** Ending a script that never ends. */
  | 'script termination'
  /** Passing a service worker by. */
  | 'worker bypass'
  /** Letting a page stand still. */
  | 'pause'
  /** Telling of the errors that scripts report. */
  | 'script errors'
  /** Letting frames of other sites store anything. */
  | 'storage in frames of other sites'
  | 'open sockets'
  /** Telling below which site a cookie is partitioned. */
  | 'partitioned cookies';

export interface EngineUnderTest {
  readonly create: () => Promise<EngineHarness>;
  /** Whether its pages run scripts. */
  readonly runsScripts: boolean;
  /** What this engine cannot do; the suite asks the rest of it. */
  readonly lacks?: readonly Ability[];
  /** Why it cannot be tested here. */
  readonly skip?: string;
}

const small = { maxWidth: 240, maxHeight: 240, quality: 60 } as const;

/** From the head of its frame (ITU T.81, B.2.2). */
function sizeOfJpeg(jpeg: Buffer): { width: number; height: number } | undefined {
  for (let at = 2; at + 9 <= jpeg.length && jpeg[at] === 0xff; at += 2 + jpeg.readUInt16BE(at + 2)) {
    const marker = jpeg[at + 1] ?? 0;
    if (marker >= 0xc0 && marker <= 0xc2)
      return { width: jpeg.readUInt16BE(at + 7), height: jpeg.readUInt16BE(at + 5) };
  }
  return undefined;
}

/** Ends a page by going to the browser's own URL for that. */
export async function crashAt(page: EnginePage, url: string): Promise<void> {
  const request: NavigationRequest = { url, method: 'GET', headers: {}, loadTimeoutMs: 5000, maxBodyBytes: 1 };
  await page.navigate(request, AbortSignal.timeout(5000)).catch(() => {}); // the crash is what it is for
}

/** What every engine does, the fake one of the tests among them. */
export function describeEngine(name: string, { create, runsScripts, skip, lacks = [] }: EngineUnderTest): void {
  describe.skipIf(skip !== undefined)(
    `engine contract: ${name}${skip === undefined ? '' : ` (skipped: ${skip})`}`,
    () => {
      const origin = new Origin();
      let harness: EngineHarness;
      /** Another process, for what goes from one to another. */
      let second: Promise<EngineHarness> | undefined;
      const contexts: EngineContext[] = [];

      beforeAll(async () => {
        await origin.start();
        harness = await create();
        await harness.engine.start();
      });
      afterEach(async () => {
        await Promise.all(contexts.splice(0).map((context) => context.close()));
      });
      afterAll(async () => {
        await Promise.all([harness?.engine.close(), second?.then(({ engine }) => engine.close())]);
        await origin.close();
      });
      const another = (): Promise<EngineHarness> => {
        second ??= create().then(async (one) => {
          await one.engine.start();
          return one;
        });
        return second;
      };

      const open = async (): Promise<{ context: EngineContext; page: EnginePage }> => {
        const context = await harness.engine.newContext({}, never);
        contexts.push(context);
        return { context, page: await context.newPage(never) };
      };
      const to = (path: string, rest: Partial<NavigationRequest> = {}): NavigationRequest => ({
        url: path.startsWith('http') ? path : `${origin.url}${path}`,
        method: 'GET',
        headers: {},
        loadTimeoutMs: 10_000,
        maxBodyBytes: 1_000_000,
        ...rest,
      });
      const can = (ability: Ability): boolean => !lacks.includes(ability);
      const codeOf = (work: Promise<unknown>): Promise<string> =>
        work.then(
          () => 'no error',
          (error: unknown) => (error instanceof MooringError ? error.code : String(error)),
        );

      if (runsScripts) describeState({ harness: () => harness, another, can });

      it('info – after start – names engine, version and user agent', () => {
        const { engine } = harness;
        expect(engine.info.version).toMatch(/^\d+(\.\d+)+$/);
        expect(engine.info.userAgent).toMatch(/^Mozilla\/5\.0/);
      });

      it('check – healthy – resolves', async () => {
        await harness.engine.check(never);
      });

      it('guid – two contexts – 32 hex digits, different', async () => {
        const [a, b] = [(await open()).context, (await open()).context];
        expect(a.guid).toMatch(/^[0-9a-f]{32}$/);
        expect(a.guid).not.toBe(b.guid);
      });

      it('navigate – a page – status, headers, HTML, text and URL', async () => {
        const { page } = await open();
        const result = await page.navigate(to('/'), never);
        expect(result).toMatchObject({
          kind: 'document',
          status: 200,
          method: 'GET',
          url: `${origin.url}/`,
          loaded: true,
        });
        const headers = await result.headers;
        expect(headers.response['content-type']).toBe('text/html; charset=utf-8');
        expect(headers.request['user-agent']).toBe(harness.engine.info.userAgent);
        const content = await page.read(maxChars, never);
        expect(content.html).toContain('<h1>Hello</h1>');
        expect(content.text).toMatch(/Hello\s+Welcome/);
        expect(content.url).toBe(`${origin.url}/`);
        expect(page.document).toBe(result);
      });

      it('navigate – 404 – is a document with that status', async () => {
        const { page } = await open();
        expect(await page.navigate(to('/missing'), never)).toMatchObject({ kind: 'document', status: 404 });
      });

      it('navigate – redirect – tells where it ended', async () => {
        const { page } = await open();
        expect(await page.navigate(to('/redirect'), never)).toMatchObject({ status: 200, url: `${origin.url}/` });
      });

      it.each(['POST', 'PUT', 'DELETE', 'PATCH'] as const)(
        'navigate – %s – sends method, headers and body once',
        async (method) => {
          const { page } = await open();
          const before = origin.count('/echo');
          const result = await page.navigate(
            to('/echo', {
              method,
              headers: { 'content-type': 'application/json', 'x-test': 'yes' },
              body: '{"a":"ü"}',
              ...(can('referer') ? { referer: 'http://r.example/' } : {}),
            }),
            never,
          );
          const echoed = JSON.parse((await page.read(maxChars, never)).text) as {
            method: string;
            headers: Record<string, string>;
            body: string;
          };
          expect(result.method).toBe(method);
          expect(echoed).toMatchObject({
            method,
            body: '{"a":"ü"}',
            headers: {
              'content-type': 'application/json',
              'x-test': 'yes',
              ...(can('referer') ? { referer: 'http://r.example/' } : {}),
            },
          });
          expect(origin.count('/echo') - before).toBe(1);
          expect((await result.headers).request['x-test']).toBe('yes');
        },
      );

      it('navigate – an address that browsers spell in their own way – page, POST, 204 and file, each sent once', async () => {
        const { page } = await open();
        const path = (route: string): string => `${route};a^b|c"d{e}`;
        const sent = (route: string): number => origin.seen.filter((one) => one.path.startsWith(`${route};`)).length;
        expect(await page.navigate(to(path('/missing')), never)).toMatchObject({ kind: 'document', status: 404 });
        const post = to(path('/echo'), { method: 'POST', headers: { 'x-once': '1' }, body: 'a' });
        expect(await page.navigate(post, never)).toMatchObject({ kind: 'document', status: 200, method: 'POST' });
        expect(await page.navigate(to(path('/empty')), never)).toMatchObject({ kind: 'empty', status: 204 });
        expect(await page.navigate(to(path('/file')), never)).toMatchObject({ kind: 'download', status: 200 });
        expect(['/missing', '/echo', '/empty', '/file'].map(sent)).toEqual([1, 1, 1, 1]);
      });

      it('navigate – POST to the page that is shown, and the same page with a fragment – are sent', async () => {
        const { page } = await open();
        const before = origin.count('/echo');
        await page.navigate(to('/echo'), never);
        for (const body of ['a', 'b']) {
          await page.navigate(to('/echo', { method: 'POST', headers: {}, body }), never);
          expect(JSON.parse((await page.read(maxChars, never)).text)).toMatchObject({ method: 'POST', body });
        }
        await page.navigate(to('/echo#there'), never);
        expect(JSON.parse((await page.read(maxChars, never)).text)).toMatchObject({ method: 'GET' });
        expect(origin.count('/echo') - before).toBe(4);
      });

      it('navigate – POST to the page that is shown, answered by a 204 – the page stays', async () => {
        const { page } = await open();
        await page.navigate(to('/saves'), never);
        const result = await page.navigate(to('/saves', { method: 'POST', headers: {}, body: 'a' }), never);
        expect(result).toMatchObject({ kind: 'empty', status: 204 });
        expect(page.url).toBe(`${origin.url}/saves`);
        expect(page.document?.status).toBe(200);
      });

      it('navigate – an icon – is a page of its own, not the one before', async () => {
        const { page } = await open();
        await page.navigate(to('/missing'), never);
        const result = await page.navigate(to('/icons/favicon.ico'), never);
        expect(result).toMatchObject({ kind: 'document', status: 200, url: `${origin.url}/icons/favicon.ico` });
        expect((await result.headers).response['x-origin']).toBe('icon');
        expect(
          Buffer.from(result.body ?? [])
            .subarray(1, 4)
            .toString(),
        ).toBe('PNG');
      });

      it('navigate – headers of one request – are not sent with the next', async () => {
        const { page } = await open();
        await page.navigate(to('/echo', { headers: { 'x-once': '1' } }), never);
        await page.navigate(to('/echo'), never);
        expect(JSON.parse((await page.read(maxChars, never)).text).headers).not.toHaveProperty('x-once');
      });

      it('navigate – POST answered by a 303 – follows with GET and keeps the cookie', async () => {
        const { page, context } = await open();
        const result = await page.navigate(
          to('/login', {
            method: 'POST',
            headers: { 'content-type': 'application/x-www-form-urlencoded' },
            body: 'user=anna&password=secret',
          }),
          never,
        );
        expect(result).toMatchObject({ status: 200, url: `${origin.url}/account` });
        expect((await page.read(maxChars, never)).text).toContain('Account of anna');
        expect(await context.cookies(undefined, never)).toMatchObject([
          { name: 'sid', value: 'anna-1', httpOnly: true, expires: -1 },
        ]);
      });

      it('navigate – 204 – is empty, and the page stays', async () => {
        const { page } = await open();
        await page.navigate(to('/'), never);
        const result = await page.navigate(to('/empty'), never);
        expect(result).toMatchObject({ kind: 'empty', status: 204 });
        expect((await result.headers).response['x-origin']).toBe('empty');
        expect(page.url).toBe(`${origin.url}/`);
        expect(page.document?.status).toBe(200);
      });

      it('navigate – a download – brings its bytes and headers', async () => {
        const { page } = await open();
        const result = await page.navigate(to('/file'), never);
        expect(result).toMatchObject({ kind: 'download', status: 200 });
        expect(Buffer.from(result.body ?? []).toString()).toBe('PK-not-really');
        expect((await result.headers).response['content-disposition']).toContain('data.zip');
      });

      it('navigate – an image – is a document with its bytes', async () => {
        const { page } = await open();
        const result = await page.navigate(to('/image'), never);
        expect(result.kind).toBe('document');
        expect(
          Buffer.from(result.body ?? [])
            .subarray(1, 4)
            .toString(),
        ).toBe('PNG');
      });

      it('read – JSON and text – is the raw body', async () => {
        const { page } = await open();
        await page.navigate(to('/text'), never);
        expect((await page.read(maxChars, never)).text).toBe('one <b>two</b>\n  three');
      });

      it('read – a page larger than the limit – RESPONSE_TOO_LARGE', async () => {
        const { page } = await open();
        await page.navigate(to('/'), never);
        expect(await codeOf(page.read(10, never))).toBe('RESPONSE_TOO_LARGE');
      });

      it('cookies – set by the site – are read back with all their attributes', async () => {
        const { page, context } = await open();
        await page.navigate(to('/set-cookie'), never);
        const [a, b] = (await context.cookies(undefined, never)).toSorted((x, y) => x.name.localeCompare(y.name));
        expect(a).toMatchObject({
          name: 'a',
          value: '1',
          domain: '127.0.0.1',
          path: '/',
          expires: -1,
          httpOnly: false,
        });
        expect(b).toMatchObject({ name: 'b', value: '2', httpOnly: true, sameSite: 'Strict' });
        expect(b?.expires).toBeGreaterThan(Date.now() / 1000 + 3000);
      });

      it('addCookies – the same twice – is one cookie, sent to its host', async () => {
        const { page, context } = await open();
        const cookie = { name: 'c', value: '3', url: origin.url };
        await context.addCookies([cookie], never);
        await context.addCookies([cookie], never);
        await page.navigate(to('/echo'), never);
        expect(JSON.parse((await page.read(maxChars, never)).text).headers.cookie).toBe('c=3');
        expect(await context.cookies(origin.url, never)).toHaveLength(1);
        expect(await context.cookies('http://elsewhere.example/', never)).toHaveLength(0);
      });

      it('contexts – two at once – share no cookies', async () => {
        const [one, two] = [await open(), await open()];
        await one.page.navigate(to('/set-cookie'), never);
        expect(await two.context.cookies(undefined, never)).toEqual([]);
      });

      it('navigate – nothing listens – CODE-0006, and the page still works', async () => {
        const { page } = await open();
        expect(await codeOf(page.navigate(to('http://127.0.0.1:9/'), never))).toBe('NO_RESPONSE');
        expect(await codeOf(page.navigate(to('/reset'), never))).toBe('NO_RESPONSE');
        expect((await page.navigate(to('/'), never)).status).toBe(200);
      });

      it('navigate – deadline – rejects with its reason, and after settling the page works', async () => {
        const { page } = await open();
        using deadline = new Deadline({ ms: 300, reason: () => new MooringError('NAVIGATION_TIMEOUT', 'too late') });
        expect(await codeOf(page.navigate(to('/hang'), deadline.signal))).toBe('NAVIGATION_TIMEOUT');
        await page.settle();
        expect(page.alive).toBe(true);
        expect((await page.navigate(to('/'), never)).status).toBe(200);
      });

      it('screenshot – a page – is a PNG', async () => {
        const { page } = await open();
        await page.navigate(to('/'), never);
        const png = await page.screenshot({ size: { width: 640, height: 480 }, fullPage: false }, never);
        expect(Buffer.from(png).subarray(0, 8).toString('hex')).toBe('89504e470d0a1a0a');
      });

      /** A page, and what it tells from now on. */
      const openHeard = async (): Promise<{ page: EnginePage; told: PageEvent[] }> => {
        const { page } = await open();
        const told: PageEvent[] = [];
        page.onEvent((event) => told.push(event));
        return { page, told };
      };

      it('onEvent – where it is sent – the document that it came to, once, with its status', async () => {
        const { page, told } = await openHeard();
        await page.navigate(to('/redirect'), never);
        await page.navigate(to('/missing'), never);
        expect(told.filter(({ kind }) => kind !== 'console')).toEqual([
          { kind: 'navigation', url: `${origin.url}/`, by: 'command', statusCode: 200 },
          { kind: 'navigation', url: `${origin.url}/missing`, by: 'command', statusCode: 404 },
        ]);
      });

      it('onEvent – a navigation that fails – why, once', async () => {
        const { page, told } = await openHeard();
        expect(await codeOf(page.navigate(to('/reset'), never))).toBe('NO_RESPONSE');
        expect(told).toEqual([
          { kind: 'navigation', url: `${origin.url}/reset`, by: 'command', error: expect.any(String) },
        ]);
      });

      it('onEvent – a file – its name, and no document', async () => {
        const { page, told } = await openHeard();
        const { fileName } = await page.navigate(to('/file'), never);
        expect(told).toEqual([{ kind: 'download', name: fileName, url: `${origin.url}/file` }]);
      });

      if (can('crash event'))
        it('onEvent – its renderer dies – is told once, and that it is closed is not', async () => {
          const [{ page, told }, closed] = [await openHeard(), await openHeard()];
          await harness.crashPage(page);
          await closed.page.close();
          await expect.poll(() => told.filter(({ kind }) => kind === 'crash').length).toBe(1);
          await page.close();
          expect([told.filter(({ kind }) => kind === 'crash').length, closed.told]).toEqual([1, []]);
        });

      if (can('crash event'))
        it('page – its renderer dies – is no longer alive; a new one has the cookies', async () => {
          const { page, context } = await open();
          await page.navigate(to('/set-cookie'), never);
          await harness.crashPage(page);
          await expect.poll(() => page.alive).toBe(false);
          expect(await codeOf(page.read(maxChars, never))).toBe('BROWSER_FAILED');
          const next = await context.newPage(never);
          await next.navigate(to('/echo'), never);
          expect(JSON.parse((await next.read(maxChars, never)).text).headers.cookie).toContain('a=1');
        });

      it('page – its renderer dies – another one has the cookies', async () => {
        const { page, context } = await open();
        await page.navigate(to('/set-cookie'), never);
        await harness.crashPage(page);
        const next = await context.newPage(never);
        await next.navigate(to('/echo'), never);
        expect(JSON.parse((await next.read(maxChars, never)).text).headers.cookie).toContain('a=1');
      });

      it('context – closed twice – is one close, and then refuses', async () => {
        const { context } = await open();
        await Promise.all([context.close(), context.close()]);
        expect(await codeOf(context.newPage(never))).toBe('BROWSER_FAILED');
      });

      it('context – the browser dies – is lost; the engine opens new ones', async () => {
        const { context, page } = await open();
        await page.navigate(to('/'), never);
        await harness.crashBrowser(context);
        await expect.poll(() => context.lost.aborted).toBe(true);
        expect((context.lost.reason as MooringError).code).toBe('BROWSER_FAILED');
        expect(await codeOf(page.navigate(to('/'), never))).toBe('BROWSER_FAILED');
        const next = await open();
        expect((await next.page.navigate(to('/'), never)).status).toBe(200);
      });

      it('navigate – only the fragment differs – loads the page again', async () => {
        const { page } = await open();
        await page.navigate(to('/#a'), never);
        const loads = origin.count('/');
        const again = await page.navigate(to('/#b'), never);
        expect(again).toMatchObject({ kind: 'document', status: 200 });
        expect(page.url).toBe(`${origin.url}/#b`);
        expect(origin.count('/')).toBe(loads + 1);
        const before = origin.count('/');
        const posted = await page.navigate(to('/#b', { method: 'POST', body: 'x=1' }), never);
        expect(posted.method).toBe('POST');
        expect(origin.count('/') - before).toBe(1);
        expect(origin.seen.findLast(({ path }) => path === '/')).toMatchObject({ method: 'POST', body: 'x=1' });
      });

      if (!runsScripts) return;

      describe('with scripts', () => {
        it('read – without HTML and text – neither is read, however large they are', async () => {
          const { page } = await open();
          await page.navigate(to('/article'), never);
          await expect(page.read(10, never)).rejects.toMatchObject({ code: 'RESPONSE_TOO_LARGE' });
          const content = await page.read(10, never, { html: false, text: false });
          expect([content.html, content.text, content.url]).toEqual(['', '', `${origin.url}/article`]);
        });

        it('read – localStorage – is there', async () => {
          const { page } = await open();
          await page.navigate(to('/storage'), never);
          expect((await page.read(maxChars, never)).localStorage).toEqual({ cart: '3 items' });
        });

        it('navigate – a page whose load never ends – is taken as it stands when its time is over', async () => {
          const { page } = await open();
          const result = await page.navigate(to('/never-loads', { loadTimeoutMs: 2000 }), never);
          expect(result).toMatchObject({ status: 200, loaded: false });
          expect((await page.read(maxChars, never)).text).toBe('here');
        });

        if (can('worker bypass'))
          it('navigate – POST on a site whose service worker answers navigations – is sent as POST', async () => {
            const { page } = await open();
            await page.navigate(to('/with-worker'), never);
            await expect.poll(async () => (await page.read(maxChars, never)).html).toContain('ready');
            await page.navigate(to('/echo', { method: 'POST', body: 'a=1' }), never);
            expect(JSON.parse((await page.read(maxChars, never)).text)).toMatchObject({ method: 'POST', body: 'a=1' });
          });

        if (can('header refusal'))
          it('navigate – headers that the browser refuses – INVALID_PARAMETER, and nothing is sent', async () => {
            const { page } = await open();
            const before = origin.seen.length;
            expect(
              await codeOf(
                page.navigate(to('/echo', { method: 'POST', headers: { 'set-cookie': 'a=b' }, body: 'x' }), never),
              ),
            ).toBe('INVALID_PARAMETER');
            expect(origin.seen.length).toBe(before);
            expect((await page.navigate(to('/'), never)).status).toBe(200);
          });

        it('settle – a page on its way elsewhere – is stopped, and kept', async () => {
          const { page } = await open();
          const before = origin.count('/hang');
          await page.navigate(to('/goes-slowly'), never);
          await expect.poll(() => origin.count('/hang')).toBeGreaterThan(before);
          expect(await page.settle()).toBe(true);
        });

        if (can('pause'))
          it('pause, resume – in any order and number – the page stands still, goes on, and can be left', async () => {
            const { page } = await open();
            await page.navigate(to('/ticks'), never);
            await page.resume();
            expect([await page.pause(), await page.pause()]).toEqual([true, true]);
            const [first, second] = [page.resume(), page.resume()];
            await Promise.all([first, second]);
            const limits = { timeoutMs: 10_000, signal: never };
            await page
              .actor()
              .waitForExpression('new Promise((resolve) => requestAnimationFrame(() => resolve(true)))', limits);
            const pausing = page.pause(); // a request comes at once
            await page.resume();
            await pausing;
            await page
              .actor()
              .waitForExpression('new Promise((resolve) => requestAnimationFrame(() => resolve(true)))', limits);
            await page.pause();
            await page.resume();
            expect((await page.navigate(to('/'), never)).status).toBe(200);
            await page.close();
            expect(await page.pause()).toBe(false);
            await page.resume();
          });
        else
          it('pause – is none here, and says so', async () => {
            const { page } = await open();
            await page.navigate(to('/'), never);
            expect(await page.pause()).toBe(false);
            await page.resume();
            expect((await page.read(maxChars, never)).text).toContain('Welcome');
          });

        it('document – the page goes elsewhere by itself – is the one that it shows', async () => {
          const { page } = await open();
          await page.navigate(to('/goes-to-missing'), never);
          await expect.poll(() => page.document?.status).toBe(404);
        });

        it('navigate – a sound – is a document without bytes', async () => {
          const { page } = await open();
          const result = await page.navigate(to('/sound'), never);
          expect([result.kind, result.status, result.body]).toEqual(['document', 200, undefined]);
        });

        if (can('download cancel'))
          it('navigate – a download that is given up – ends', async () => {
            const { page } = await open();
            using deadline = new Deadline({
              ms: 700,
              reason: () => new MooringError('NAVIGATION_TIMEOUT', 'too late'),
            });
            expect(await codeOf(page.navigate(to('/endless-file'), deadline.signal))).toBe('NAVIGATION_TIMEOUT');
            await expect.poll(() => origin.closed).toContain('/endless-file');
          });

        it('read – a page – finds nothing of ours or of the driver in its window', async () => {
          const { page } = await open();
          await page.navigate(to('/'), never);
          await page.read(1e6, never);
          const code = 'Object.getOwnPropertyNames(window).filter((name) => /pw|playwright|mooring/i.test(name))';
          expect(await page.actor().evaluate(code, { timeoutMs: 10_000, signal: never })).toEqual([]);
        });

        it('thumbnail – a page, twice – a small JPEG of it and its title; the page has seen nothing', async () => {
          const { page } = await open();
          await page.navigate(to('/'), never);
          const code = `addEventListener('resize', () => { document.body.dataset.seen = 'yes'; });
            document.addEventListener('visibilitychange', () => { document.body.dataset.seen = 'yes'; }); 0`;
          const limits = { timeoutMs: 10_000, signal: never };
          await page.actor().evaluate(code, limits);
          for (let i = 0; i < 2; i += 1) {
            const thumbnail = await page.thumbnail({ ...small, isInUse: false }, never);
            expect(thumbnail?.title).toBe('Home');
            const jpeg = Buffer.from(thumbnail?.jpeg ?? []);
            expect(sizeOfJpeg(jpeg)).toEqual({ width: 240, height: 192 });
            expect(jpeg.byteLength).toBeLessThan(10_000);
          }
          expect(await page.actor().evaluate('document.body.dataset.seen ?? "nothing"', limits)).toBe('nothing');
        });

        it('thumbnail – a page that is used meanwhile – the use goes on', async () => {
          const { page } = await open();
          await page.navigate(to('/'), never);
          const [result] = await Promise.all([
            page.navigate(to('/login'), never),
            page.thumbnail({ ...small, isInUse: true }, never).catch(() => {}), // the page may leave first
          ]);
          expect(result.status).toBe(200);
          await page.screenshot({ size: { width: 640, height: 480 }, fullPage: false }, never);
        });

        if (can('pause'))
          it('thumbnail – a page that stands still – shows it, and it stands still on', async () => {
            const { page } = await open();
            await page.navigate(to('/ticks'), never);
            const look = async () =>
              Buffer.from((await page.thumbnail({ ...small, isInUse: false }, never))?.jpeg ?? []).toString('base64');
            await look(); // it is drawn
            await page.pause();
            const paused = await look();
            expect(paused).not.toBe('');
            await new Promise((resolve) => setTimeout(resolve, 500)); // five ticks, if it went on
            expect(await look()).toBe(paused);
            await page.resume();
            await expect.poll(look).not.toBe(paused);
          });

        if (can('script termination'))
          it('thumbnail – a script that never ends – is over by its deadline, and the page can be used again', async () => {
            const { page } = await open();
            await page.navigate(to('/busy'), never);
            await new Promise((resolve) => setTimeout(resolve, 300)); // until it is
            for (let i = 0; i < 2; i += 1) {
              using deadline = new Deadline({ ms: 1000, reason: () => new Error('too late') });
              await page.thumbnail({ ...small, isInUse: false }, deadline.signal).catch(() => {}); // it may give none
            }
            await expect.poll(() => page.settle()).toBe(true);
            expect((await page.navigate(to('/'), never)).status).toBe(200);
            await expect.poll(() => page.thumbnail({ ...small, isInUse: false }, never)).toBeDefined();
          });

        if (can('script termination'))
          it('settle – a script that never ends – is stopped, and the page goes on', async () => {
            const { page } = await open();
            await page.navigate(to('/busy'), never);
            await new Promise((resolve) => setTimeout(resolve, 300)); // until it is
            await expect.poll(() => page.settle()).toBe(true);
            expect((await page.navigate(to('/'), never)).status).toBe(200);
          });

        it('onEvent – where the page goes by itself – is told as its own doing', async () => {
          const { page, told } = await openHeard();
          await page.navigate(to('/script-redirect'), never);
          await expect
            .poll(() => told)
            .toContainEqual({ kind: 'navigation', url: `${origin.url}/`, by: 'page', statusCode: 200 });
        });

        it('onEvent – a dialog – what it said', async () => {
          const { page, told } = await openHeard();
          await page.navigate(to('/dialogs'), never);
          expect(told).toContainEqual({ kind: 'dialog', type: 'confirm', message: 'sure?' });
        });

        if (can('script errors'))
          it('onEvent – errors of scripts, frames and workers, and of the browser – each', async () => {
            const { page, told } = await openHeard();
            await page.navigate(to('/'), never);
            const code = `console.error('logged é', 7, new Error('inner'));
              console.log('no error');
              setTimeout(() => { throw new Error('thrown'); });
              Promise.reject(new TypeError('rejected'));
              new Worker(URL.createObjectURL(new Blob(['throw new Error("in a worker")'])));
              fetch('/missing');`;
            await page.actor().evaluate(`{ ${code} } 0`, { timeoutMs: 5000, signal: never });
            const said = () =>
              told.flatMap((event) => (event.kind === 'console' ? [`${event.source}: ${event.readText()}`] : []));
            await expect
              .poll(said)
              .toEqual(
                expect.arrayContaining([
                  'console: logged é 7 Error: inner',
                  'exception: Uncaught Error: thrown',
                  'exception: Uncaught (in promise) TypeError: rejected',
                  expect.stringContaining('in a worker'),
                  expect.stringMatching(/^browser: Failed to load resource.*404.*\/missing\)$/),
                ]),
              );
            expect(said().join()).not.toContain('no error');
          });

        it('read – the page goes elsewhere by script – shows where it arrived', async () => {
          const { page } = await open();
          await page.navigate(to('/script-redirect'), never);
          await expect.poll(async () => (await page.read(maxChars, never)).url).toBe(`${origin.url}/`);
        });

        it('screenshot – full page – is as tall as the page', async () => {
          const { page } = await open();
          await page.navigate(to('/tall'), never);
          const png = Buffer.from(await page.screenshot({ size: { width: 800, height: 600 }, fullPage: true }, never));
          // Less a scroll bar, where the browser draws one.
          expect(png.readUInt32BE(16)).toBeGreaterThan(780);
          expect(png.readUInt32BE(16)).toBeLessThanOrEqual(800);
          expect(png.readUInt32BE(20)).toBeGreaterThan(2900);
        });
      });
    },
  );
}
