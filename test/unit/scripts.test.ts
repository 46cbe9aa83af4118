import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const run = (path: string, args: readonly string[], env: Record<string, string> = {}) =>
  spawnSync(process.execPath, [join(root, path), ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });

describe('examples/shop.mjs', () => {
  it('a port as argument or PORT – is used and named; one in use, or none at all, is a sentence', async () => {
    const shop = spawn(process.execPath, [join(root, 'examples', 'shop.mjs')], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, PORT: '0' },
    });
    const [line] = await once(shop.stdout, 'data');
    const [, url = '', port = ''] = /(http:\/\/127\.0\.0\.1:(\d+)\/login)/.exec(String(line)) ?? [];
    expect((await fetch(url)).status).toBe(200);
    const second = run('examples/shop.mjs', [port]);
    expect([second.status, second.stderr]).toEqual([
      1,
      `expected a free port; ${port} is in use by another program. Name another one: node examples/shop.mjs 8193\n`,
    ]);
    for (const bad of ['x', '70000', '-1']) {
      const { status, stderr } = run('examples/shop.mjs', [bad]);
      expect([status, stderr]).toEqual([1, expect.stringContaining(`got "${bad}"`)]);
    }
    shop.kill();
    await once(shop, 'exit');
  });
});

describe('npm run browsers', () => {
  it('install without a terminal and without --yes – runs nothing, and says what it would run', () => {
    const { status, stdout, stderr } = run('scripts/browsers.mjs', ['install', 'firefox']);
    expect(status).toBe(1);
    expect(stdout).not.toContain('> ');
    expect(stderr).toMatch(/expected a terminal to ask on, or `--yes`: it would run `playwright install firefox`, or/);
  });

  it('an unknown browser – is refused whether agreed to or not', () => {
    const { status, stderr } = run('scripts/browsers.mjs', ['install', '--yes', 'netscape']);
    expect([status, stderr]).toEqual([
      2,
      expect.stringContaining('mooring: netscape is not a browser. See `mooring --help`.'),
    ]);
  });
});
