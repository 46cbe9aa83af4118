// Compiles src/ to dist/ and builds ui/ to dist/ui, unless dist/ is newer than everything it is made from. `--force` does so anyway.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const stamp = join(root, 'dist', '.built');

function newest(path) {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

function isFresh() {
  if (!existsSync(stamp)) return false;
  const sources = ['src', 'ui', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json'];
  return sources.every((source) => newest(join(root, source)) <= statSync(stamp).mtimeMs);
}

/** Compiles and builds if needed; exits with the code of what fails. */
export function build({ force = false } = {}) {
  if (!force && isFresh()) return;
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  run(join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json');
  // A process of its own: the server is not to have a bundler in its memory.
  run(join(root, 'scripts', 'build-ui.mjs'));
  writeFileSync(stamp, '');
}

function run(...args) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { install } = await import('./install.mjs');
  install();
  build({ force: process.argv.includes('--force') });
}
