import { describe, expect, it } from 'vitest';
import { type FairClock, settledInFairTime } from '../../../src/engine/playwright/fair-time.js';

/** A clock that jumps from slice to slice. */
class FakeClock implements FairClock {
  time = 0;
  readonly #lagsMs: number[];
  readonly #contention: number;
  /** Called after each slice. */
  onSlice = (): void => {};

  constructor(lagsMs: number[] = [], contention = 0) {
    this.#lagsMs = lagsMs;
    this.#contention = contention;
  }

  now(): number {
    return this.time;
  }

  async sleep(ms: number): Promise<void> {
    this.time += ms + (this.#lagsMs.shift() ?? 0);
    this.onSlice();
  }

  contention(): number {
    return this.#contention;
  }
}

const never = new Promise(() => {});

describe('settledInFairTime', () => {
  it('no answer on an idle machine – given up after that time', async () => {
    const clock = new FakeClock();
    expect(await settledInFairTime(never, 1000, clock)).toBe(false);
    expect(clock.time).toBe(1000);
  });

  it('an answer, or a failure – true at once', async () => {
    const clock = new FakeClock();
    expect(await settledInFairTime(Promise.resolve(), 1000, clock)).toBe(true);
    expect(await settledInFairTime(Promise.reject(new Error()), 1000, clock)).toBe(true);
    expect(clock.time).toBeLessThanOrEqual(200);
  });

  it('this process stood still – that does not count, and what was answered meanwhile is taken', async () => {
    const clock = new FakeClock([1500]);
    let answer = (): void => {};
    const work = new Promise<void>((resolve) => {
      answer = resolve;
    });
    let slices = 0;
    clock.onSlice = () => {
      // Timers come before input.
      if (++slices === 2) answer();
    };
    expect(await settledInFairTime(work, 1000, clock)).toBe(true);
  });

  it('it stands still again and again – the time that counts is that between', async () => {
    const clock = new FakeClock([500, 500, 500]);
    expect(await settledInFairTime(never, 1000, clock)).toBe(false);
    expect(clock.time).toBe(3 * 600 + 1000);
  });

  it('four tasks for each processor – a quarter counts', async () => {
    const clock = new FakeClock([], 4);
    expect(await settledInFairTime(never, 1000, clock)).toBe(false);
    expect(clock.time).toBe(4000);
  });

  it('a machine that never gets round to it – ten seconds', async () => {
    const clock = new FakeClock([], 1000);
    expect(await settledInFairTime(never, 1000, clock)).toBe(false);
    expect(clock.time).toBe(10_000);
  });
});
