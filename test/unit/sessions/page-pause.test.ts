import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { EnginePage } from '../../../src/engine/engine.js';
import { PagePause } from '../../../src/sessions/page-pause.js';

let calls: string[];
let finishPausing: (isPaused: boolean) => void;

const page = {
  alive: true,
  pause() {
    calls.push('pause');
    return new Promise<boolean>((resolve) => {
      finishPausing = resolve;
    });
  },
  async resume() {
    calls.push('resume');
  },
  processTime: async () => ranMs,
} as unknown as EnginePage; // all that is used of it
let shown: EnginePage | undefined;
let ranMs: number | undefined;
let burns: number;

const pauseAfter = (afterMs: number | undefined): PagePause =>
  new PagePause({ afterMs, page: () => shown, before: async () => {}, after() {}, hung() {}, burns: () => burns++ });

beforeEach(() => {
  calls = [];
  shown = page;
  ranMs = 0;
  burns = 0;
  vi.useFakeTimers();
});
afterEach(() => void vi.useRealTimers());

describe('PagePause', () => {
  it('nobody uses the session for long enough – its page is paused once, and goes on with the next request', async () => {
    const pause = pauseAfter(1000);
    pause.start();
    await vi.advanceTimersByTimeAsync(999);
    expect(calls).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect([calls, pause.isPaused]).toEqual([['pause'], false]);
    finishPausing(true);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([calls, pause.isPaused]).toEqual([['pause'], true]);
    await pause.resume();
    expect([calls, pause.isPaused]).toEqual([['pause', 'resume'], false]);
  });

  it('a request in time – nothing is paused; the time counts from its end', async () => {
    const pause = pauseAfter(1000);
    pause.start();
    await vi.advanceTimersByTimeAsync(900);
    await pause.resume();
    await vi.advanceTimersByTimeAsync(5000);
    expect(calls).toEqual([]);
    pause.start();
    await vi.advanceTimersByTimeAsync(1000);
    expect(calls).toEqual(['pause']);
  });

  it('a request while the page is being paused – lets it go on, and it does not count as paused afterwards', async () => {
    const pause = pauseAfter(1000);
    pause.start();
    await vi.advanceTimersByTimeAsync(1000);
    await pause.resume();
    finishPausing(true);
    await vi.advanceTimersByTimeAsync(0);
    expect([calls, pause.isPaused]).toEqual([['pause', 'resume'], false]);
  });

  it('a browser that cannot, no page, a session that is over, or no time – nothing counts as paused', async () => {
    const pause = pauseAfter(1000);
    pause.start();
    await vi.advanceTimersByTimeAsync(1000);
    finishPausing(false);
    await vi.advanceTimersByTimeAsync(0);
    expect(pause.isPaused).toBe(false);

    calls = [];
    shown = undefined;
    pause.start();
    await vi.advanceTimersByTimeAsync(1000);
    shown = page;
    pause.start();
    pause.stop();
    pauseAfter(undefined).start();
    await vi.advanceTimersByTimeAsync(5000);
    expect([calls, pause.isPaused]).toEqual([[], false]);
  });

  it('a page that does not stand still – is told of after a while, and not when somebody came first', async () => {
    let hung = 0;
    const pause = new PagePause({
      afterMs: 1000,
      page: () => shown,
      before: async () => {},
      after() {},
      hung: () => hung++,
      burns() {},
    });
    pause.start();
    await vi.advanceTimersByTimeAsync(1000);
    await pause.resume();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(hung).toBe(0);
    pause.start();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(hung).toBe(1);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(hung).toBe(2);
    finishPausing(true);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([hung, pause.isPaused]).toEqual([2, true]);
  });

  describe('a page that is paused', () => {
    const run = async (forMs: number, part: number): Promise<void> => {
      for (let ms = 0; ms < forMs; ms += 1000) {
        if (ranMs !== undefined) ranMs += 1000 * part;
        await vi.advanceTimersByTimeAsync(1000);
      }
    };
    const paused = async (): Promise<PagePause> => {
      const pause = pauseAfter(1000);
      pause.start();
      await vi.advanceTimersByTimeAsync(1000);
      finishPausing(true);
      await vi.advanceTimersByTimeAsync(0);
      return pause;
    };

    it('its process runs a good part of the time – that is told, again and again until somebody comes', async () => {
      ranMs = 5_000_000;
      const pause = await paused();
      await run(121_000, 0.3);
      expect(burns).toBe(1);
      await run(120_000, 1.7);
      expect(burns).toBe(2);
      await pause.resume();
      await run(400_000, 1);
      expect(burns).toBe(2);
    });

    it('its process runs a little, or nobody tells – nothing is told', async () => {
      const pause = await paused();
      await run(400_000, 0.1);
      await pause.resume();
      ranMs = undefined;
      await paused();
      await run(400_000, 1);
      expect(burns).toBe(0);
    });
  });
});
