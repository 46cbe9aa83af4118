interface Waiting {
  readonly bytes: number;
  readonly enter: () => void;
}

/**
 * A number of bytes that many share. Who comes first is served first; a large share is not passed over for a small one
 * behind it.
 */
export class ByteBudget {
  readonly limitBytes: number;
  readonly #waiting: Waiting[] = [];
  #taken = 0;

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  /** How much is taken now. */
  get takenBytes(): number {
    return this.#taken;
  }

  /** Takes a share if it is free at once. */
  tryTake(bytes: number): boolean {
    if (this.#waiting.length > 0 || this.#taken + bytes > this.limitBytes) return false;
    this.#taken += bytes;
    return true;
  }

  /**
   * Takes a share, and waits for it.
   *
   * @param waitMs how long at most
   * @returns whether it was taken: false when the wait was over, the signal aborted, or it is more than there is in all
   */
  async take(bytes: number, waitMs: number, signal?: AbortSignal): Promise<boolean> {
    if (this.tryTake(bytes)) return true;
    if (bytes > this.limitBytes || signal?.aborted) return false;
    return new Promise((resolve) => {
      const leave = (taken: boolean): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', giveUp);
        resolve(taken);
      };
      const entry: Waiting = { bytes, enter: () => leave(true) };
      const giveUp = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(entry), 1);
        leave(false);
        this.#letIn();
      };
      const timer = setTimeout(giveUp, waitMs);
      signal?.addEventListener('abort', giveUp, { once: true });
      this.#waiting.push(entry);
    });
  }

  /** Gives a share back. */
  give(bytes: number): void {
    this.#taken -= bytes;
    this.#letIn();
  }

  #letIn(): void {
    for (;;) {
      const [first] = this.#waiting;
      if (!first || this.#taken + first.bytes > this.limitBytes) return;
      this.#waiting.shift();
      this.#taken += first.bytes;
      first.enter();
    }
  }
}
