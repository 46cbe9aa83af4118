import { settledWithin } from '../../util/deadline.js';

/** How long one input is waited for. A page that hangs, or shows a dialog, takes none. */
const inputTimeoutMs = 2000;
/** What waits beyond that is left out. */
const maxWaiting = 200;

/** Of two in a row the later one makes the earlier one needless. */
type ReplacedKind = 'move' | 'compose';

interface Input {
  readonly work: () => Promise<unknown>;
  /** The kind of input that replaces it while it waits. */
  readonly kind: ReplacedKind | undefined;
}

/** Does what a person does one after another, in their order. */
export class InputQueue {
  #waiting: Input[] = [];
  #running: Promise<void> | undefined;

  /** @param kind of two of a kind in a row only the later one is done. If undefined, both are. */
  add(work: () => Promise<unknown>, kind?: ReplacedKind): void {
    if (kind !== undefined && this.#waiting.at(-1)?.kind === kind) this.#waiting.pop();
    if (this.#waiting.length >= maxWaiting) return;
    this.#waiting.push({ work, kind });
    this.#running ??= this.#run();
  }

  /** Resolves when what waits is done, or after so long. */
  async caughtUp(limitMs: number): Promise<void> {
    await settledWithin(Promise.resolve(this.#running), limitMs);
  }

  /** Lets what waits be done for so long; what is left then is left out. */
  async finish(limitMs: number): Promise<void> {
    await this.caughtUp(limitMs);
    this.#waiting = [];
  }

  async #run(): Promise<void> {
    for (let input = this.#waiting.shift(); input; input = this.#waiting.shift())
      await settledWithin(
        input.work().catch(() => {}), // the page is gone, or does not take it
        inputTimeoutMs,
      );
    this.#running = undefined;
  }
}
