export interface StartGateOptions {
  /** How many starts go on at once. */
  readonly limit: number;
  /** How long one start holds its place at most: a site that hangs must not hold up the others. */
  readonly holdMs: number;
}

/** A place among those that start. */
export interface StartPlace {
  /** Gives the place to who waits longest; twice does nothing more. */
  release(): void;
}

/**
 * Bounds how many pages start at once: a renderer and its first document cost the processor alone. A hundred at once on
 * two cores all miss the deadlines of their requests, one after another none does.
 */
export class StartGate {
  readonly #options: StartGateOptions;
  readonly #waiters = new Set<() => void>();
  #running = 0;

  constructor(options: StartGateOptions) {
    this.#options = options;
  }

  /** A place, in order of arrival. It is given back by itself when its time is over. @throws the signal's reason */
  async enter(signal: AbortSignal): Promise<StartPlace> {
    signal.throwIfAborted();
    if (this.#running >= this.#options.limit) await this.#wait(signal);
    else this.#running += 1;
    let held = true;
    const release = (): void => {
      if (!held) return;
      held = false;
      clearTimeout(timer);
      this.#next();
    };
    const timer = setTimeout(release, this.#options.holdMs);
    timer.unref();
    return { release };
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        signal.removeEventListener('abort', onAbort);
        this.#waiters.delete(grant);
      };
      const grant = (): void => {
        leave();
        resolve();
      };
      const onAbort = (): void => {
        leave();
        reject(signal.reason);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiters.add(grant);
    });
  }

  #next(): void {
    const [next] = this.#waiters;
    if (next) next();
    else this.#running -= 1;
  }
}
