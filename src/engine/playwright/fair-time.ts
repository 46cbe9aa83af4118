import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

const sliceMs = 100;
/** Nothing is waited for longer, whatever held it up. */
const longestMs = 10_000;

/** What fair time is measured by. */
export interface FairClock {
  /** Milliseconds from anywhere. */
  now(): number;
  sleep(ms: number): Promise<void>;
  /** How many tasks want each processor of this machine just now; 1 or less: none has to wait. */
  contention(): number;
}

/**
 * Waits for work, at most so many milliseconds in which it could have been done: time in which this process itself stood
 * still does not count, and where more tasks want the machine's processors than there are, a share of it does. What
 * answers late for such a reason is not hung.
 *
 * @param limitMs how long at most, whatever held it up. Default: 10 s
 * @returns true if the work was over by then, whether it succeeded or not
 */
export async function settledInFairTime(
  work: Promise<unknown>,
  ms: number,
  clock: FairClock = systemClock,
  limitMs = longestMs,
): Promise<boolean> {
  let isOver = false;
  const over = work.then(
    () => {
      isOver = true;
    },
    () => {
      isOver = true;
    },
  );
  const end = clock.now() + limitMs;
  for (let leftMs = ms; leftMs > 0 && clock.now() < end; ) {
    const startedAt = clock.now();
    await Promise.race([over, clock.sleep(sliceMs)]);
    if (isOver) return true;
    const wasOnTime = clock.now() - startedAt < 2 * sliceMs;
    if (wasOnTime) leftMs -= sliceMs / Math.max(1, clock.contention());
  }
  return isOver;
}

export const systemClock: FairClock = {
  now: () => performance.now(),
  sleep: (ms) => sleep(ms, undefined, { ref: false }),
  contention: () => {
    try {
      // "0.52 0.58 0.59 3/812 12345": how many run or want to, this process among them.
      const running = /(\d+)\/\d+/.exec(readFileSync('/proc/loadavg', 'latin1'))?.[1];
      return (Number(running ?? 1) - 1) / availableParallelism();
    } catch {
      return 1; // no Linux: its own lag tells
    }
  },
};
