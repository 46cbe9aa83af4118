import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { chosenChromium, chromiumEngine } from '../support/chromium.js';
import { RunningApp } from '../support/start-app.js';

const root = join(import.meta.dirname, '..', '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
// On a port of its own: the reader may have the shop open.
const shop = spawn(process.execPath, [join(root, 'examples', 'shop.mjs'), '0'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
let shopUrl: string;
let app: RunningApp;

beforeAll(async () => {
  const [line] = await once(shop.stdout, 'data');
  shopUrl = /http:\/\/127\.0\.0\.1:\d+/.exec(String(line))?.[0] ?? '';
  app = await RunningApp.start({}, chromiumEngine(await chosenChromium()));
});
afterAll(async () => {
  await app?.close();
  shop.kill();
  await once(shop, 'exit');
});

/** A text of the README, for the shop of this test. */
const atShop = (text: string): string => text.replaceAll('http://127.0.0.1:8192', shopUrl);

/** What differs from run to run. */
const steady = (reply: string): string =>
  reply.replace(/"timeElapsed":\d+/, '"timeElapsed":0').replace(/"requestId":"[0-9a-f]{16}"/, '"requestId":""');

/** What is printed, `…` for anything. */
const printedAs = (printed: string): RegExp =>
  new RegExp(
    `^${steady(printed)
      .split('…')
      .map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
      .join('.+')}$`,
  );

it('the job of the README – runs as printed, with the output as printed', async () => {
  const steps = [...readme.matchAll(/curl -s http:\/\/127\.0\.0\.1:8191\/api\/v1 -d '([^']+)'\n```\n```json\n(.+)\n/g)];
  expect(steps).toHaveLength(5);
  for (const [, body = '', printed = ''] of steps) {
    const response = await fetch(`${app.url}/api/v1`, { method: 'POST', body: atShop(body) });
    expect(steady(await response.text())).toMatch(printedAs(atShop(printed)));
  }
});

it('the picture of the README – shows the commands and replies of the README', () => {
  expect(readme).toContain('(docs/terminal.svg)');
  const shown = textOf(readFileSync(join(root, 'docs', 'terminal.svg'), 'utf8'));
  const printed = [...readme.matchAll(/^(curl -s .+|\{"solution".+)$/gm)].map(([line]) => line);
  for (const line of printed.slice(0, 6)) expect(shown).toContain(line.replaceAll(' ', ''));
});

/** The text of a picture, without spaces, for its lines are broken. */
const textOf = (svg: string): string =>
  svg
    .replace(/<[^>]+>/g, '')
    .replaceAll('&amp;', '&')
    .replaceAll('&lt;', '<')
    .replace(/\s/g, '');

it('the links of README and guides – lead to files that are there', () => {
  const guides = readdirSync(join(root, 'docs', 'guides')).map((name) => join('docs', 'guides', name));
  for (const file of ['README.md', ...guides]) {
    const text = readFileSync(join(root, file), 'utf8');
    for (const [, target = ''] of text.matchAll(/\]\(([^):]+)\)/g))
      expect(existsSync(join(root, dirname(file), target)), `${file}: ${target}`).toBe(true);
  }
});

interface Job {
  readonly session: string;
  readonly requests: readonly Record<string, unknown>[];
}

it('the job in one call – log in, search, page through, download, PDF – as a batch and as separate calls', async () => {
  expect(readme).toContain('-d @examples/job.json');
  const job = JSON.parse(atShop(readFileSync(join(root, 'examples', 'job.json'), 'utf8'))) as Job; // as printed there
  const { results } = await app.ok({ ...job });
  const separate = [];
  for (const request of job.requests)
    separate.push(await app.ok({ cmd: 'request.get', session: 'separate', ...request }));
  for (const answers of [results, separate]) {
    const [login, search, pages, file, pdf] = answers.map(
      ({ solution }: { solution: Record<string, unknown> }) => solution,
    );
    expect(login.currentUrl).toBe(`${shopUrl}/account`);
    expect(search.cssSelector).toEqual(['rope 1', 'rope 2']);
    expect(pages.javascriptReturn).toEqual([
      ['rope 3', 'rope 4'],
      ['rope 5', 'rope 6'],
    ]);
    expect(file.downloads).toMatchObject([{ name: 'invoices.csv', type: 'text/csv' }]);
    expect(Buffer.from(pdf.base64Response, 'base64').subarray(0, 5).toString()).toBe('%PDF-');
  }
});

it('the job with the npm client – runs as printed in the guide', async () => {
  const guide = readFileSync(join(root, 'docs', 'guides', 'sessions.md'), 'utf8');
  const source = /```js\n(import Scrappey[\s\S]+?)```/.exec(guide)?.[1] ?? '';
  const program = spawn(
    process.execPath,
    ['--input-type=module', '-e', atShop(source).replace('http://127.0.0.1:8191', app.url)],
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let output = '';
  program.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  await once(program, 'exit');
  expect(output).toContain('Order 2-1\nOrder 2-2');
});
