/** Options of a {@link Deadline}. */
export interface DeadlineOptions {
  /** Milliseconds from now until the deadline aborts. */
  readonly ms: number;
  /** Makes the reason that the signal carries when the time is over. */
  readonly reason: () => Error;
  /** Milliseconds that may pass until `begin` is called, if the time is to count from then only. */
  readonly waitMs?: number;
  /** A signal whose abort ends this deadline early, with that signal's reason. */
  readonly parent?: AbortSignal;
}

/**
 * A moment by which something must be over, as a signal. Dispose it when the work is done: that clears the timer and
 * lets go of what it follows (`AbortSignal.any` and `AbortSignal.timeout` keep both until garbage collection).
 */
export class Deadline implements Disposable {
  readonly #controller = new AbortController();
  readonly #options: DeadlineOptions;
  #timer: NodeJS.Timeout;
  #expiresAt: number;
  #hasBegun: boolean;
  readonly #followed: { signal: AbortSignal; onAbort: () => void }[] = [];

  constructor(options: DeadlineOptions) {
    this.#options = options;
    this.#hasBegun = options.waitMs === undefined;
    const ms = options.waitMs ?? options.ms;
    this.#expiresAt = performance.now() + ms;
    this.#timer = this.#arm(ms);
    if (options.parent) this.follow(options.parent);
  }

  /** The work begins: its time counts from now. Does nothing the second time, or without `waitMs`. */
  begin(): void {
    if (this.#hasBegun || this.#controller.signal.aborted) return;
    this.#hasBegun = true;
    clearTimeout(this.#timer);
    this.#expiresAt = performance.now() + this.#options.ms;
    this.#timer = this.#arm(this.#options.ms);
  }

  #arm(ms: number): NodeJS.Timeout {
    return setTimeout(() => this.#controller.abort(this.#options.reason()), Math.max(0, ms));
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Milliseconds left, never negative. */
  get remainingMs(): number {
    return Math.max(0, this.#expiresAt - performance.now());
  }

  /** Ends early, with its reason, when this signal aborts too. */
  follow(signal: AbortSignal): void {
    const onAbort = (): void => {
      clearTimeout(this.#timer);
      this.#controller.abort(signal.reason);
    };
    if (signal.aborted) {
      onAbort();
      return;
    }
    signal.addEventListener('abort', onAbort, { once: true });
    this.#followed.push({ signal, onAbort });
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    for (const { signal, onAbort } of this.#followed) signal.removeEventListener('abort', onAbort);
  }
}

/**
 * Waits for `work` or for the signal, whichever comes first.
 *
 * @param undo takes back a success that comes too late (closes what was opened).
 * @throws the reason of the signal when it aborts first
 */
export function abortable<T>(work: Promise<T>, signal: AbortSignal, undo?: (late: T) => unknown): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    let over = false;
    const onAbort = (): void => {
      over = true;
      reject(signal.reason);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    work.then(
      (value) => {
        signal.removeEventListener('abort', onAbort);
        if (over) undo?.(value);
        else resolve(value);
      },
      (error: unknown) => {
        signal.removeEventListener('abort', onAbort);
        reject(error);
      },
    );
  });
}

/** Waits for `work`, at most `ms`; then goes on without it. Tells whether the work was over by then. */
export async function settledWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([
      work.then(
        () => true,
        () => true,
      ),
      over,
    ]);
  } finally {
    clearTimeout(timer);
  }
}
