import { settledWithin } from '../util/deadline.js';

export interface StartGateOptions {
  /** How many starts run at once. */
  readonly limit: number;
  /** How long one start holds its place: a browser that hangs must not hold up the others. */
  readonly holdMs: number;
}

/**
 * Bounds how many pages are being started at once. Starting a renderer costs the processor alone; a hundred at once on
 * two cores all miss the deadlines of their requests, one after another none does.
 */
export class StartGate {
  readonly #options: StartGateOptions;
  readonly #waiters: (() => void)[] = [];
  #running = 0;

  constructor(options: StartGateOptions) {
    this.#options = options;
  }

  /** Runs the work when its turn has come, in order of arrival. @throws the signal's reason when that aborts first */
  async run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#running >= this.#options.limit) await this.#wait(signal);
    else this.#running += 1;
    const running = work();
    void settledWithin(running, this.#options.holdMs).finally(() => this.#release());
    return running;
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        signal.removeEventListener('abort', onAbort);
        const at = this.#waiters.indexOf(grant);
        if (at >= 0) this.#waiters.splice(at, 1);
      };
      const grant = (): void => {
        leave();
        resolve();
      };
      const onAbort = (): void => {
        leave();
        reject(signal.reason);
      };
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiters.push(grant);
    });
  }

  /** The place goes to who waits longest. */
  #release(): void {
    const next = this.#waiters[0];
    if (next) next();
    else this.#running -= 1;
  }
}
