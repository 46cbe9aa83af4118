import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, BrowserType, LaunchOptions } from 'playwright-core';
import type { Environment } from '../../browser-environment.js';
import { childProcessOf, insideOf } from './driver-transport.js';

const lastWritesMs = 500;

export interface LaunchSettings {
  readonly executablePath: string;
  /** The environment that the browser is started with. */
  readonly env: Environment;
  /** Where it has its profile, its downloads and its temporary files. If omitted, the system's temporary folder. */
  readonly scratchDir?: string | undefined;
  readonly timeoutMs: number;
}

/** Launches a browser whose profile and downloads are in a folder of its own, which is removed when its process has ended. */
export async function launchBrowser(
  type: BrowserType,
  { executablePath, env, scratchDir, timeoutMs }: LaunchSettings,
  options: LaunchOptions = {},
): Promise<Browser> {
  keepProfileBesideArtifacts(type, options.channel);
  const folder = await mkdtemp(join(scratchDir ?? tmpdir(), `${type.name()}-`));
  try {
    const browser = await type.launch({
      ...options,
      executablePath,
      headless: true,
      artifactsDir: folder,
      // Undefined values do not reach a child.
      env: { ...env, ...(scratchDir === undefined ? {} : { TMPDIR: scratchDir }) } as Record<string, string>,
      timeout: timeoutMs,
      // The server decides when its browsers end (SIGTERM drains first).
      handleSIGHUP: false,
      handleSIGINT: false,
      handleSIGTERM: false,
    });
    childProcessOf(browser).once('exit', () => void remove(folder));
    return browser;
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** The driver removes it too, but once: the last processes of a browser that was killed may still write there. */
async function remove(folder: string): Promise<void> {
  await sleep(lastWritesMs, undefined, { ref: false });
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }).catch(() => {}); // swept with its parent
}

interface Launcher {
  _prepareToLaunch?: (
    options: { readonly artifactsDir?: string },
    isPersistent: boolean,
    profile?: string,
  ) => Promise<{ readonly tempDirectories: string[] }>;
  /** Launches what is driven over WebDriver BiDi. */
  readonly _bidiFirefox?: Launcher;
}

/**
 * Has the driver keep the profile of a launch that names an `artifactsDir` there too, and remove that folder with the
 * browser. By itself it makes profiles in the folder that `TMPDIR` names for this whole process; only persistent contexts
 * may name another.
 *
 * @throws when the driver is built in another way
 */
function keepProfileBesideArtifacts(type: BrowserType, channel: string | undefined): void {
  const inside = insideOf(type) as Launcher;
  const launcher = channel?.startsWith('moz-') ? inside._bidiFirefox : inside;
  const prepare = launcher?._prepareToLaunch?.bind(launcher);
  if (!launcher || !prepare) throw new Error('this version of the driver does not let its folders be named');
  if (Object.hasOwn(launcher, '_prepareToLaunch')) return; // it does already: its own is its class's
  launcher._prepareToLaunch = async (options, isPersistent, profile) => {
    const { artifactsDir } = options;
    if (artifactsDir === undefined || profile !== undefined) return prepare(options, isPersistent, profile);
    const prepared = await prepare(options, isPersistent, join(artifactsDir, 'profile'));
    prepared.tempDirectories.push(artifactsDir);
    return prepared;
  };
}
