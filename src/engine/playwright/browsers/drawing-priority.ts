import { constants, getPriority } from 'node:os';
import type { Browser } from 'playwright-core';
import { type DescendantProcess, readDescendants } from '../../../util/process-vitals.js';
import { yieldThreads } from '../../../util/thread-priority.js';
import { childProcessOf } from '../driver/driver-transport.js';
import { isPageProcess } from './greedy-pages.js';

/** Where a Chromium puts together what all its pages show, and takes their pictures; cut as the system keeps it. */
const drawingThread = 'VizCompositorThread'.slice(0, 15);
/** So far behind this process: a third of its weight, where both want the processor. */
const nicenessBehind = 5;
/** How often a browser is looked at: its drawing process may have crashed, and be another. */
const lookAgainMs = 10_000;

export interface DrawingPriorityOptions {
  /** Default: those of the system. */
  readonly descendantsOf?: (processId: number) => readonly DescendantProcess[];
  /** Default: that of the system. */
  readonly yieldThreads?: typeof yieldThreads;
  /** Milliseconds. Default: `performance.now`. */
  readonly now?: () => number;
}

/**
 * Has a browser that is watched draw when nothing else is to be done. Without a graphics card its pictures are work for the
 * processor, up to a whole one, and where it may (as root) Chromium puts that thread far before all others: requests would
 * wait for pictures.
 */
export class DrawingPriority {
  readonly #descendantsOf: (processId: number) => readonly DescendantProcess[];
  readonly #yieldThreads: typeof yieldThreads;
  readonly #now: () => number;
  readonly #lookedAt = new WeakMap<Browser, number>();

  constructor({
    descendantsOf = (processId) => readDescendants(processId, (command) => !isPageProcess(command)),
    yieldThreads: yieldIn = yieldThreads,
    now = () => performance.now(),
  }: DrawingPriorityOptions = {}) {
    this.#descendantsOf = descendantsOf;
    this.#yieldThreads = yieldIn;
    this.#now = now;
  }

  /** Somebody looks at pages of this browser. It is not undone: who may not raise a priority could not. */
  lower(browser: Browser): void {
    const lookedAt = this.#lookedAt.get(browser);
    if (lookedAt !== undefined && this.#now() - lookedAt < lookAgainMs) return;
    this.#lookedAt.set(browser, this.#now());
    const pid = processIdOf(browser);
    if (pid === undefined) return;
    const niceness = Math.min(constants.priority.PRIORITY_LOW, getPriority() + nicenessBehind);
    for (const { processId, command } of this.#descendantsOf(pid))
      if (/--type=gpu-process\b/.test(command)) this.#yieldThreads(processId, drawingThread, niceness);
  }
}

function processIdOf(browser: Browser): number | undefined {
  try {
    return childProcessOf(browser).pid;
  } catch {
    return undefined; // it has closed, and the driver forgets it then
  }
}
