// node scripts/dashboard-picture.mjs: draws docs/dashboard.png, the picture of the README, from a real run.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { build } from './build.mjs';

build();

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const picture = join(root, 'docs', 'dashboard.png');
const port = 8191;
const url = `http://127.0.0.1:${port}`;
const startTimeoutMs = 30_000;

const style = `body { margin: 0; font: 40px sans-serif } header { padding: 30px; background: #14532d; color: white }
  main { padding: 30px } p { height: 60px; background: #e5e7eb; border-radius: 12px }`;

/** A page of a shop, with a heading after its address. */
function shopPage(path) {
  const [, name = ''] = /^\/([\w-]*)/.exec(path) ?? [];
  const heading = name.charAt(0).toUpperCase() + name.slice(1).replace('-', ' ');
  const lines = '<p></p>'.repeat(3 + (name.length % 4));
  return `<title>${heading} – Shop</title><style>${style}</style><header>Shop</header><main><h1>${heading}</h1>${lines}</main>`;
}

const site = createServer((request, response) => {
  response.setHeader('content-type', 'text/html; charset=utf-8').end(shopPage(request.url ?? '/'));
}).listen(0, '127.0.0.1');
await once(site, 'listening');
const shop = `http://127.0.0.1:${site.address().port}`;

const folder = mkdtempSync(join(tmpdir(), 'mooring-picture-'));
const server = spawn(process.execPath, [join(root, 'dist', 'cli', 'main.js')], {
  env: {
    ...process.env,
    MOORING_PORT: String(port),
    MOORING_DATA_DIR: folder,
    MOORING_PAUSE_AFTER: '4s',
    MOORING_LOG_LEVEL: 'warn',
  },
  stdio: ['ignore', 'ignore', 'inherit'],
});

async function send(body) {
  const answer = await fetch(`${url}/api/v1`, { method: 'POST', body: JSON.stringify(body) });
  const reply = await answer.json();
  if (reply.data === 'error') throw new Error(reply.error);
}

async function untilReady() {
  for (const until = Date.now() + startTimeoutMs; Date.now() < until && server.exitCode === null; await sleep(200)) {
    if ((await fetch(`${url}/readyz`).catch(() => undefined))?.ok) return;
  }
  throw new Error(`expected the server to be ready within ${startTimeoutMs} ms; it was not`);
}

/** Sessions as a small job has them: some that rest, some at work. */
async function openSessions() {
  const paths = ['account', 'orders?page=2', 'search?q=lamp', 'cart', 'help/returns', 'orders/1042'];
  const wishes = [{}, { operatingSystem: ['windows'] }, { operatingSystem: ['macos'] }];
  for (const [i, path] of paths.entries()) {
    const session = ['anna', 'bert', 'price-watch', 'checkout-test', 'support', 'stock-1'][i];
    await send({ cmd: 'sessions.create', session, browser: ['chrome'], persist: i % 2 === 0, ...wishes[i % 3] });
    await send({ cmd: 'request.get', session, url: `${shop}/${path}`, filter: ['statusCode'] });
  }
  await sleep(5000);
  for (const session of ['price-watch', 'stock-1', 'bert'])
    await send({ cmd: 'request.get', session, url: `${shop}/${session}`, filter: ['statusCode'] });
  const wait = { type: 'wait', wait: 6000 };
  return send({ cmd: 'request.get', session: 'anna', url: `${shop}/account`, browserActions: [wait] });
}

try {
  await untilReady();
  const work = openSessions();
  const { chooseChromium } = await import('../dist/engine/executables/chromium.js');
  const { executablePath } = await chooseChromium({
    named: process.env.MOORING_CHROMIUM,
    cacheDir: join(folder, 'cache'),
    env: process.env,
  });
  const browser = await chromium.launch({ executablePath, chromiumSandbox: process.getuid?.() !== 0 });
  const page = await browser.newPage({ viewport: { width: 1200, height: 560 } });
  await page.goto(`${url}/ui`);
  await page.waitForFunction(() => globalThis.document.querySelectorAll('.thumbnail img').length === 6);
  await page.locator('.badge.busy').waitFor();
  await page.screenshot({ path: picture });
  await browser.close();
  await work;
  console.log(`${picture}: ${Math.round(statSync(picture).size / 1000)} KB`);
} finally {
  server.kill();
  site.close();
  await Promise.race([once(server, 'exit'), sleep(10_000)]);
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}
