// npm run bench [-- --quick]: compiles the benchmarks beside the sources and runs them.
import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { install } from './install.mjs';

install();
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.bench.json'], {
  cwd: root,
  stdio: 'inherit',
});
if (status !== 0) process.exit(status ?? 1);
// The compiler takes the sources alone; what they read goes beside them.
const compiled = join(root, 'node_modules/.cache/mooring-bench');
for (const folder of ['view', join('test', 'support', 'tls')])
  cpSync(join(root, folder), join(compiled, folder), { recursive: true });
await import('../node_modules/.cache/mooring-bench/bench/main.js');
