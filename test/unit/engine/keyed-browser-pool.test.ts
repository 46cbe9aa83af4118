import { setMaxListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LaunchedBrowser } from '../../../src/engine/browser-pool.js';
import { KeyedBrowserPool, type KeyedBrowserPoolOptions } from '../../../src/engine/keyed-browser-pool.js';

interface FakeBrowser extends LaunchedBrowser {
  readonly key: string;
}

const never = new AbortController().signal;
setMaxListeners(0, never);
const quiet = { launched() {}, crashed() {}, hung() {}, launchFailed() {} };
let launched: string[];
let closed: string[];
/** Launches of these fail, or never end. */
let failing: Set<string>;
let hanging: Set<string>;

function poolOf(options: Partial<KeyedBrowserPoolOptions<FakeBrowser>> = {}): KeyedBrowserPool<FakeBrowser> {
  return new KeyedBrowserPool<FakeBrowser>({
    launch: async (key) => {
      if (failing.has(key)) throw new Error('no');
      if (hanging.has(key)) await new Promise(() => {});
      launched.push(key);
      const gone = new AbortController();
      return {
        key,
        gone: gone.signal,
        ask: async () => {},
        vitals: () => undefined,
        bytesSent: () => 0,
        kill: () => gone.abort(),
        close: async () => {
          closed.push(key);
          gone.abort();
        },
      };
    },
    mainKey: 'main',
    maxOthers: 2,
    nearest: (_key, others) => others.at(-1) ?? '',
    seatsPerBrowser: 50,
    retireAfterSeats: 1000,
    observer: quiet,
    ...options,
  });
}

beforeEach(() => {
  launched = [];
  closed = [];
  failing = new Set();
  hanging = new Set();
  vi.useFakeTimers();
});
afterEach(() => void vi.useRealTimers());

describe('KeyedBrowserPool', () => {
  it('a process for each key – while there is room, also when all are asked for at once', async () => {
    const pool = poolOf();
    await pool.start();
    const seats = await Promise.all(['a', 'b', 'a', 'main'].map((key) => pool.take(key, never)));
    expect(seats.map(({ key, browser }) => [key, browser.key])).toEqual([
      ['a', 'a'],
      ['b', 'b'],
      ['a', 'a'],
      ['main', 'main'],
    ]);
    expect(launched).toEqual(['main', 'a', 'b']);
    await pool.close();
    expect(closed.toSorted()).toEqual(['a', 'b', 'main']);
  });

  it('more keys than there may be processes – the nearest is shared, and none is launched', async () => {
    const pool = poolOf();
    await pool.start();
    await Promise.all(['a', 'b'].map((key) => pool.take(key, never)));
    const seats = await Promise.all([...Array(10).keys()].map((n) => pool.take(`more-${n}`, never)));
    expect(seats.map(({ key, browser }) => [key, browser.key])).toEqual(seats.map(() => ['b', 'b']));
    expect(launched).toEqual(['main', 'a', 'b']);
    expect([pool.hasRoomFor('a'), pool.hasRoomFor('main'), pool.hasRoomFor('c')]).toEqual([true, true, false]);
    expect(pool.keys).toEqual(['main', 'a', 'b']);
    await pool.close();
  });

  it('more keys at once than there may be processes, none of them warm – one that is launched is shared', async () => {
    const pool = poolOf({ mainKey: undefined, maxOthers: 1 });
    const seats = await Promise.all([...Array(12).keys()].map((n) => pool.take(`key-${n}`, never)));
    expect(new Set(seats.map(({ key }) => key))).toEqual(new Set(['key-0']));
    expect(launched).toEqual(['key-0']);
    await pool.close();
  });

  it('a process that nobody uses – is ended to make room, and no other is shared', async () => {
    const pool = poolOf({ maxOthers: 1 });
    const first = await pool.take('a', never);
    first.release();
    expect(pool.hasRoomFor('b')).toBe(false);
    expect((await pool.take('b', never)).key).toBe('b');
    expect(closed).toEqual(['a']);
    await pool.close();
  });

  it('a process that does not start – another one is shared; without another it is told', async () => {
    failing.add('a');
    const pool = poolOf();
    await expect(pool.take('a', never)).rejects.toMatchObject({ code: 'BROWSER_FAILED' });
    await pool.start();
    expect((await pool.take('a', never)).key).toBe('main');
    await pool.close();
  });

  it('a process that takes too long to start – another one is shared; the caller who leaves gets its own reason', async () => {
    hanging.add('a');
    const pool = poolOf();
    await pool.start();
    const waiting = pool.take('a', never);
    const left = new AbortController();
    const leaving = pool.take('a', left.signal);
    left.abort(new Error('gone'));
    await expect(leaving).rejects.toThrow('gone');
    await vi.advanceTimersByTimeAsync(20_000);
    expect((await waiting).key).toBe('main');
  });

  it('an owner that has its share – shares one of the processes, and another owner has its own', async () => {
    const pool = poolOf({ maxOthersPerOwner: 1 });
    await pool.start();
    expect((await pool.take('a', never, 'greedy')).key).toBe('a');
    expect((await pool.take('b', never, 'greedy')).key).toBe('a');
    expect((await pool.take('b', never, 'other')).key).toBe('b');
    await pool.close();
  });
});
