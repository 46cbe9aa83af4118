/** One caller that waits. */
export interface Waiter<T> {
  readonly owner: string;
  /** Ends the wait: its promise resolves. */
  grant(value: T): void;
}

export interface WaitOptions {
  /** Whose turn it takes. If omitted, every caller is of one owner: they are served in order of arrival. */
  readonly owner?: string;
  /** How long it waits. If omitted, until the signal aborts. */
  readonly timeoutMs?: number | undefined;
  /** Makes the error for a wait that took too long. */
  readonly timeoutError?: () => Error;
}

interface Entry<T> extends Waiter<T> {
  refuse(error: unknown): void;
}

/**
 * Callers that wait for something to come free, by owner: each owner's in order of arrival, the owners in turn. A caller
 * leaves by itself when its signal aborts.
 */
export class WaitQueue<T> {
  /** The owner whose turn was longest ago comes first. */
  readonly #byOwner = new Map<string, Set<Entry<T>>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  sizeOf(owner: string): number {
    return this.#byOwner.get(owner)?.size ?? 0;
  }

  get owners(): Iterable<string> {
    return this.#byOwner.keys();
  }

  /** The owner of each caller that waits. */
  *callers(): Iterable<string> {
    for (const [owner, entries] of this.#byOwner) for (const _ of entries) yield owner;
  }

  /**
   * Waits for a turn.
   *
   * @throws the signal's reason when it aborts first, `timeoutError` when the time is over, or what `refuseAll` is called with
   */
  wait(signal: AbortSignal, { owner = '', timeoutMs, timeoutError }: WaitOptions = {}): Promise<T> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        this.#delete(entry);
      };
      const entry: Entry<T> = {
        owner,
        grant: (value) => {
          leave();
          resolve(value);
        },
        refuse: (error) => {
          leave();
          reject(error);
        },
      };
      const onAbort = (): void => entry.refuse(signal.reason);
      const timer = timeoutMs === undefined ? undefined : setTimeout(() => entry.refuse(timeoutError?.()), timeoutMs);
      signal.addEventListener('abort', onAbort, { once: true });
      const entries = this.#byOwner.get(owner) ?? new Set();
      this.#byOwner.set(owner, entries.add(entry));
      this.#size += 1;
    });
  }

  /**
   * Takes out the next caller: the first one of the owner that holds the least. Of several such owners, the one whose turn
   * was longest ago.
   *
   * @param heldBy what an owner holds; undefined if it may have no more. If omitted, all hold the same
   */
  take(heldBy: (owner: string) => number | undefined = () => 0): Waiter<T> | undefined {
    let least: { readonly owner: string; readonly held: number } | undefined;
    for (const owner of this.#byOwner.keys()) {
      const held = heldBy(owner);
      if (held !== undefined && (!least || held < least.held)) least = { owner, held };
    }
    const entries = least && this.#byOwner.get(least.owner);
    const [next] = entries ?? [];
    if (!least || !entries || !next) return undefined;
    this.#delete(next);
    if (this.#byOwner.delete(least.owner)) this.#byOwner.set(least.owner, entries);
    return next;
  }

  /** Ends every wait with this error. */
  refuseAll(error: unknown): void {
    for (const entries of [...this.#byOwner.values()]) for (const entry of [...entries]) entry.refuse(error);
  }

  #delete(entry: Entry<T>): void {
    const entries = this.#byOwner.get(entry.owner);
    if (!entries?.delete(entry)) return;
    this.#size -= 1;
    if (entries.size === 0) this.#byOwner.delete(entry.owner);
  }
}
