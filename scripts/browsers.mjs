// npm run browsers [-- install [chromium|firefox] [--yes]]: lists the browsers that the server could run, or installs one.
// Each command that would install something is asked for first; without a terminal it needs --yes.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { build } from './build.mjs';
import { install } from './install.mjs';

install();
build();
const { loadConfig } = await import('../dist/config/load-config.js');
const { chooseChromium, listChromiums } = await import('../dist/engine/executables/chromium.js');
const { listFirefoxes } = await import('../dist/engine/executables/firefox.js');
const { listWebKits } = await import('../dist/engine/executables/webkit.js');

const config = loadConfig();
const options = {
  named: config.chromium,
  flavour: config.chromiumFlavour,
  cacheDir: config.cacheDir,
  env: process.env,
};

const row = (mark, name, version, build, path) =>
  console.log(`  ${mark}  ${name.padEnd(8)}  ${version.padEnd(15)}  ${build.padEnd(17)}  ${path}`);

async function list() {
  const chosen = await chooseChromium(options).catch((error) => {
    console.error(error.message);
    return undefined;
  });
  for (const entry of await listChromiums(options)) {
    if ('unusable' in entry) row('-', 'Chromium', 'unusable', '', entry.unusable);
    else {
      const mark = entry.executablePath === chosen?.executablePath ? '*' : ' ';
      row(mark, 'Chromium', entry.version, `${entry.flavour}, ${entry.source}`, entry.executablePath);
    }
  }
  const lists = {
    Firefox: await listFirefoxes({ named: config.firefox, env: process.env }),
    WebKit: await listWebKits(process.env),
  };
  for (const [name, entries] of Object.entries(lists)) {
    const first = entries.find((entry) => 'version' in entry);
    for (const entry of entries) {
      if ('unusable' in entry) row('-', name, 'unusable', '', entry.unusable);
      else row(entry === first ? '*' : ' ', name, entry.version, entry.source, entry.executablePath);
    }
    if (!first)
      row(' ', name, 'none', '', `a wish for ${name === 'WebKit' ? 'Safari' : name} is presented by Chromium`);
  }
  if (chosen) console.log(`\n* is what npm start runs. Chromium: ${chosen.reason}`);
}

/** Playwright's installer first (no rights needed), then the system's packages. */
const waysToInstall = {
  chromium: [
    ['playwright', ['install', 'chromium-headless-shell']],
    ['apt-get', ['install', '-y', 'chromium-headless-shell']],
    ['apt-get', ['install', '-y', 'chromium']],
    ['dnf', ['install', '-y', 'chromium-headless']],
    ['apk', ['add', 'chromium']],
    ['brew', ['install', '--cask', 'chromium']],
  ],
  firefox: [
    ['playwright', ['install', 'firefox']],
    ['apt-get', ['install', '-y', 'firefox-esr']],
    ['apt-get', ['install', '-y', 'firefox']],
    ['dnf', ['install', '-y', 'firefox']],
    ['apk', ['add', 'firefox']],
    ['brew', ['install', '--cask', 'firefox']],
  ],
  webkit: [['playwright', ['install', 'webkit']]],
};

/** Whether a command may be run: it changes the machine. */
async function mayRun(commandLine, isAgreed) {
  if (isAgreed) return true;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`Run \`${commandLine}\`? [y/N] `);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}

const isThere = (program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;

async function installBrowser(name, isAgreed) {
  const playwright = join(dirname(createRequire(import.meta.url).resolve('playwright-core/package.json')), 'cli.js');
  for (const [program, args] of waysToInstall[name]) {
    if (program !== 'playwright' && !isThere(program)) continue;
    const commandLine = `${program} ${args.join(' ')}`;
    if (!(await mayRun(commandLine, isAgreed))) continue;
    console.log(`> ${commandLine}`);
    const [file, rest] = program === 'playwright' ? [process.execPath, [playwright, ...args]] : [program, args];
    const { status, error } = spawnSync(file, rest, { stdio: 'inherit' });
    if (status === 0) return true;
    console.log(error ? `  ${program} cannot be run` : '  it did not work; the next way');
  }
  return false;
}

const isAgreed = process.argv.includes('--yes');
const [command, name = 'chromium'] = process.argv.slice(2).filter((word) => word !== '--yes');
if (command === undefined) await list();
else if (command === 'install' && Object.hasOwn(waysToInstall, name) && !isAgreed && !process.stdin.isTTY) {
  console.error(
    `expected a terminal to ask on, or \`--yes\`: it would run ${waysToInstall[name].map(([program, args]) => `\`${program} ${args.join(' ')}\``).join(', or ')}.`,
  );
  process.exitCode = 1;
} else if (command === 'install' && Object.hasOwn(waysToInstall, name)) {
  if (await installBrowser(name, isAgreed)) await list();
  else {
    console.error(
      `None of the ways to install ${name} was taken and worked here; name a binary in MOORING_CHROMIUM or MOORING_FIREFOX.`,
    );
    process.exitCode = 1;
  }
} else {
  const names = Object.keys(waysToInstall).join('|');
  console.error(
    `expected \`npm run browsers\` or \`npm run browsers -- install [${names}] [--yes]\`, came ${command} ${name}`,
  );
  process.exitCode = 1;
}
