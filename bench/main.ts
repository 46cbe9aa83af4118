import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { platform, tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { ProxyAgent, request } from 'undici';
import { App } from '../src/app.js';
import { loadConfig } from '../src/config/load-config.js';
import { chooseChromium } from '../src/engine/executables/chromium.js';
import { chromiumProfile } from '../src/engine/playwright/browsers/chromium.js';
import { PlaywrightEngine } from '../src/engine/playwright/playwright-engine.js';
import { createLogger } from '../src/logger.js';
import { Origin } from '../test/support/origin.js';
import { TestProxy } from '../test/support/proxies.js';
import type { JobOrder } from './attached-job.js';
import { Builds } from './builds.js';
import { idleProxyBytes, Outside, openSessionProxy } from './egress.js';
import { SleepingSessions, sleepingSessionBytes } from './lasting.js';
import { browserMemoryBytes } from './memory.js';
import { RawBrowser } from './raw.js';
import type { WatchOrder } from './watchers.js';

/** One figure of ours, beside what the browser alone costs in the same run. */
interface Row {
  readonly what: string;
  readonly ours: number;
  readonly raw?: number;
  /** What the figure is meant to stay under, from the raw one. */
  readonly limit?: number;
  readonly unit: string;
}

const quick = process.argv.includes('--quick');
const rounds = quick ? 20 : 80;
const rows: Row[] = [];

const config = loadConfig(
  { MOORING_PORT: '0', MOORING_MAX_SESSIONS: '2000', MOORING_LOG_LEVEL: 'silent', MOORING_PROXY_CHECK: 'off' },
  tmpdir(),
);
const env = { ...process.env };
const binary = await chooseChromium({ named: process.env.MOORING_CHROMIUM, cacheDir: config.cacheDir, env });
const app = new App({
  config,
  logger: createLogger('silent'),
  version: 'bench',
  engines: (observer) => [
    new PlaywrightEngine({
      profile: chromiumProfile({ binary, env, sandbox: process.getuid?.() !== 0 }),
      contextsPerBrowser: 2000,
      observer,
    }),
  ],
});
const address = await app.start();
const origin = new Origin();
await origin.start();
const raw = await RawBrowser.launch(binary);

async function send(body: Record<string, unknown>): Promise<Record<string, unknown>> {
  // The same client as the raw rows have: its own cost is in both.
  const response = await request(`${address}/api/v1`, { method: 'POST', body: JSON.stringify(body) });
  const reply = (await response.body.json()) as Record<string, unknown>;
  if (reply.data !== 'success') throw new Error(String(reply.error));
  return reply;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

const quantile = (values: readonly number[], q: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))] ?? Number.NaN;
const p50 = (values: readonly number[]): number => quantile(values, 0.5);
const p99 = (values: readonly number[]): number => quantile(values, 0.99);

/** Both in turn, so that what the machine does meanwhile strikes both. */
async function alternate(
  ours: () => Promise<number>,
  theirs: () => Promise<number>,
): Promise<{ ours: number[]; raw: number[] }> {
  const times = { ours: [] as number[], raw: [] as number[] };
  for (let i = -5; i < rounds; i++) {
    const [a, b] = [await ours(), await theirs()];
    if (i < 0) continue; // warm-up
    times.ours.push(a);
    times.raw.push(b);
  }
  return times;
}

async function create(): Promise<void> {
  let n = 0;
  const times = await alternate(
    async () => {
      const session = `create-${n++}`;
      const ms = await timed(() => send({ cmd: 'sessions.create', session }));
      await send({ cmd: 'sessions.destroy', session });
      return ms;
    },
    async () => {
      const startedAt = performance.now();
      const context = await raw.newContext();
      const ms = performance.now() - startedAt;
      await context.close();
      return ms;
    },
  );
  const limit = 2 * p50(times.raw) + 3;
  rows.push({ what: 'create, one after another, p50', ours: p50(times.ours), raw: p50(times.raw), limit, unit: 'ms' });
  rows.push({ what: 'create, one after another, p99', ours: p99(times.ours), raw: p99(times.raw), unit: 'ms' });

  const eight = [...Array(8).keys()];
  const together = await alternate(
    async () => {
      const ms = await timed(() =>
        Promise.all(eight.map((i) => send({ cmd: 'sessions.create', session: `eight-${i}` }))),
      );
      await Promise.all(eight.map((i) => send({ cmd: 'sessions.destroy', session: `eight-${i}` })));
      return ms;
    },
    async () => {
      const startedAt = performance.now();
      const contexts = await Promise.all(eight.map(() => raw.newContext()));
      const ms = performance.now() - startedAt;
      await Promise.all(contexts.map((context) => context.close()));
      return ms;
    },
  );
  rows.push({
    what: 'create, 8 at once, all of them, p50',
    ours: p50(together.ours),
    raw: p50(together.raw),
    unit: 'ms',
  });
}

async function firstHtml(): Promise<void> {
  let n = 0;
  const times = await alternate(
    async () => {
      const session = `first-${n++}`;
      const ms = await timed(async () => {
        await send({ cmd: 'sessions.create', session });
        await send({ cmd: 'request.get', session, url: origin.url });
      });
      await send({ cmd: 'sessions.destroy', session });
      return ms;
    },
    async () => {
      const startedAt = performance.now();
      const page = await raw.newPage();
      await page.goto(origin.url);
      await page.content();
      const ms = performance.now() - startedAt;
      await page.context().close();
      return ms;
    },
  );
  rows.push({ what: 'create to first HTML, p50', ours: p50(times.ours), raw: p50(times.raw), unit: 'ms' });
}

async function warm(): Promise<void> {
  const session = 'warm';
  await send({ cmd: 'sessions.create', session });
  const page = await raw.newPage();
  const times = await alternate(
    () => timed(() => send({ cmd: 'request.get', session, url: origin.url })),
    () =>
      timed(async () => {
        await page.goto(origin.url);
        await page.content();
      }),
  );
  const limit = 0.8 * p50(times.raw) + 3;
  rows.push({ what: 'warm request, all fields, p50', ours: p50(times.ours), raw: p50(times.raw), limit, unit: 'ms' });
  rows.push({ what: 'warm request, all fields, p99', ours: p99(times.ours), raw: p99(times.raw), unit: 'ms' });
  await send({ cmd: 'sessions.destroy', session });
  await page.context().close();
}

/** Waking with cookies and `localStorage`, and a page, beside a new context and its first page. */
async function wake(): Promise<void> {
  const sleeping = await SleepingSessions.start(binary, origin.url, rounds + 5);
  const times = await alternate(
    () => timed(() => sleeping.wakeNext()),
    async () => {
      const startedAt = performance.now();
      const page = await raw.newPage();
      await page.goto(origin.url);
      await page.content();
      const ms = performance.now() - startedAt;
      await page.context().close();
      return ms;
    },
  );
  await sleeping.close();
  const what = 'wake and first page (raw: new context and first page)';
  const limit = 2 * p50(times.raw);
  rows.push({ what: `${what}, p50`, ours: p50(times.ours), raw: p50(times.raw), limit, unit: 'ms' });
  rows.push({ what: `${what}, p99`, ours: p99(times.ours), raw: p99(times.raw), limit: 1000, unit: 'ms' });
}

async function asleep(): Promise<void> {
  for (const [kind, what] of [
    ['stored', 'memory of the server for a stored session that sleeps'],
    ['unstored', 'the same of one that is not stored'],
  ] as const) {
    rows.push({ what, ours: (await sleepingSessionBytes(1000, kind)) / 1024, limit: 100, unit: 'KB' });
  }
}

/** Warm requests of this build beside those of another: `--against=FOLDER`, a checkout that is built. */
async function against(): Promise<void> {
  const folder = process.argv.find((argument) => argument.startsWith('--against='))?.slice(10);
  if (folder === undefined) return;
  const builds = await Builds.start(['.', folder]);
  const [ours, theirs] = builds.requests(origin.url);
  if (!ours || !theirs) throw new Error('expected two builds');
  const times = await alternate(
    () => timed(ours),
    () => timed(theirs),
  );
  await builds.close();
  for (const [name, of] of [
    ['p50', p50],
    ['p90', (values: readonly number[]) => quantile(values, 0.9)],
  ] as const)
    rows.push({
      what: `warm request (raw: the other build), ${name}`,
      ours: of(times.ours),
      raw: of(times.raw),
      unit: 'ms',
    });
}

/** A session with an identity, beside one without; the browser that presents it runs already. */
async function identity(): Promise<void> {
  let n = 0;
  const wish = { browser: [{ name: 'chrome', minVersion: 140, maxVersion: 140 }], operatingSystem: 'windows' };
  const createOnce = async (options: Record<string, unknown>): Promise<number> => {
    const session = `identity-${n++}`;
    const ms = await timed(() => send({ cmd: 'sessions.create', session, ...options }));
    await send({ cmd: 'sessions.destroy', session });
    return ms;
  };
  await createOnce(wish);
  const times = await alternate(
    () => createOnce(wish),
    () => createOnce({}),
  );
  const what = 'create with an identity (raw: ours, without), p50';
  rows.push({ what, ours: p50(times.ours), raw: p50(times.raw), limit: 1.5 * p50(times.raw), unit: 'ms' });
}

/** A request without a page, beside undici alone through such a proxy. */
async function plain(): Promise<void> {
  const session = 'plain';
  await send({ cmd: 'sessions.create', session });
  const sessionProxy = await openSessionProxy();
  const dispatcher = new ProxyAgent({ uri: sessionProxy.url, proxyTunnel: false });
  const times = await alternate(
    () => timed(() => send({ cmd: 'request.get', session, url: origin.url, requestType: 'request' })),
    () =>
      timed(async () => {
        const { body } = await request(origin.url, { dispatcher });
        await body.text();
      }),
  );
  const limit = 2 * p50(times.raw) + 2;
  const what = 'requestType request (raw: undici through a session proxy), p50';
  rows.push({ what, ours: p50(times.ours), raw: p50(times.raw), limit, unit: 'ms' });
  await dispatcher.close();
  await sessionProxy.close();
  await send({ cmd: 'sessions.destroy', session });
}

/**
 * PSS counts memory that processes share as parts: with one session its renderer bears a large share of the browser's
 * own code, which is why the figure falls as sessions come. The raw browser shows the same.
 */
async function memory(): Promise<void> {
  if (platform() !== 'linux') return;
  const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1500));
  const counts = quick ? [1, 10] : [1, 10, 50];
  const perSession = async (open: (n: number) => Promise<void>): Promise<number[]> => {
    await settle();
    const base = browserMemoryBytes();
    const figures: number[] = [];
    let opened = 0;
    for (const count of counts) {
      for (; opened < count; opened++) await open(opened);
      await settle();
      figures.push((browserMemoryBytes() - base) / count / 1024 / 1024);
    }
    return figures;
  };
  const ours = await perSession(async (n) => {
    await send({ cmd: 'request.get', session: `memory-${n}`, url: origin.url });
  });
  await Promise.all(
    [...Array(counts.at(-1)).keys()].map((n) => send({ cmd: 'sessions.destroy', session: `memory-${n}` })),
  );
  const pages: Page[] = [];
  const theirs = await perSession(async () => {
    const page = await raw.newPage();
    await page.goto(origin.url);
    pages.push(page);
  });
  await Promise.all(pages.map((page) => page.context().close()));
  for (const [i, count] of counts.entries()) {
    rows.push({
      what: `memory a session with a page, ${count} open`,
      ours: ours[i] ?? Number.NaN,
      raw: theirs[i] ?? Number.NaN,
      ...(count > 1 ? { limit: 25 } : {}),
      unit: 'MB',
    });
  }
}

async function jobs(): Promise<void> {
  const login = { user: 'anna', password: 'secret' };
  const oursOnce = async (session: string): Promise<void> => {
    await send({ cmd: 'sessions.create', session });
    await send({ cmd: 'request.post', session, url: `${origin.url}/login`, postData: login });
    await send({ cmd: 'request.get', session, url: `${origin.url}/orders?page=1` });
    await send({ cmd: 'request.get', session, url: `${origin.url}/orders?page=2` });
    await send({ cmd: 'sessions.destroy', session });
  };
  const rawOnce = async (): Promise<void> => {
    const page = await raw.newPage();
    await page.goto(`${origin.url}/login`);
    await page.evaluate((fields) => {
      const form = document.querySelector('form');
      for (const [name, value] of Object.entries(fields)) {
        const input = form?.elements.namedItem(name);
        if (input instanceof HTMLInputElement) input.value = value;
      }
      form?.submit();
    }, login);
    await page.waitForURL('**/account');
    for (const number of [1, 2]) {
      await page.goto(`${origin.url}/orders?page=${number}`);
      await page.content();
    }
    await page.context().close();
  };
  for (const concurrency of [1, 4, 8]) {
    const jobs = quick ? 8 : 32;
    const perMinute = async (job: (n: number) => Promise<void>): Promise<number> => {
      let next = 0;
      const ms = await timed(() =>
        Promise.all(
          [...Array(concurrency).keys()].map(async () => {
            while (next < jobs) await job(next++);
          }),
        ),
      );
      return (jobs / ms) * 60_000;
    };
    rows.push({
      what: `login jobs a minute, ${concurrency} at once`,
      ours: await perMinute((n) => oursOnce(`job-${concurrency}-${n}`)),
      raw: await perMinute(() => rawOnce()),
      unit: '/min',
    });
  }
}

/** A page with 60 assets through an authenticated proxy, beside the same without one. */
async function proxiedPage(): Promise<void> {
  const credentials = { username: 'anna', password: 'secret' };
  const proxy = new TestProxy({ kind: 'http', credentials });
  await proxy.start();
  const url = `${origin.url}/assets?count=60`;
  let n = 0;
  const load = async (options: Record<string, unknown>): Promise<[number, number]> => {
    const session = `assets-${n++}`;
    await send({ cmd: 'request.get', session, ...options, url: origin.url }); // the tab is there, the cache is empty
    const times: [number, number] = [
      await timed(() => send({ cmd: 'request.get', session, url })),
      await timed(() => send({ cmd: 'request.get', session, url })),
    ];
    await send({ cmd: 'sessions.destroy', session });
    return times;
  };
  const proxied: [number, number][] = [];
  const direct: [number, number][] = [];
  for (let i = -2; i < rounds / 4; i++) {
    const [a, b] = [await load({ proxy: proxy.url(credentials) }), await load({})];
    if (i < 0) continue; // warm-up
    proxied.push(a);
    direct.push(b);
  }
  await proxy.close();
  for (const [i, what, factor] of [
    [0, 'cold', 1.4],
    [1, 'second load', 1.3],
  ] as const) {
    const raw = p50(direct.map((times) => times[i]));
    rows.push({
      what: `60 assets through a proxy (raw: ours, direct), ${what}, p50`,
      ours: p50(proxied.map((times) => times[i])),
      raw,
      limit: factor * raw,
      unit: 'ms',
    });
  }
}

/** The gateway alone, with a plain HTTP client before it. */
async function gateway(): Promise<void> {
  const outside = new Outside();
  const site = await outside.start();
  const sessionProxy = await openSessionProxy();
  const small = { ours: [] as number[], raw: [] as number[] };
  const large = { ours: [] as number[], raw: [] as number[] };
  const megabytes = 50;
  const largeUrl = `${site}/large?bytes=${megabytes * 1024 * 1024}`;
  for (let i = -1; i < 5; i++) {
    const [ours, raw] = [await outside.fetch(site, 50, sessionProxy.url), await outside.fetch(site, 50)];
    const [oursLarge, rawLarge] = [
      await outside.fetch(largeUrl, 1, sessionProxy.url),
      await outside.fetch(largeUrl, 1),
    ];
    if (i < 0) continue; // warm-up
    small.ours.push(...ours);
    small.raw.push(...raw);
    large.ours.push(...oursLarge);
    large.raw.push(...rawLarge);
  }
  await sessionProxy.close();
  await outside.close();
  const limit = p50(small.raw) + 1;
  rows.push({ what: 'gateway, small request, p50', ours: p50(small.ours), raw: p50(small.raw), limit, unit: 'ms' });
  const rate = (times: readonly number[]): number => (megabytes / p50(times)) * 1000;
  rows.push({
    what: 'gateway, 50 MB download (limit: at least)',
    ours: rate(large.ours),
    raw: rate(large.raw),
    limit: 0.6 * rate(large.raw),
    unit: 'MB/s',
  });
  rows.push({ what: 'gateway, an idle port', ours: (await idleProxyBytes(1000)) / 1024, limit: 20, unit: 'KB' });
}

/** A process that answers each order with a number. */
class Helper<Order extends object | number> {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly #ended: Promise<never>;

  constructor(module: string) {
    this.#child = fork(new URL(module, import.meta.url));
    this.#exited = once(this.#child, 'exit');
    this.#ended = this.#exited.then(() => Promise.reject(new Error(`${module} ended`)));
    this.#ended.catch(() => {}); // it is told to those who ask
  }

  async ask(order: Order): Promise<number> {
    this.#child.send(order);
    const [answer] = (await Promise.race([once(this.#child, 'message'), this.#ended])) as [number]; // as it answers
    return answer;
  }

  async end(): Promise<void> {
    this.#child.disconnect();
    await this.#exited;
  }
}

/** A script of Playwright's attached to a session, and on a browser of its own; the script has a process of its own. */
async function attached(): Promise<void> {
  const script = new Helper<JobOrder>('./attached-job.js');
  const { solution } = await send({ cmd: 'websocket.create', session: 'attached' });
  await script.ask({ start: { ws: (solution as { ws: string }).ws, binary } });
  const steps = await alternate(
    () => script.ask({ on: 'session', url: origin.url }),
    () => script.ask({ on: 'local', url: origin.url }),
  );
  const whole = await alternate(
    () => script.ask({ on: 'new session', api: address, url: origin.url }),
    () => script.ask({ on: 'new browser', binary, url: origin.url }),
  );
  await script.end();
  const what = 'a Playwright job, attached (raw: a browser of its own)';
  for (const [part, times] of [
    ['its steps', steps],
    ['from create or launch to close', whole],
  ] as const) {
    const limit = 1.15 * p50(times.raw);
    rows.push({ what: `${what}, ${part}, p50`, ours: p50(times.ours), raw: p50(times.raw), limit, unit: 'ms' });
  }
}

const watchedSessions = 50;
const watchedWindow = { width: 640, height: 512, rate: 5 };

/** Warm requests while sessions are watched whose pages change all the time, beside the same requests while nobody looks. */
async function watched(): Promise<void> {
  await send({ cmd: 'sessions.create', session: 'unwatched' });
  const request = () => timed(() => send({ cmd: 'request.get', session: 'unwatched', url: origin.url }));
  const many = async (): Promise<number[]> => {
    const times: number[] = [];
    for (let i = -5; i < rounds; i++) {
      const ms = await request();
      if (i >= 0) times.push(ms);
    }
    return times;
  };
  const links: string[] = [];
  for (let i = 0; i < watchedSessions; i++) {
    const session = `watched-${i}`;
    const browserActions = [{ type: 'execute_js', code: tickingPage }];
    await send({ cmd: 'request.get', session, url: origin.url, browserActions });
    const { solution } = await send({ cmd: 'sessions.view', session });
    links.push((solution as { viewUrl: string }).viewUrl);
  }
  // A picture costs what its page's size does.
  const asked = await send({
    cmd: 'request.get',
    session: 'watched-0',
    keepSamePage: true,
    browserActions: [viewportOf],
  });
  const [viewport] = (asked.solution as { javascriptReturn: { width: number; height: number }[] }).javascriptReturn;
  const before = await many();
  const watchers = new Helper<WatchOrder | number>('./watchers.js');
  await watchers.ask({ links, ...watchedWindow });
  await sleep(3000);
  const during = await many();
  await watchers.ask(0);
  const startedAt = performance.now();
  await sleep(10_000);
  const rate = (await watchers.ask(0)) / watchedSessions / ((performance.now() - startedAt) / 1000);
  await watchers.end();
  for (let i = 0; i < watchedSessions; i++) await send({ cmd: 'sessions.destroy', session: `watched-${i}` });
  await send({ cmd: 'sessions.destroy', session: 'unwatched' });
  const rawRate = await rawPictures({
    url: origin.url,
    code: tickingPage,
    pages: watchedSessions,
    viewport,
    ...watchedWindow,
  });
  const limit = 1.5 * p50(before);
  const what = `warm request, ${watchedSessions} other sessions watched (raw: not watched)`;
  rows.push({ what: `${what}, p50`, ours: p50(during), raw: p50(before), limit, unit: 'ms' });
  rows.push({ what: `${what}, p99`, ours: p99(during), raw: p99(before), unit: 'ms' });
  rows.push({
    what: 'pictures a second of a watched session (raw: screencasts alone; limit: at least)',
    ours: rate,
    raw: rawRate,
    // A browser that draws all of that in software may not come to five on two processors.
    limit: Math.min(0.9 * watchedWindow.rate, 0.8 * rawRate),
    unit: '',
  });
}

/** How many pictures a second a browser alone gives of each page, all of them at once. */
async function rawPictures({
  url,
  code,
  pages,
  viewport,
  width,
  height,
  rate,
}: {
  readonly url: string;
  readonly code: string;
  readonly pages: number;
  readonly viewport: { readonly width: number; readonly height: number } | undefined;
  readonly width: number;
  readonly height: number;
  readonly rate: number;
}): Promise<number> {
  const browser = await RawBrowser.launch(binary);
  let pictures = 0;
  for (let i = 0; i < pages; i++) {
    const context = await browser.newContext({ viewport: viewport ?? null });
    const page = await context.newPage();
    await page.goto(url);
    await page.evaluate(`(() => {${code}})()`);
    const session = await page.context().newCDPSession(page);
    session.on('Page.screencastFrame', ({ sessionId }) => {
      pictures += 1;
      setTimeout(() => session.send('Page.screencastFrameAck', { sessionId }).catch(() => {}), 1000 / rate);
    });
    await session.send('Page.startScreencast', { format: 'jpeg', quality: 65, maxWidth: width, maxHeight: height });
  }
  await sleep(3000);
  pictures = 0;
  const startedAt = performance.now();
  await sleep(10_000);
  const seconds = (performance.now() - startedAt) / 1000;
  await browser.close();
  return Math.min(rate, pictures / pages / seconds);
}

const viewportOf = { type: 'execute_js', code: 'return { width: innerWidth, height: innerHeight };' };

/** Something that changes as often as it is looked at. */
const tickingPage = `
  const box = document.body.appendChild(document.createElement('h1'));
  let n = 0;
  setInterval(() => { box.textContent = n++; }, 200);
  return true;`;

function print(): void {
  const number = (value: number | undefined): string => (value === undefined ? '' : value.toFixed(value < 100 ? 1 : 0));
  console.log(`\n${binary.source} Chromium ${binary.version} (${binary.flavour}), Node ${process.versions.node}\n`);
  const table = rows.map(({ what, ours, raw: theirs, limit, unit }) => [
    what,
    number(ours),
    number(theirs),
    theirs === undefined ? '' : (ours / theirs).toFixed(2),
    number(limit),
    unit,
  ]);
  const header = ['', 'Mooring', 'raw', 'ratio', 'limit', 'unit'];
  const widths = header.map((title, i) => Math.max(title.length, ...table.map((cells) => (cells[i] ?? '').length)));
  for (const cells of [header, ...table]) {
    console.log(
      cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '),
    );
  }
}

try {
  const all = {
    create,
    identity,
    firstHtml,
    warm,
    against,
    wake,
    asleep,
    plain,
    proxiedPage,
    gateway,
    memory,
    jobs,
    attached,
    watched,
  };
  const wanted = process.argv
    .find((argument) => argument.startsWith('--only='))
    ?.slice(7)
    .split(',');
  for (const [name, run] of Object.entries(all)) if (wanted?.includes(name) ?? true) await run();
  print();
  const file = 'bench-results.json';
  writeFileSync(
    file,
    `${JSON.stringify({ browser: { ...binary, env: undefined }, node: process.versions.node, rows }, null, 2)}\n`,
  );
  console.log(`\nwritten to ${file}`);
} finally {
  await raw.close();
  await app.close();
  await origin.close();
}
