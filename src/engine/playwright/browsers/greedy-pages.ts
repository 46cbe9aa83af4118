import { availableMemory } from 'node:process';
import { type DescendantProcess, readDescendants } from '../../../util/process-vitals.js';

/** How often every page is looked at, whatever the machine's memory does. */
const lookEveryMs = 10_000;

/** @returns true if the process runs pages. Others must live: one of Chromium's holds the cookies of all its contexts. */
export const isPageProcess = (command: string): boolean => /--type=renderer\b|-contentproc\b.*\btab$/.test(command);

export interface GreedyPagesOptions {
  /** The most memory of its own that a process of pages may hold. */
  readonly limitBytes: number;
  /** What the machine, or the control group, has left. Default: as the kernel tells. */
  readonly leftBytes?: () => number;
  /** Default: those of the system. */
  readonly descendantsOf?: (processId: number) => readonly DescendantProcess[];
  /** Milliseconds. Default: `performance.now`. */
  readonly now?: () => number;
}

/**
 * Finds the processes of a browser's pages that hold more memory than they may. Looking at each of a hundred is work, so
 * that is done only when so much memory is gone that one of them may have taken it, or a while after the last time.
 */
export class GreedyPages {
  readonly #limitBytes: number;
  readonly #leftBytes: () => number;
  readonly #descendantsOf: (processId: number) => readonly DescendantProcess[];
  readonly #now: () => number;
  #lookAgainAt = Number.NEGATIVE_INFINITY;
  #lookBelowBytes = Number.POSITIVE_INFINITY;

  constructor({
    limitBytes,
    leftBytes = availableMemory,
    descendantsOf = (processId) => readDescendants(processId, (command) => !isPageProcess(command)),
    now = () => performance.now(),
  }: GreedyPagesOptions) {
    this.#limitBytes = limitBytes;
    this.#leftBytes = leftBytes;
    this.#descendantsOf = descendantsOf;
    this.#now = now;
  }

  /** @returns the processes that hold too much, below that of the browser */
  find(processId: number): number[] {
    const left = this.#leftBytes();
    if (this.#now() < this.#lookAgainAt && left >= this.#lookBelowBytes) return [];
    const pages = this.#descendantsOf(processId).filter(({ command }) => isPageProcess(command));
    const largest = pages.reduce((most, { privateBytes }) => Math.max(most, privateBytes), 0);
    this.#lookAgainAt = this.#now() + lookEveryMs;
    // Half of it: what other processes give back meanwhile hides what a page takes.
    this.#lookBelowBytes = left - Math.max(0, this.#limitBytes - largest) / 2;
    return pages.filter(({ privateBytes }) => privateBytes > this.#limitBytes).map((page) => page.processId);
  }
}
