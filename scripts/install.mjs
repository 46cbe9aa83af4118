// Installs the locked dependencies, unless what is installed is what the lockfile says.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const packagesOf = (file) => JSON.parse(readFileSync(join(root, file), 'utf8')).packages;

function isInstalled() {
  if (!existsSync(join(root, 'node_modules', '.package-lock.json'))) return false;
  const wanted = packagesOf('package-lock.json');
  const have = packagesOf('node_modules/.package-lock.json');
  // Optional ones are absent where the platform has no use for them.
  return Object.entries(wanted).every(
    ([path, entry]) => path === '' || (entry.optional && !have[path]) || have[path]?.version === entry.version,
  );
}

export function install() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(`Mooring needs Node 20.19 or newer; this is ${process.versions.node}.`);
    process.exit(1);
  }
  if (isInstalled()) return;
  console.error('Installing dependencies (once)…');
  // stdout is for what was asked for; what the installer says goes beside it.
  const npm = process.env.npm_execpath;
  const [program, args] = npm ? [process.execPath, [npm]] : ['npm', []];
  const { status, error } = spawnSync(program, [...args, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: !npm && process.platform === 'win32',
    // NODE_ENV=production would leave the compiler out.
    env: { ...process.env, NODE_ENV: 'development', npm_config_omit: '' },
  });
  if (status !== 0) {
    console.error(`npm ci failed${error ? `: ${error.message}` : ''}.`);
    process.exit(status ?? 1);
  }
}
