import type { Environment } from '../browser-environment.js';
import { askVersion, onPath, playwrightPrograms, realBinary } from './probe.js';

/** A Firefox that can be run. */
export interface FirefoxBinary {
  readonly executablePath: string;
  readonly version: string;
  /** `playwright`: its own build, which it drives in its own way; `system`: every other build, driven over WebDriver BiDi. */
  readonly source: 'playwright' | 'system';
}

export interface FindFirefoxOptions {
  /** The binary that the operator named; nothing else is tried then. */
  readonly named: string | undefined;
  readonly env: Environment;
}

const systemPaths = [
  '/usr/lib/firefox-esr/firefox-esr',
  '/usr/lib/firefox/firefox',
  '/usr/lib64/firefox/firefox',
  '/opt/firefox/firefox',
  '/Applications/Firefox.app/Contents/MacOS/firefox',
];

/** The oldest that was tested. The ESR before it, 140, opens no context over WebDriver BiDi as the driver speaks it. */
const oldestMajor = 153;

/** Every Firefox there is, the one to run first; a sentence for each that cannot be run. */
export async function listFirefoxes({
  named,
  env,
}: FindFirefoxOptions): Promise<(FirefoxBinary | { readonly unusable: string })[]> {
  const candidates: { path: string; source: FirefoxBinary['source'] }[] = [];
  if (named !== undefined) candidates.push({ path: named, source: 'system' });
  else {
    const own = await playwrightPrograms('firefox-', ['firefox', 'Nightly.app/Contents/MacOS/firefox'], env);
    candidates.push(...own.map((path) => ({ path, source: 'playwright' as const })));
    const seen = new Set<string>();
    for (const path of [...systemPaths, ...onPath(env, ['firefox-esr', 'firefox'])]) {
      const real = await realBinary(path);
      if (!real || seen.has(real)) continue;
      seen.add(real);
      candidates.push({ path: real, source: 'system' });
    }
  }
  const found: (FirefoxBinary | { unusable: string })[] = [];
  for (const { path, source } of candidates) {
    const asked = await askVersion(path, env);
    if (!('version' in asked)) found.push({ unusable: `${path}: ${asked.problem}` });
    else if (Number.parseInt(asked.version, 10) < oldestMajor)
      found.push({ unusable: `${path}: ${asked.version} is older than ${oldestMajor}` });
    else found.push({ executablePath: path, version: asked.version, source });
  }
  return found;
}

/** The Firefox to run, if there is one. */
export async function findFirefox(options: FindFirefoxOptions): Promise<FirefoxBinary | undefined> {
  return (await listFirefoxes(options)).find((entry): entry is FirefoxBinary => 'version' in entry);
}
