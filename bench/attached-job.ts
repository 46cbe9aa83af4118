import { type Browser, chromium, type Page } from 'playwright-core';
import type { ChromiumBinary } from '../src/engine/executables/chromium.js';
import { RawBrowser } from './raw.js';

/** What a client is asked to do, in a process of its own as clients are. */
export type JobOrder = { readonly start: { readonly ws: string; readonly binary: ChromiumBinary } } | JobRun;
export interface JobRun {
  readonly on: 'session' | 'local';
  readonly url: string;
}

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

/** What a script of an ordinary user does. @returns milliseconds */
async function run({ on, url }: JobRun): Promise<number> {
  const page = pages.get(on);
  if (!page) throw new Error('it was not started');
  const startedAt = performance.now();
  await page.goto(`${url}/actions`);
  await page.click('#button');
  await page.fill('#text', 'something');
  await page.selectOption('#select', 'b');
  await page.textContent('#log');
  await page.goto(`${url}/tall`);
  await page.evaluate('document.title');
  await page.screenshot();
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
