import { access, constants, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Environment } from '../browser-environment.js';
import { playwrightBuilds } from './probe.js';

/** A WebKit that can be run: Playwright's own build, the only one that it drives. */
export interface WebKitBinary {
  readonly executablePath: string;
  /** Of the build that belongs to this version of the driver: the binary does not tell its own. */
  readonly version: string;
  readonly source: 'playwright';
}

interface BrowserList {
  readonly browsers: readonly { readonly name: string; readonly browserVersion?: string }[];
}

/** Every WebKit that Playwright's installer left, the newest first. */
export async function listWebKits(env: Environment): Promise<WebKitBinary[]> {
  const driver = dirname(createRequire(import.meta.url).resolve('playwright-core/package.json'));
  const { browsers } = JSON.parse(await readFile(join(driver, 'browsers.json'), 'utf8')) as BrowserList; // the driver's own
  const version = browsers.find(({ name }) => name === 'webkit')?.browserVersion ?? '0';
  const found: WebKitBinary[] = [];
  for (const build of await playwrightBuilds('webkit-', env)) {
    const executablePath = join(build, 'pw_run.sh');
    const isThere = await access(executablePath, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) found.push({ executablePath, version, source: 'playwright' });
  }
  return found;
}

/** The WebKit to run, if there is one. */
export async function findWebKit(env: Environment): Promise<WebKitBinary | undefined> {
  const [first] = await listWebKits(env);
  return first;
}
