import { setMaxListeners } from 'node:events';
import { kill } from 'node:process';
import type { Browser } from 'playwright-core';
import { settledWithin } from '../../../util/deadline.js';
import { type ProcessVitals, readDescendants, readVitals } from '../../../util/process-vitals.js';
import type { BrowserProcess, LaunchedBrowser, ProcessEnd } from '../../browser-pool.js';
import { askBrowser, childProcessOf, sentByteCounter } from '../driver/driver-transport.js';
import type { LaunchedByDriver } from './browser-profile.js';

/** In how many processes a context is tried to be opened that are gone before it is. */
export const triesToOpen = 3;
/** How long after its calls have failed a browser may be told of as gone. */
const lossTimeoutMs = 300;

/** @returns true if the process runs pages. Others must live: one of Chromium's holds the cookies of all its contexts. */
export const isPageProcess = (command: string): boolean => /--type=renderer\b|-contentproc\b.*\btab$/.test(command);

/** A browser that the driver has launched. */
export class DriverBrowser implements LaunchedBrowser {
  readonly browser: Browser;
  readonly present: LaunchedByDriver['present'];
  readonly onScriptError: LaunchedByDriver['onScriptError'];
  readonly openSockets: LaunchedByDriver['openSockets'];
  readonly protocol: LaunchedByDriver['protocol'];
  readonly process: BrowserProcess;
  readonly bytesSent: () => number;
  readonly #gone = new AbortController();
  readonly #isOver: () => boolean;
  #killedFor: string | undefined;
  #closed: Promise<void> | undefined;

  readonly #pageMemoryBytes: number | undefined;

  /**
   * @param engine its name, for the log
   * @param pageMemoryBytes the most memory that a process of its pages may hold; if omitted, there is no limit
   */
  constructor(
    { browser, present, protocol, onScriptError, openSockets }: LaunchedByDriver,
    engine: string,
    pageMemoryBytes?: number,
  ) {
    this.browser = browser;
    this.present = present;
    this.protocol = protocol;
    this.onScriptError = onScriptError;
    this.openSockets = openSockets;
    this.#pageMemoryBytes = pageMemoryBytes;
    const child = childProcessOf(browser);
    const ended = new Promise<ProcessEnd>((resolve) =>
      child.once('exit', (exitCode, signal) =>
        resolve({ exitCode: exitCode ?? undefined, signal: signal ?? undefined }),
      ),
    );
    this.bytesSent = sentByteCounter(browser);
    this.process = { engine, processId: child.pid, ended };
    this.#isOver = () => child.exitCode !== null || child.signalCode !== null;
    setMaxListeners(0, this.#gone.signal); // every context listens
    browser.once('disconnected', () => this.#gone.abort(this.#killedFor));
  }

  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** Whether it is gone, or is just going: its calls fail before it is told of. */
  async isLost(): Promise<boolean> {
    if (this.#gone.signal.aborted) return true;
    const going = new Promise((resolve) => this.#gone.signal.addEventListener('abort', resolve, { once: true }));
    return settledWithin(going, lossTimeoutMs);
  }

  ask(): Promise<unknown> {
    return askBrowser(this.browser);
  }

  vitals(): ProcessVitals | undefined {
    const { processId } = this.process;
    return processId === undefined ? undefined : readVitals(processId);
  }

  kill(why: string): void {
    const { processId } = this.process;
    if (processId === undefined || this.#isOver()) return;
    this.#killedFor = why;
    try {
      kill(-processId, 'SIGKILL'); // the driver gives each browser a process group
    } catch {
      // It ended this very moment.
    }
  }

  endGreedy(): void {
    const { processId } = this.process;
    const limit = this.#pageMemoryBytes;
    if (processId === undefined || limit === undefined || this.#isOver()) return;
    for (const child of readDescendants(processId, (command) => !isPageProcess(command))) {
      if (!isPageProcess(child.command) || child.privateBytes <= limit) continue;
      try {
        kill(child.processId, 'SIGKILL');
      } catch {
        // It ended this very moment.
      }
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.browser.close();
    return this.#closed;
  }
}
