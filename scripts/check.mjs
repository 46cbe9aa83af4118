// npm run check: types, lint and format, generated files fresh, the package as published, the import table and the unit tests. Under a minute.
// `--no-tests` leaves the tests to who runs them anyway.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';
import { install } from './install.mjs';

install();
build();

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const bin = (path) => join(root, 'node_modules', path);
const steps = [
  ['types', [bin('typescript/bin/tsc'), '-p', 'tsconfig.json']],
  ['types of the dashboard', [bin('typescript/bin/tsc'), '-p', 'ui/tsconfig.json']],
  ['lint and format', [bin('@biomejs/biome/bin/biome'), 'check', '--error-on-warnings']],
  ['generated files', [join(root, 'scripts', 'generate.mjs'), '--check']],
  ['package', [bin('publint/src/cli.js'), '--strict', '--level', 'warning']],
  ['unit tests', [bin('vitest/vitest.mjs'), 'run', '--project', 'unit', '--reporter=dot']],
];
const isLeftOut = (name) => name === 'unit tests' && process.argv.includes('--no-tests');
for (const [name, args] of steps.filter(([step]) => !isLeftOut(step))) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) {
    console.error(`check: ${name} failed`);
    process.exit(1);
  }
}
console.log('check: all well');
