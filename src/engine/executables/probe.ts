import { execFile } from 'node:child_process';
import { access, constants, open, readdir, realpath } from 'node:fs/promises';
import { homedir, platform } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { browserEnvironment, type Environment } from '../browser-environment.js';

/** The file behind a path, if it is a program and no script. */
export async function realBinary(path: string): Promise<string | undefined> {
  try {
    const real = await realpath(path);
    await access(real, constants.X_OK);
    const file = await open(real);
    try {
      const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
      return buffer.toString('latin1') === '#!' ? undefined : real;
    } finally {
      await file.close();
    }
  } catch {
    return undefined; // not there, or not for us to run
  }
}

/** Where the folders of `PATH` would have programs of these names. */
export const onPath = (env: Environment, names: readonly string[]): string[] =>
  (env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .flatMap((folder) => names.map((name) => join(folder, name)));

/** Programs that Playwright's installer left in its folder, in builds of a prefix, the newest first. */
export async function playwrightPrograms(
  prefix: string,
  programs: readonly string[],
  env: Environment,
): Promise<string[]> {
  const paths: string[] = [];
  for (const build of await playwrightBuilds(prefix, env)) {
    for (const folder of await readdir(build).catch(() => [])) {
      for (const program of programs) {
        const real = await realBinary(join(build, folder, program));
        if (real) paths.push(real);
      }
    }
  }
  return paths;
}

/** The folders of builds of a prefix, the newest first. */
export async function playwrightBuilds(
  prefix: string,
  { PLAYWRIGHT_BROWSERS_PATH: browsersPath }: Environment,
): Promise<string[]> {
  const root = browsersPath && browsersPath !== '0' ? browsersPath : defaultPlaywrightFolder();
  const builds = (await readdir(root).catch(() => [])).filter((name) => name.startsWith(prefix));
  builds.sort((a, b) => Number(b.slice(prefix.length)) - Number(a.slice(prefix.length)));
  return builds.map((name) => join(root, name));
}

function defaultPlaywrightFolder(): string {
  if (platform() === 'darwin') return join(homedir(), 'Library', 'Caches', 'ms-playwright');
  return join(homedir(), '.cache', 'ms-playwright');
}

const run = promisify(execFile);
const versionTimeoutMs = 10_000;

/** Asks a program for its version: what proves that it can be run. A sentence if it cannot. */
export async function askVersion(
  executablePath: string,
  env: Environment,
): Promise<{ readonly version: string } | { readonly problem: string }> {
  try {
    const { stdout } = await run(executablePath, ['--version'], {
      timeout: versionTimeoutMs,
      env: browserEnvironment(env),
    });
    const version = /\d+(\.\d+){1,3}/.exec(stdout)?.[0];
    return version ? { version } : { problem: 'it does not tell its version' };
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string }; // execFile's error
    return { problem: (stderr?.trim() || message).split('\n')[0] ?? 'it does not start' };
  }
}
