import { type Browser, chromium, type Page } from 'playwright-core';
import type { ChromiumBinary } from '../src/engine/executables/chromium.js';
import { RawBrowser } from './raw.js';

/** What a client is asked to do, in a process of its own as clients are. */
export type JobOrder = { readonly start: { readonly ws: string; readonly binary: ChromiumBinary } } | JobRun;
export type JobRun = { readonly url: string } & (
  | { readonly on: 'session' | 'local' }
  /** The whole of it, from nothing to nothing. */
  | { readonly on: 'new session'; readonly api: string }
  | { readonly on: 'new browser'; readonly binary: ChromiumBinary }
);

const pages = new Map<JobRun['on'], Page>();
const ends: (() => Promise<void>)[] = [];

async function start(ws: string, binary: ChromiumBinary): Promise<void> {
  const attached: Browser = await chromium.connectOverCDP(ws);
  const local = await RawBrowser.launch(binary);
  ends.push(
    () => attached.close(),
    () => local.close(),
  );
  const [page] = attached.contexts()[0]?.pages() ?? [];
  if (!page) throw new Error('the session has no page');
  pages.set('session', page);
  // A picture costs what its size does.
  const [width, height, deviceScaleFactor] = (await page.evaluate('[innerWidth, innerHeight, devicePixelRatio]')) as [
    number,
    number,
    number,
  ]; // what it lists
  const context = await local.newContext({ viewport: { width, height }, deviceScaleFactor });
  pages.set('local', await context.newPage());
}

/** What a script of an ordinary user does. */
async function steps(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/actions`);
  await page.click('#button');
  await page.fill('#text', 'something');
  await page.selectOption('#select', 'b');
  await page.textContent('#log');
  await page.goto(`${url}/tall`);
  await page.evaluate('document.title');
  await page.screenshot();
}

async function inNewSession(api: string, url: string): Promise<void> {
  const send = async (body: object): Promise<{ session: string; solution: { ws: string } }> => {
    const response = await fetch(`${api}/api/v1`, { method: 'POST', body: JSON.stringify(body) });
    return response.json() as Promise<{ session: string; solution: { ws: string } }>; // of these commands
  };
  const { session, solution } = await send({ cmd: 'websocket.create' });
  const browser = await chromium.connectOverCDP(solution.ws);
  const context = browser.contexts()[0];
  if (!context) throw new Error('the session has no context');
  await steps(context.pages()[0] ?? (await context.newPage()), url);
  await browser.close();
  await send({ cmd: 'sessions.destroy', session });
}

async function inNewBrowser(binary: ChromiumBinary, url: string): Promise<void> {
  const browser = await RawBrowser.launch(binary);
  await steps(await browser.newPage(), url);
  await browser.close();
}

/** @returns milliseconds */
async function run(job: JobRun): Promise<number> {
  const startedAt = performance.now();
  if (job.on === 'new session') await inNewSession(job.api, job.url);
  else if (job.on === 'new browser') await inNewBrowser(job.binary, job.url);
  else {
    const page = pages.get(job.on);
    if (!page) throw new Error('it was not started');
    await steps(page, job.url);
  }
  return performance.now() - startedAt;
}

process.on('message', async (order: JobOrder) => {
  try {
    if ('start' in order) {
      await start(order.start.ws, order.start.binary);
      process.send?.(0);
    } else process.send?.(await run(order));
  } catch (error) {
    console.error(error);
    process.exit(1);
  }
});
process.once('disconnect', async () => {
  await Promise.allSettled(ends.map((end) => end()));
  process.exit(0);
});
