// npm run soak -- <minutes> [--seed N] [--report FILE]: sessions that last, under faults; an hour by hand.
import { spawnSync } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from './build.mjs';
import { install } from './install.mjs';

const usage = 'usage: npm run soak -- <minutes> [--seed N] [--report FILE]';

function read() {
  try {
    const { values, positionals } = parseArgs({
      options: { seed: { type: 'string' }, report: { type: 'string' } },
      allowPositionals: true,
    });
    const [minutes = '3', ...others] = positionals;
    if (others.length > 0) throw new Error(`expected one number of minutes; got ${positionals.join(' ')}`);
    if (!(Number(minutes) > 0)) throw new Error(`expected minutes, a number above 0; got ${minutes}`);
    const { seed, report } = values;
    if (seed !== undefined && !/^\d{1,9}$/.test(seed)) throw new Error(`expected a seed of digits; got ${seed}`);
    return { minutes, seed, report };
  } catch (error) {
    console.error(`${error.message}\n${usage}`);
    process.exit(2);
  }
}

const { minutes, seed, report } = read();
install();
build();

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const { status } = spawnSync(process.execPath, [vitest, 'run', '--project=soak', 'test/soak/lasting.test.ts'], {
  cwd: root,
  stdio: 'inherit',
  env: {
    ...process.env,
    SOAK_MINUTES: minutes,
    ...(seed === undefined ? {} : { SOAK_SEED: seed }),
    ...(report === undefined ? {} : { SOAK_REPORT: resolve(report) }),
  },
});
process.exitCode = status ?? 1;
