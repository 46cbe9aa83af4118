import type { BrowserPoolObserver, BrowserProcess, ProcessEnd } from '../engine/browser-pool.js';
import type { Logger } from '../logger.js';
import type { EndReason } from '../sessions/ended-sessions.js';
import { settledWithin } from '../util/deadline.js';

/** The system tells how a process ended a moment after its pipes have closed. */
const exitTimeoutMs = 1000;

/** Ends that nobody asked for, or that an operator wants to understand; the others are in the request log. */
const loggedEnds: Partial<Record<EndReason, 'debug' | 'info' | 'warn'>> = {
  idle: 'debug',
  lifetime: 'debug',
  evicted: 'info',
  crashed: 'warn',
  lost: 'warn',
};

/** What happens to browsers and sessions by itself, in the log. */
export class EventLog implements BrowserPoolObserver {
  readonly #logger: Logger;
  /** The sessions of the process that crashed last: a pool tells of it first, and its sessions lose it in the same turn. */
  #crashing: string[] = [];

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  launched(ms: number): void {
    this.#logger.info({ ms: Math.round(ms) }, 'browser launched');
  }

  launchFailed(error: unknown): void {
    this.#logger.error({ err: error }, 'a browser did not start');
  }

  hung(browser: BrowserProcess | undefined): void {
    const { engine, processId } = browser ?? {};
    this.#logger.warn({ engine, processId }, 'a browser process no longer answers; it is killed');
  }

  crashed(browser: BrowserProcess | undefined): void {
    const sessions: string[] = [];
    this.#crashing = sessions;
    void this.#logCrash(browser, sessions);
  }

  sessionEnded(reason: EndReason, { id, owner }: { readonly id: string; readonly owner: string }): void {
    if (reason === 'crashed') this.#crashing.push(id);
    const level = loggedEnds[reason];
    if (level) this.#logger[level]({ session: id, owner, reason }, 'session ended');
  }

  sessionFellAsleep({ id, owner }: { readonly id: string; readonly owner: string }, isLost: boolean): void {
    if (isLost) this.#crashing.push(id);
    else this.#logger.debug({ session: id, owner }, 'session asleep');
  }

  async #logCrash(browser: BrowserProcess | undefined, sessions: readonly string[]): Promise<void> {
    let end: ProcessEnd | undefined;
    const ended = browser?.ended.then((how) => {
      end = how;
    });
    await settledWithin(ended ?? Promise.resolve(), exitTimeoutMs);
    const { engine, processId } = browser ?? {};
    this.#logger.warn(
      { engine, processId, exitCode: end?.exitCode, signal: end?.signal, sessions },
      'a browser process ended unasked; its sessions lost it',
    );
  }
}
