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

function bucketsOf(options: Partial<KeyedBrowserPoolOptions<FakeBrowser>> = {}): KeyedBrowserPool<FakeBrowser> {
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
  it('a bucket for each key – while there is room, also when all are asked for at once', async () => {
    const buckets = bucketsOf();
    await buckets.start();
    const seats = await Promise.all(['a', 'b', 'a', 'main'].map((key) => buckets.take(key, never)));
    expect(seats.map(({ key, browser }) => [key, browser.key])).toEqual([
      ['a', 'a'],
      ['b', 'b'],
      ['a', 'a'],
      ['main', 'main'],
    ]);
    expect(launched).toEqual(['main', 'a', 'b']);
    await buckets.close();
    expect(closed.toSorted()).toEqual(['a', 'b', 'main']);
  });

  it('more keys than there may be processes – the nearest is shared, and none is launched', async () => {
    const buckets = bucketsOf();
    await buckets.start();
    await Promise.all(['a', 'b'].map((key) => buckets.take(key, never)));
    const seats = await Promise.all([...Array(10).keys()].map((n) => buckets.take(`more-${n}`, never)));
    expect(seats.map(({ key, browser }) => [key, browser.key])).toEqual(seats.map(() => ['b', 'b']));
    expect(launched).toEqual(['main', 'a', 'b']);
    expect([buckets.hasRoomFor('a'), buckets.hasRoomFor('main'), buckets.hasRoomFor('c')]).toEqual([true, true, false]);
    expect(buckets.keys).toEqual(['main', 'a', 'b']);
    await buckets.close();
  });

  it('more keys at once than there may be processes, none of them warm – one that is launched is shared', async () => {
    const buckets = bucketsOf({ mainKey: undefined, maxOthers: 1 });
    const seats = await Promise.all([...Array(12).keys()].map((n) => buckets.take(`key-${n}`, never)));
    expect(new Set(seats.map(({ key }) => key))).toEqual(new Set(['key-0']));
    expect(launched).toEqual(['key-0']);
    await buckets.close();
  });

  it('a process that nobody uses – is ended to make room, and no other is shared', async () => {
    const buckets = bucketsOf({ maxOthers: 1 });
    const first = await buckets.take('a', never);
    first.release();
    expect(buckets.hasRoomFor('b')).toBe(false);
    expect((await buckets.take('b', never)).key).toBe('b');
    expect(closed).toEqual(['a']);
    await buckets.close();
  });

  it('a process that does not start – another one is shared; without another it is told', async () => {
    failing.add('a');
    const buckets = bucketsOf();
    await expect(buckets.take('a', never)).rejects.toMatchObject({ code: 'BROWSER_FAILED' });
    await buckets.start();
    expect((await buckets.take('a', never)).key).toBe('main');
    await buckets.close();
  });

  it('a process that takes too long to start – another one is shared; the caller who leaves gets its own reason', async () => {
    hanging.add('a');
    const buckets = bucketsOf();
    await buckets.start();
    const waiting = buckets.take('a', never);
    const left = new AbortController();
    const leaving = buckets.take('a', left.signal);
    left.abort(new Error('gone'));
    await expect(leaving).rejects.toThrow('gone');
    await vi.advanceTimersByTimeAsync(20_000);
    expect((await waiting).key).toBe('main');
  });

  it('an owner that has its share – shares one of the processes, and another owner has its own', async () => {
    const buckets = bucketsOf({ maxOthersPerOwner: 1 });
    await buckets.start();
    expect((await buckets.take('a', never, 'greedy')).key).toBe('a');
    expect((await buckets.take('b', never, 'greedy')).key).toBe('a');
    expect((await buckets.take('b', never, 'other')).key).toBe('b');
    await buckets.close();
  });
});
