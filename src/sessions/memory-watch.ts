import { type MemoryLeft, memoryLeft } from '../util/memory-pressure.js';

export interface MemoryWatchOptions {
  /** Told when memory runs short, at each look as long as it is, and once when it no longer is. */
  readonly onShort: (isShort: boolean) => void;
  /** Default: what the kernel tells. */
  readonly left?: () => MemoryLeft;
}

const everyMs = 1000;
/** Memory is short with less than this part of it left, or less than this many bytes. */
const shortPart = 0.08;
const shortBytes = 300 * 1024 ** 2;
/** It is no longer short with so many times as much left: what came free is not taken at once. */
const relief = 1.5;
/** The same where processes wait for memory for this part of the time. */
const stalledPart = 0.3;

/** Looks whether the machine, or the control group, runs out of memory. */
export class MemoryWatch {
  readonly #options: MemoryWatchOptions;
  #timer: NodeJS.Timeout | undefined;
  #isShort = false;

  constructor(options: MemoryWatchOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer ??= setInterval(() => this.look(), everyMs);
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Looks at once. */
  look(): void {
    const { limitBytes, leftBytes, stalledPart: stalled } = (this.#options.left ?? memoryLeft)();
    const wanted =
      Math.min(limitBytes * shortPart, Math.max(shortBytes, limitBytes * 0.02)) * (this.#isShort ? relief : 1);
    const isShort = leftBytes < wanted || (stalled > stalledPart && leftBytes < 3 * wanted);
    if (!isShort && !this.#isShort) return;
    this.#isShort = isShort;
    this.#options.onShort(isShort);
  }
}
