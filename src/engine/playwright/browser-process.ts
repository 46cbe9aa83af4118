import type { Browser } from 'playwright-core';
import type { BrowserProcess, ProcessEnd } from '../browser-pool.js';
import { childProcessOf } from './driver-wire.js';

/** The process of a browser that was just launched. */
export function browserProcessOf(browser: Browser, engine: string): BrowserProcess {
  const child = childProcessOf(browser);
  const ended = new Promise<ProcessEnd>((resolve) =>
    child.once('exit', (exitCode, signal) => resolve({ exitCode: exitCode ?? undefined, signal: signal ?? undefined })),
  );
  return { engine, processId: child.pid, ended };
}
