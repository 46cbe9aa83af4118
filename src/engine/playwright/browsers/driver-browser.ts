import { setMaxListeners } from 'node:events';
import { kill } from 'node:process';
import type { Browser } from 'playwright-core';
import { settledWithin } from '../../../util/deadline.js';
import { type ProcessVitals, readVitals } from '../../../util/process-vitals.js';
import type { BrowserProcess, LaunchedBrowser, ProcessEnd } from '../../browser-pool.js';
import { askBrowser, childProcessOf, sentByteCounter } from '../driver/driver-transport.js';
import type { LaunchedByDriver } from './browser-profile.js';
import { GreedyPages } from './greedy-pages.js';

/** In how many processes a context is tried to be opened that are gone before it is. */
export const triesToOpen = 3;
/** How long after its calls have failed a browser may be told of as gone. */
const lossTimeoutMs = 300;

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

  readonly #greedyPages: GreedyPages | undefined;

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
    if (pageMemoryBytes !== undefined) this.#greedyPages = new GreedyPages({ limitBytes: pageMemoryBytes });
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
    if (processId === undefined || this.#isOver()) return;
    for (const page of this.#greedyPages?.find(processId) ?? []) {
      try {
        kill(page, 'SIGKILL');
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
