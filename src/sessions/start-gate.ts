import { WaitQueue } from '../util/wait-queue.js';

export interface StartGateOptions {
  /** How many starts go on at once. */
  readonly limit: number;
  /** How long one start holds its place at most: a site that hangs must not hold up the others. */
  readonly holdMs: number;
}

/** The right to start one page. */
export interface StartPlace {
  /** Gives the place to the next caller. Idempotent. */
  release(): void;
}

/**
 * Bounds how many pages start at once: a renderer and its first document cost the processor alone. A hundred at once on
 * two cores all miss the deadlines of their requests, one after another none does. A place that comes free is for the
 * owner that has the fewest, so that one who starts a hundred does not hold up the others.
 */
export class StartGate {
  readonly #options: StartGateOptions;
  readonly #waiters = new WaitQueue<void>();
  #running = 0;
  readonly #runningOf = new Map<string, number>();

  constructor(options: StartGateOptions) {
    this.#options = options;
  }

  /** Waits for a place; callers of one owner get theirs in order of arrival. It is given back when its time is over. @throws the signal's reason */
  async enter(owner: string, signal: AbortSignal): Promise<StartPlace> {
    signal.throwIfAborted();
    if (this.#running >= this.#options.limit) await this.#waiters.wait(signal, { owner });
    else this.#count(owner, 1);
    let held = true;
    const release = (): void => {
      if (!held) return;
      held = false;
      clearTimeout(timer);
      this.#count(owner, -1);
      this.#startNext();
    };
    const timer = setTimeout(release, this.#options.holdMs);
    timer.unref();
    return { release };
  }

  #startNext(): void {
    const next = this.#waiters.take((owner) => this.#of(owner));
    if (!next) return;
    this.#count(next.owner, 1);
    next.grant();
  }

  #count(owner: string, change: 1 | -1): void {
    this.#running += change;
    const running = this.#of(owner) + change;
    if (running > 0) this.#runningOf.set(owner, running);
    else this.#runningOf.delete(owner);
  }

  #of(owner: string): number {
    return this.#runningOf.get(owner) ?? 0;
  }
}
