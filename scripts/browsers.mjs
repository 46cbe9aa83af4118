// npm run browsers [-- install]: lists the browsers that the server could run, or installs one.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from './build.mjs';
import { install } from './install.mjs';

install();
build();
const { loadConfig } = await import('../dist/config.js');
const { chooseChromium, listChromiums } = await import('../dist/engine/playwright/find-chromium.js');

const config = loadConfig();
const options = { named: config.chromium, cacheDir: config.cacheDir, env: process.env };

async function list() {
  const chosen = await chooseChromium(options).catch((error) => {
    console.error(error.message);
    return undefined;
  });
  for (const entry of await listChromiums(options)) {
    if ('unusable' in entry) console.log(`  -  unusable: ${entry.unusable}`);
    else {
      const mark = entry.executablePath === chosen?.executablePath ? '*' : ' ';
      console.log(
        `  ${mark}  Chromium ${entry.version}  ${entry.flavour.padEnd(5)}  ${entry.source.padEnd(10)}  ${entry.executablePath}`,
      );
    }
  }
  if (chosen) console.log(`\n* is the one that npm start runs: ${chosen.reason}`);
}

/** Playwright's installer first (no rights needed), then the system's packages. */
function installBrowser() {
  const playwright = join(dirname(createRequire(import.meta.url).resolve('playwright-core/package.json')), 'cli.js');
  const ways = [
    [process.execPath, [playwright, 'install', 'chromium-headless-shell']],
    ['apt-get', ['install', '-y', 'chromium-headless-shell']],
    ['apt-get', ['install', '-y', 'chromium']],
    ['dnf', ['install', '-y', 'chromium-headless']],
    ['apk', ['add', 'chromium']],
    ['brew', ['install', '--cask', 'chromium']],
  ];
  for (const [program, args] of ways) {
    console.log(`> ${program === process.execPath ? 'node' : program} ${args.join(' ')}`);
    const { status } = spawnSync(program, args, { stdio: 'inherit' });
    if (status === 0) return true;
  }
  return false;
}

const [command] = process.argv.slice(2);
if (command === undefined) await list();
else if (command === 'install') {
  if (installBrowser()) await list();
  else {
    console.error('None of the ways to install a browser worked here; name a binary in MOORING_CHROMIUM.');
    process.exitCode = 1;
  }
} else {
  console.error(`expected \`npm run browsers\` or \`npm run browsers -- install\`, came ${command}`);
  process.exitCode = 1;
}
