/** Who waits, and for whom. */
export interface QueuedCaller {
  readonly owner: string;
  readonly grant: (...granted: never[]) => void;
}

/** Callers that wait, by owner: each owner's in order of arrival, the owners in turn. */
export class FairQueue<T extends QueuedCaller> implements Iterable<T> {
  /** The owner whose turn was longest ago comes first. */
  readonly #byOwner = new Map<string, Set<T>>();
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

  *[Symbol.iterator](): IterableIterator<T> {
    for (const callers of this.#byOwner.values()) yield* callers;
  }

  add(caller: T): void {
    const callers = this.#byOwner.get(caller.owner) ?? new Set();
    this.#byOwner.set(caller.owner, callers.add(caller));
    this.#size += 1;
  }

  /** One leaves. Twice does nothing more. */
  delete(caller: T): void {
    const callers = this.#byOwner.get(caller.owner);
    if (!callers?.delete(caller)) return;
    this.#size -= 1;
    if (callers.size === 0) this.#byOwner.delete(caller.owner);
  }

  /**
   * Takes out who is next: the first caller of the owner that holds the least, or of several the one whose turn was longest
   * ago.
   *
   * @param heldBy what an owner holds; nothing: it may have no more
   */
  take(heldBy: (owner: string) => number | undefined): T | undefined {
    let least: { readonly owner: string; readonly held: number } | undefined;
    for (const owner of this.#byOwner.keys()) {
      const held = heldBy(owner);
      if (held !== undefined && (!least || held < least.held)) least = { owner, held };
    }
    const callers = least && this.#byOwner.get(least.owner);
    const [next] = callers ?? [];
    if (!least || !callers || !next) return undefined;
    this.delete(next);
    if (this.#byOwner.delete(least.owner)) this.#byOwner.set(least.owner, callers);
    return next;
  }
}
