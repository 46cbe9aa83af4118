type Undo = () => unknown;

/**
 * A stack of clean-ups. Open a resource, push how to close it; on failure `dispose()` closes all that was opened, the
 * last first; on success `move()` hands them to the new owner. Every clean-up runs, even if one throws.
 */
export class Disposables {
  #undos: Undo[] = [];
  #disposed: Promise<void> | undefined;

  /** Adds a clean-up. On a stack that is already disposed it runs at once. */
  defer(undo: Undo): void {
    if (this.#disposed)
      void Promise.resolve()
        .then(undo)
        .catch(() => {});
    else this.#undos.push(undo);
  }

  /** Adds what was opened with the way to close it, and gives it back. */
  use<T>(resource: T, close: (resource: T) => unknown): T {
    this.defer(() => close(resource));
    return resource;
  }

  /** A new stack that owns everything; this one is empty afterwards. */
  move(): Disposables {
    const moved = new Disposables();
    moved.#undos = this.#undos;
    this.#undos = [];
    return moved;
  }

  /**
   * Runs every clean-up once, the last added first. Idempotent: repeated calls return the same promise.
   *
   * @throws AggregateError when clean-ups threw; all of them have run by then
   */
  dispose(): Promise<void> {
    this.#disposed ??= this.#run();
    return this.#disposed;
  }

  async #run(): Promise<void> {
    const errors: unknown[] = [];
    for (let undo = this.#undos.pop(); undo; undo = this.#undos.pop()) {
      try {
        await undo();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, `${errors.length} clean-up(s) failed`);
  }
}
