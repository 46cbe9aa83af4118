import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { variableOf } from '../config/load-config.js';
import type { Config } from '../config/settings.js';
import { type ChosenChromium, chooseChromium, listChromiums } from '../engine/executables/chromium.js';
import { listFirefoxes } from '../engine/executables/firefox.js';
import { listWebKits } from '../engine/executables/webkit.js';
import { errorMessage } from '../errors.js';
import type { Installable } from './command-line.js';

export interface BrowsersOptions {
  readonly config: Config;
  readonly env: NodeJS.ProcessEnv;
  /** The browser to install; if omitted, they are listed. */
  readonly install: Installable | undefined;
  /** Whether what changes the machine may be run without asking. */
  readonly isAgreed: boolean;
}

/** Lists the browsers that the server can run, or installs one. @returns the exit code */
export async function browsers(options: BrowsersOptions): Promise<number> {
  const { install, isAgreed } = options;
  if (install === undefined) {
    await list(options);
    return 0;
  }
  if (!isAgreed && !process.stdin.isTTY) {
    const lines = waysToInstall[install].map((way) => `\`${way.join(' ')}\``);
    console.error(`expected a terminal to ask on, or \`--yes\`: it would run ${lines.join(', or ')}.`);
    return 1;
  }
  if (await installBrowser(install, isAgreed)) {
    await list(options);
    return 0;
  }
  console.error(
    `None of the ways to install ${install} was taken and worked here; name a binary in MOORING_CHROMIUM or MOORING_FIREFOX.`,
  );
  return 1;
}

async function list({ config, env }: BrowsersOptions): Promise<void> {
  const options = { named: config.chromium, flavour: config.chromiumFlavour, cacheDir: config.cacheDir, env };
  const chosen = await chooseChromium(options).catch((error: unknown) => {
    console.error(errorMessage(error));
    return undefined;
  });
  for (const entry of await listChromiums(options)) {
    if ('unusable' in entry) printRow('-', 'Chromium', 'unusable', '', entry.unusable);
    else {
      const mark = entry.executablePath === chosen?.executablePath ? '*' : ' ';
      printRow(
        mark,
        'Chromium',
        entry.version,
        `${entry.flavour}, ${entry.source === 'named' ? variableOf('chromium') : entry.source}`,
        entry.executablePath,
      );
    }
  }
  printOthers('Firefox', 'Firefox', await listFirefoxes({ named: config.firefox, env }));
  printOthers('WebKit', 'Safari', await listWebKits(env));
  if (chosen) printReason(chosen);
}

type Entry =
  | { readonly version: string; readonly source: string; readonly executablePath: string }
  | { readonly unusable: string };

function printOthers(name: string, presents: string, entries: readonly Entry[]): void {
  const first = entries.find((entry) => 'version' in entry);
  for (const entry of entries) {
    if ('unusable' in entry) printRow('-', name, 'unusable', '', entry.unusable);
    else printRow(entry === first ? '*' : ' ', name, entry.version, entry.source, entry.executablePath);
  }
  if (!first) printRow(' ', name, 'none', '', `sessions that ask for ${presents} get Chromium, presented as it`);
}

const printReason = ({ reason }: ChosenChromium): void =>
  console.log(`\n* is what the server runs. Chromium: ${reason}`);

const printRow = (mark: string, name: string, version: string, build: string, path: string): void =>
  console.log(`  ${mark}  ${name.padEnd(8)}  ${version.padEnd(15)}  ${build.padEnd(17)}  ${path}`);

/** Playwright's installer first (no rights needed), then the system's packages. */
const waysToInstall: Readonly<Record<Installable, readonly (readonly [string, ...string[]])[]>> = {
  chromium: [
    ['playwright', 'install', 'chromium-headless-shell'],
    ['apt-get', 'install', '-y', 'chromium-headless-shell'],
    ['apt-get', 'install', '-y', 'chromium'],
    ['dnf', 'install', '-y', 'chromium-headless'],
    ['apk', 'add', 'chromium'],
    ['brew', 'install', '--cask', 'chromium'],
  ],
  firefox: [
    ['playwright', 'install', 'firefox'],
    ['apt-get', 'install', '-y', 'firefox-esr'],
    ['apt-get', 'install', '-y', 'firefox'],
    ['dnf', 'install', '-y', 'firefox'],
    ['apk', 'add', 'firefox'],
    ['brew', 'install', '--cask', 'firefox'],
  ],
  webkit: [['playwright', 'install', 'webkit']],
};

/** Whether a command may be run: it changes the machine. */
async function mayRun(commandLine: string, isAgreed: boolean): Promise<boolean> {
  if (isAgreed) return true;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`Run \`${commandLine}\`? [y/N] `);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}

const isThere = (program: string): boolean =>
  spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;

async function installBrowser(name: Installable, isAgreed: boolean): Promise<boolean> {
  const playwright = join(dirname(createRequire(import.meta.url).resolve('playwright-core/package.json')), 'cli.js');
  for (const [program, ...args] of waysToInstall[name]) {
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
