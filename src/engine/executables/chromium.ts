import { access } from 'node:fs/promises';
import { settingName } from '../../errors.js';
import type { Environment } from '../browser-environment.js';
import { findEmbeddedChromium } from './embedded-chromium.js';
import { askVersion, onPath, playwrightPrograms, realBinary } from './probe.js';

/** Where a Chromium comes from. */
export type ChromiumSource = 'named' | 'system' | 'playwright' | 'embedded';

/** A Chromium that can be run. */
export interface ChromiumBinary {
  readonly executablePath: string;
  readonly version: string;
  /** `shell`: the small headless build; `full`: the whole browser. */
  readonly flavour: 'shell' | 'full';
  readonly source: ChromiumSource;
  /** What it needs in its environment besides the server's own. */
  readonly env: Readonly<Record<string, string>>;
}

export interface ChosenChromium extends ChromiumBinary {
  /** Why this one, for people. */
  readonly reason: string;
}

export interface FindChromiumOptions {
  /** The binary that the operator named; nothing else is tried then. */
  readonly named: string | undefined;
  /** `full`: the whole browser, or none. Default: `shell`, the small build first. */
  readonly flavour?: 'shell' | 'full';
  /** The folder for the embedded browser. */
  readonly cacheDir: string;
  /** The environment that a browser is started with; `PLAYWRIGHT_BROWSERS_PATH` in it says where Playwright's are. */
  readonly env: Environment;
}

/** No Chromium can be run; the message says what was tried and what installs one. */
export class NoChromiumError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NoChromiumError';
  }
}

/** Real binaries of system packages; most of what lies in a `bin` folder is a shell script around one of them. */
const systemPaths = {
  shell: [
    '/usr/lib/chromium/chromium-headless-shell',
    '/usr/lib/chromium/headless_shell',
    '/usr/lib64/chromium-browser/headless_shell',
  ],
  full: [
    '/usr/lib/chromium/chromium',
    '/usr/lib/chromium/chrome',
    '/usr/lib/chromium-browser/chromium-browser',
    '/usr/lib64/chromium-browser/chromium-browser',
    '/opt/google/chrome/chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
  ],
} as const;

const programNames = {
  shell: ['chromium-headless-shell', 'chrome-headless-shell', 'headless_shell'],
  full: ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome'],
} as const;

const installAdvice = `Install one with \`npx mooring browsers install\` (in a checkout: \`npm run browsers -- install\`), or name a binary in ${settingName('chromium')}.`;

/**
 * The Chromium to run: the named one, or the first that works of the system's and Playwright's (small headless shells
 * before full browsers of the same source), or the embedded one; that one also wins over an older one on the machine.
 *
 * @throws NoChromiumError
 */
export async function chooseChromium(options: FindChromiumOptions): Promise<ChosenChromium> {
  if (options.named !== undefined) {
    const named = await probe(options.named, 'named', flavourOf(options.named), options.env);
    if (typeof named !== 'string') return { ...named, reason: `named by ${settingName('chromium')}` };
    throw new NoChromiumError(`${settingName('chromium')} names ${options.named}, which cannot be run: ${named}.`);
  }
  const failures: string[] = [];
  const machine = await firstOf(options, failures);
  if (options.flavour === 'full') {
    if (machine) return { ...machine, reason: `the whole browser, by ${settingName('chromiumFlavour')}` };
    failures.push('the embedded one is a headless shell');
    throw noChromium(`No whole Chromium (${settingName('chromiumFlavour')}=full) can be run here.`, failures);
  }
  const embedded = await findEmbeddedChromium();
  if (machine && embedded && major(embedded.version) > major(machine.version)) {
    const unpacked = await embeddedBinary(options);
    if (typeof unpacked !== 'string') {
      return {
        ...unpacked,
        reason: `newer than the ${machine.version} of the ${machine.source} at ${machine.executablePath}`,
      };
    }
  }
  if (machine) {
    const than = embedded ? `; the embedded one is ${embedded.version}` : '';
    return {
      ...machine,
      reason: `${machine.source === 'system' ? 'found on this system' : "found among Playwright's browsers"}${than}`,
    };
  }
  const fallback = await embeddedBinary(options);
  if (typeof fallback !== 'string')
    return { ...fallback, reason: 'embedded: no other Chromium was found on this machine' };
  failures.push(`the embedded one: ${fallback}`);
  throw noChromium('No Chromium can be run here.', failures);
}

const noChromium = (what: string, failures: readonly string[]): NoChromiumError =>
  new NoChromiumError(`${what}\n${failures.map((line) => `  ${line}`).join('\n')}\n${installAdvice}`);

/** Every Chromium there is, the one that would be chosen among its source first. */
export async function listChromiums(
  options: FindChromiumOptions,
): Promise<(ChromiumBinary | { readonly unusable: string })[]> {
  const found: (ChromiumBinary | { unusable: string })[] = [];
  for await (const candidate of machineChromiums(options)) {
    const result = await probe(candidate.path, candidate.source, candidate.flavour, options.env);
    found.push(typeof result === 'string' ? { unusable: `${candidate.path}: ${result}` } : result);
  }
  const embedded = await embeddedBinary(options);
  found.push(typeof embedded === 'string' ? { unusable: `embedded: ${embedded}` } : embedded);
  return found;
}

interface Candidate {
  readonly path: string;
  readonly source: ChromiumSource;
  readonly flavour: 'shell' | 'full';
}

async function firstOf(options: FindChromiumOptions, failures: string[]): Promise<ChromiumBinary | undefined> {
  for await (const { path, source, flavour } of machineChromiums(options)) {
    if (options.flavour === 'full' && flavour !== 'full') continue;
    const result = await probe(path, source, flavour, options.env);
    if (typeof result !== 'string') return result;
    failures.push(`${path}: ${result}`);
  }
  return undefined;
}

async function* machineChromiums(options: FindChromiumOptions): AsyncGenerator<Candidate> {
  const seen = new Set<string>();
  for (const flavour of ['shell', 'full'] as const) {
    for (const path of [...systemPaths[flavour], ...onPath(options.env, programNames[flavour])]) {
      const real = await realBinary(path);
      if (!real || seen.has(real)) continue;
      seen.add(real);
      yield { path: real, source: 'system', flavour };
    }
  }
  for (const flavour of ['shell', 'full'] as const) {
    for (const path of await playwrightPaths(flavour, options.env)) {
      yield { path, source: 'playwright', flavour };
    }
  }
}

/** What Playwright's installer left in its folder, the newest build first. */
async function playwrightPaths(flavour: 'shell' | 'full', env: Environment): Promise<string[]> {
  return flavour === 'shell'
    ? playwrightPrograms('chromium_headless_shell-', ['chrome-headless-shell', 'headless_shell'], env)
    : playwrightPrograms('chromium-', ['chrome', 'Chromium.app/Contents/MacOS/Chromium'], env);
}

const flavourOf = (path: string): 'shell' | 'full' => (/headless[-_]shell/i.test(path) ? 'shell' : 'full');
const major = (version: string): number => Number.parseInt(version, 10);

/** Asks a binary for its version: what proves that it can be run. A sentence if it cannot. */
async function probe(
  executablePath: string,
  source: ChromiumSource,
  flavour: 'shell' | 'full',
  base: Environment,
  env: Readonly<Record<string, string>> = {},
): Promise<ChromiumBinary | string> {
  const asked = await askVersion(executablePath, { ...base, ...env });
  return 'version' in asked ? { executablePath, version: asked.version, flavour, source, env } : asked.problem;
}

/** The embedded browser, unpacked; with the libraries and fonts of its package where the system has none. */
async function embeddedBinary({ cacheDir, env }: FindChromiumOptions): Promise<ChromiumBinary | string> {
  const embedded = await findEmbeddedChromium();
  if (!embedded) return 'there is none for this platform';
  const { executablePath, libraryPath, fontsConfigPath } = await embedded.unpack(cacheDir);
  const hasFonts = await access('/etc/fonts/fonts.conf').then(
    () => true,
    () => false,
  );
  const fonts: Record<string, string> = hasFonts ? {} : { FONTCONFIG_FILE: fontsConfigPath };
  const plain = await probe(executablePath, 'embedded', 'shell', env, fonts);
  if (typeof plain !== 'string') return plain;
  return probe(executablePath, 'embedded', 'shell', env, { ...fonts, LD_LIBRARY_PATH: libraryPath });
}
