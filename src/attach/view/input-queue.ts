import { settledWithin } from '../../util/deadline.js';

/** How long one input is waited for. A page that hangs, or shows a dialog, takes none. */
const inputTimeoutMs = 2000;
/** What waits beyond that is left out. */
const maxWaiting = 200;

interface Input {
  readonly work: () => Promise<unknown>;
  /** Whether the next one of its kind replaces it. */
  readonly isMove: boolean;
}

/** Does what a person does one after another, in their order. */
export class InputQueue {
  #waiting: Input[] = [];
  #running: Promise<void> | undefined;

  /** @param isMove of two in a row only the later one is done */
  add(work: () => Promise<unknown>, isMove = false): void {
    if (isMove && this.#waiting.at(-1)?.isMove) this.#waiting.pop();
    if (this.#waiting.length >= maxWaiting) return;
    this.#waiting.push({ work, isMove });
    this.#running ??= this.#run();
  }

  /** Lets what waits be done for so long; what is left then is left out. */
  async finish(limitMs: number): Promise<void> {
    await settledWithin(Promise.resolve(this.#running), limitMs);
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
