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

  async responds(): Promise<boolean> {
    return !this.hung;
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
const observer: BrowserPoolObserver = {
  launched() {},
  crashed() {
    crashes += 1;
  },
  launchFailed() {},
};

const poolOf = (seatsPerBrowser: number, retireAfterSeats = 1000): BrowserPool<FakeBrowser> =>
  new BrowserPool({
    launch: async () => {
      if (failing) throw new Error('no');
      const browser = new FakeBrowser();
      launched.push(browser);
      return browser;
    },
    seatsPerBrowser,
    retireAfterSeats,
    observer,
  });

beforeEach(() => {
  launched = [];
  crashes = 0;
  failing = false;
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

  it('a process that no longer answers – is ended like one that crashed, and no other', async () => {
    const pool = poolOf(1);
    const [a, b] = [await pool.take(never), await pool.take(never)];
    a.browser.hung = true;
    await pool.endHung();
    expect([a.browser.closed, b.browser.closed, crashes]).toEqual([true, false, 1]);
    await pool.close();
  });

  it('a launch that fails – CODE-0026, and is tried again by itself', async () => {
    const pool = poolOf(1);
    const seat = await pool.take(never);
    failing = true;
    seat.browser.crash();
    await expect(pool.take(never)).rejects.toMatchObject({ code: 'CODE-0026' });
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
    await expect(pool.take(never)).rejects.toMatchObject({ code: 'CODE-0026' });
  });
});
