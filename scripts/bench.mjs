// npm run bench [-- --quick]: compiles the benchmarks beside the sources and runs them.
import { spawnSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
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
// The compiler takes the sources alone; the tests' certificate goes beside them.
const certificates = join('test', 'support', 'tls');
for (const name of ['key.pem', 'cert.pem']) {
  copyFileSync(join(root, certificates, name), join(root, 'node_modules/.cache/mooring-bench', certificates, name));
}
await import('../node_modules/.cache/mooring-bench/bench/main.js');
