export interface BoundedMemoryOptions {
  /** How many entries one owner has at most. */
  readonly maxPerOwner: number;
  /** How many entries there are at most. */
  readonly max: number;
}

/**
 * What is remembered of session IDs, by owner. An owner that has too many loses its oldest; when there are too many in
 * all, the owner that wrote least recently loses its oldest.
 */
export class BoundedMemory<T> {
  readonly #options: BoundedMemoryOptions;
  /** The owner that wrote least recently first; of each, the oldest entry first: a Map keeps the order of insertion. */
  readonly #owners = new Map<string, Map<string, T>>();
  #size = 0;

  constructor(options: BoundedMemoryOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#size;
  }

  remember(owner: string, id: string, value: T): void {
    this.forget(owner, id);
    const entries = this.#owners.get(owner) ?? new Map<string, T>();
    entries.set(id, value);
    this.#size += 1;
    this.#owners.delete(owner);
    this.#owners.set(owner, entries);
    if (entries.size > this.#options.maxPerOwner) this.#forgetOldest(owner);
    const [quietest] = this.#owners.keys();
    if (this.#size > this.#options.max && quietest !== undefined) this.#forgetOldest(quietest);
  }

  find(owner: string, id: string): T | undefined {
    return this.#owners.get(owner)?.get(id);
  }

  forget(owner: string, id: string): void {
    const entries = this.#owners.get(owner);
    if (!entries?.delete(id)) return;
    this.#size -= 1;
    if (entries.size === 0) this.#owners.delete(owner);
  }

  #forgetOldest(owner: string): void {
    const [oldest] = this.#owners.get(owner)?.keys() ?? [];
    if (oldest !== undefined) this.forget(owner, oldest);
  }
}
