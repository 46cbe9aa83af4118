import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { loadConfig } from '../../src/config.js';
import { ChromiumEngine } from '../../src/engine/playwright/chromium.js';
import {
  type ChromiumBinary,
  chooseChromium,
  type FindChromiumOptions,
  listChromiums,
} from '../../src/engine/playwright/find-chromium.js';

const quiet = { launched() {}, crashed() {}, launchFailed() {} };

const findOptions = (): FindChromiumOptions => {
  const { chromium, cacheDir } = loadConfig(process.env, tmpdir());
  return { named: chromium, cacheDir, env: process.env };
};

/** The Chromium that a server would run here. */
export const chosenChromium = (): Promise<ChromiumBinary> => chooseChromium(findOptions());

/** Every Chromium that can be run here. */
export async function everyChromium(): Promise<ChromiumBinary[]> {
  return (await listChromiums(findOptions())).filter((entry) => 'executablePath' in entry);
}

export function chromiumEngine(
  binary: ChromiumBinary,
  contextsPerBrowser = 50,
  extraArgs: readonly string[] = [],
  maxBuckets = 10,
): ChromiumEngine {
  return new ChromiumEngine({
    binary,
    env: process.env,
    sandbox: process.getuid?.() !== 0,
    contextsPerBrowser,
    maxBuckets,
    extraArgs,
    observer: quiet,
  });
}

/** Browser processes that this process started: their process IDs, oldest first. */
export function browserProcesses(): number[] {
  if (process.platform !== 'linux') {
    const rows = execFileSync('ps', ['-axo', 'pid=,ppid=,comm='], { encoding: 'utf8' }).trim().split('\n');
    return rows
      .map((row) => row.trim().split(/\s+/))
      .filter(([, parent, command]) => Number(parent) === process.pid && /chrom/i.test(command ?? ''))
      .map(([id]) => Number(id));
  }
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((id) => {
      try {
        const [, command = '', rest = ''] = /\((.*)\) (.*)/s.exec(readFileSync(`/proc/${id}/stat`, 'utf8')) ?? [];
        return (
          /chrom|headless/i.test(command) && rest.split(' ')[1] === String(process.pid) && rest.split(' ')[0] !== 'Z'
        );
      } catch {
        return false; // ended meanwhile
      }
    })
    .map(Number)
    .sort((a, b) => a - b);
}

/** Processes of tabs, of the browsers that this process started. */
export function rendererProcesses(): number[] {
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((id) => {
      try {
        const rest = /\(.*\) (.*)/s.exec(readFileSync(`/proc/${id}/stat`, 'utf8'))?.[1] ?? '';
        const command = readFileSync(`/proc/${id}/cmdline`, 'utf8');
        return [{ id: Number(id), parent: Number(rest.split(' ')[1]), command }];
      } catch {
        return []; // ended meanwhile
      }
    });
  const ours = new Set(browserProcesses());
  for (let found = true; found; ) {
    found = false;
    for (const { id, parent } of processes) {
      if (!ours.has(parent) || ours.has(id)) continue;
      ours.add(id);
      found = true;
    }
  }
  return processes.filter(({ id, command }) => ours.has(id) && command.includes('--type=renderer')).map(({ id }) => id);
}
