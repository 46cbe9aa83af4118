import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BrowserPool, type BrowserPoolObserver } from '../../../src/engine/browser-pool.js';

class FakeBrowser {
  readonly #gone = new AbortController();
  closed = false;

  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  crash(): void {
    this.#gone.abort();
  }

  hung = false;
  privateBytes = 0;
  killed: string | undefined;

  ask(): Promise<unknown> {
    return this.hung ? new Promise(() => {}) : Promise.resolve();
  }

  vitals() {
    return { isStopped: false, isWaitingForDisk: false, waitedForCpuMs: 0, ranMs: 0, privateBytes: this.privateBytes };
  }

  bytesSent(): number {
    return 0;
  }

  kill(why: string): void {
    this.killed = why;
    this.#gone.abort(why);
  }

  async close(): Promise<void> {
    this.closed = true;
    this.#gone.abort();
  }
}

const never = new AbortController().signal;
let launched: FakeBrowser[];
let crashes: number;
let failing: boolean;
let launches: number;
const observer: BrowserPoolObserver = {
  launched() {},
  crashed() {
    crashes += 1;
  },
  hung() {},
  launchFailed() {},
};

const poolOf = (seatsPerBrowser: number, retireAfterSeats = 1000, spareSeats = 0): BrowserPool<FakeBrowser> =>
  new BrowserPool({
    launch: async () => {
      launches += 1;
      if (failing) throw new Error('no');
      const browser = new FakeBrowser();
      launched.push(browser);
      return browser;
    },
    seatsPerBrowser,
    retireAfterSeats,
    spareSeats,
    observer,
  });

beforeEach(() => {
  launched = [];
  crashes = 0;
  failing = false;
  launches = 0;
  vi.useFakeTimers();
});
afterEach(() => void vi.useRealTimers());

describe('BrowserPool', () => {
  it('seats – fill one process before another is launched, many at once too', async () => {
    const pool = poolOf(2);
    await pool.start();
    const seats = await Promise.all([1, 2, 3, 4, 5].map(() => pool.take(never)));
    expect(launched).toHaveLength(3);
    expect(new Set(seats.map(({ browser }) => browser)).size).toBe(3);
    await pool.close();
    expect(launched.every(({ closed }) => closed)).toBe(true);
  });

  it('an emptied process – is ended while another one has room; the last one stays warm', async () => {
    const pool = poolOf(2);
    const [a, b, c] = [await pool.take(never), await pool.take(never), await pool.take(never)];
    a.release();
    a.release();
    b.release();
    expect([a.browser.closed, pool.size]).toEqual([true, 1]);
    c.release();
    expect([c.browser.closed, pool.size]).toEqual([false, 1]);
    await pool.close();
  });

  it('an emptied process – stays while all the others are full', async () => {
    const pool = poolOf(1);
    const [a, b] = [await pool.take(never), await pool.take(never)];
    a.release();
    expect(a.browser.closed).toBe(false);
    expect((await pool.take(never)).browser).toBe(a.browser);
    expect(launched).toHaveLength(2);
    expect([a.browser, b.browser]).toContain(await pool.any(never));
    await pool.close();
  });

  it('a process that had its share – takes no more, and ends with its last context', async () => {
    const pool = poolOf(10, 2);
    const [a, b] = [await pool.take(never), await pool.take(never)];
    const c = await pool.take(never);
    expect(c.browser).not.toBe(a.browser);
    expect([a.retired.aborted, c.retired.aborted]).toEqual([true, false]);
    a.release();
    expect(a.browser.closed).toBe(false);
    b.release();
    expect(b.browser.closed).toBe(true);
    await pool.close();
  });

  it('a crash – touches no other process, and a new one is launched', async () => {
    const pool = poolOf(1);
    const [a, b] = [await pool.take(never), await pool.take(never)];
    a.browser.crash();
    expect([b.browser.gone.aborted, crashes]).toEqual([false, 1]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(pool.size).toBe(2);
    await pool.close();
    expect(crashes).toBe(1);
  });

  it('a process that no longer answers – takes no more contexts at once, and is killed and replaced within ten seconds', async () => {
    const pool = poolOf(2);
    const seat = await pool.take(never);
    seat.browser.hung = true;
    await vi.advanceTimersByTimeAsync(3000);
    expect(seat.browser.killed).toBeUndefined();
    const other = await pool.take(never);
    expect(other.browser).not.toBe(seat.browser);
    await vi.advanceTimersByTimeAsync(7000);
    expect([seat.browser.killed, other.browser.killed, crashes, pool.size]).toEqual([
      expect.any(String),
      undefined,
      1,
      1,
    ]);
    await pool.close();
  });

  it('endHung – asks now, and waits until it is clear', async () => {
    const pool = poolOf(1);
    const [a, b] = [await pool.take(never), await pool.take(never)];
    a.browser.hung = true;
    const ending = pool.endHung();
    await vi.advanceTimersByTimeAsync(6500);
    await ending;
    expect([a.browser.killed, b.browser.killed, crashes]).toEqual([expect.any(String), undefined, 1]);
    await pool.close();
  });

  it('a process that is old, or holds much memory itself – takes no more, and ends with its last context', async () => {
    const pool = poolOf(10);
    const a = await pool.take(never);
    a.browser.privateBytes = 2 * 1024 ** 3;
    await vi.advanceTimersByTimeAsync(2000);
    const b = await pool.take(never);
    expect(b.browser).not.toBe(a.browser);
    expect([a.retired.aborted, b.retired.aborted]).toEqual([true, false]);
    a.release();
    expect(a.browser.closed).toBe(true);
    await vi.advanceTimersByTimeAsync(25 * 60 * 60_000);
    expect((await pool.take(never)).browser).not.toBe(b.browser);
    await pool.close();
  });

  it('spare places – are launched ahead, and go when there are enough', async () => {
    const pool = poolOf(4, 1000, 1);
    const seats = [await pool.take(never), await pool.take(never), await pool.take(never)];
    await vi.advanceTimersByTimeAsync(0);
    expect(launched).toHaveLength(1);
    seats.push(await pool.take(never));
    await vi.advanceTimersByTimeAsync(0);
    expect(launched).toHaveLength(2);
    seats[0]?.release();
    expect(pool.size).toBe(2);
    seats[1]?.release();
    expect(pool.size).toBe(1);
    await pool.close();
  });

  it('a process beside its places – counts as used', async () => {
    const pool = poolOf(10, 2);
    const a = await pool.any(never);
    await pool.any(never);
    expect((await pool.take(never)).browser).not.toBe(a);
    await pool.close();
  });

  it('a browser that never starts – is not started for each one who asks', async () => {
    const pool = poolOf(1);
    failing = true;
    for (let i = 0; i < 20; i++) {
      const error = await pool.take(never).catch((it: unknown) => it);
      expect(error).toMatchObject({ code: 'BROWSER_FAILED' });
      if (i > 0) expect(error).toMatchObject({ retryAfterMs: expect.any(Number) });
    }
    expect(launches).toBe(3);
    failing = false;
    await vi.advanceTimersByTimeAsync(20_000);
    expect((await pool.take(never)).browser.closed).toBe(false);
    await pool.close();
  });

  it('a launch that fails once – is tried again, and who asked is not told', async () => {
    const pool = poolOf(1);
    failing = true;
    const taking = pool.take(never);
    failing = false;
    expect((await taking).browser).toBe(launched[0]);
    expect(launches).toBe(2);
    await pool.close();
  });

  it('a process that does not end when it is asked to – is killed', async () => {
    const pool = poolOf(1);
    const { browser } = await pool.take(never);
    browser.close = () => new Promise(() => {});
    const closing = pool.close();
    await vi.advanceTimersByTimeAsync(11_000);
    await closing;
    expect(browser.killed).toContain('did not end');
  });

  it('a launch that fails – CODE-0026, and is tried again by itself', async () => {
    const pool = poolOf(1);
    const seat = await pool.take(never);
    failing = true;
    seat.browser.crash();
    await expect(pool.take(never)).rejects.toMatchObject({ code: 'BROWSER_FAILED' });
    failing = false;
    await vi.advanceTimersByTimeAsync(20_000);
    expect(pool.size).toBe(1);
    await pool.close();
  });

  it('close – twice is the same promise; then nothing is given', async () => {
    const pool = poolOf(1);
    await pool.start();
    expect(pool.close()).toBe(pool.close());
    await pool.close();
    await expect(pool.take(never)).rejects.toMatchObject({ code: 'BROWSER_FAILED' });
  });
});
