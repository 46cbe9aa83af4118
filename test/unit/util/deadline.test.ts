import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { abortable, Deadline, settledWithin } from '../../../src/util/deadline.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const late = (): Error => new Error('late');

describe('Deadline', () => {
  it('time is over – aborts with its reason', () => {
    using deadline = new Deadline({ ms: 100, reason: late });
    vi.advanceTimersByTime(99);
    expect(deadline.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(deadline.signal.reason).toEqual(late());
    expect(deadline.remainingMs).toBe(0);
  });

  it('waitMs – the time counts from the beginning of the work, once', () => {
    using deadline = new Deadline({ ms: 100, waitMs: 1000, reason: late });
    vi.advanceTimersByTime(900);
    expect(deadline.signal.aborted).toBe(false);
    deadline.begin();
    vi.advanceTimersByTime(60);
    deadline.begin();
    vi.advanceTimersByTime(39);
    expect(deadline.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(deadline.signal.reason).toEqual(late());
  });

  it('waitMs – waiting is not without end', () => {
    using deadline = new Deadline({ ms: 100, waitMs: 1000, reason: late });
    vi.advanceTimersByTime(1000);
    expect(deadline.signal.aborted).toBe(true);
  });

  it('disposed – never aborts, and holds nothing', () => {
    const parent = new AbortController();
    const deadline = new Deadline({ ms: 100, reason: late, parent: parent.signal });
    deadline[Symbol.dispose]();
    vi.advanceTimersByTime(200);
    parent.abort(new Error('parent'));
    expect(deadline.signal.aborted).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('what it follows aborts – it does too, with that reason', () => {
    const [parent, other] = [new AbortController(), new AbortController()];
    using deadline = new Deadline({ ms: 100, reason: late, parent: parent.signal });
    deadline.follow(other.signal);
    other.abort(new Error('other'));
    expect(deadline.signal.reason).toEqual(new Error('other'));
  });

  it('a parent that has aborted – aborts from the start', () => {
    using deadline = new Deadline({ ms: 100, reason: late, parent: AbortSignal.abort(new Error('before')) });
    expect(deadline.signal.reason).toEqual(new Error('before'));
  });
});

describe('abortable', () => {
  it('work first – its value; the signal is let go', async () => {
    const controller = new AbortController();
    expect(await abortable(Promise.resolve(1), controller.signal)).toBe(1);
  });

  it('signal first – its reason; a late success is undone', async () => {
    const controller = new AbortController();
    let finish = (_value: string): void => {};
    const undone: string[] = [];
    const work = new Promise<string>((resolve) => {
      finish = resolve;
    });
    const result = abortable(work, controller.signal, (value) => undone.push(value));
    controller.abort(late());
    await expect(result).rejects.toEqual(late());
    finish('opened');
    await work;
    await Promise.resolve();
    expect(undone).toEqual(['opened']);
  });

  it('work fails after the signal – nobody is disturbed', async () => {
    const work = Promise.reject(new Error('later'));
    await expect(abortable(work, AbortSignal.abort(late()))).rejects.toEqual(late());
  });
});

describe('settledWithin', () => {
  it.each([
    ['in time', () => Promise.resolve(), true],
    ['failed in time', () => Promise.reject(new Error('x')), true],
    ['not in time', () => new Promise(() => {}), false],
  ])('%s – %s', async (_what, work, expected) => {
    const result = settledWithin(work(), 50);
    await vi.advanceTimersByTimeAsync(50);
    expect(await result).toBe(expected);
  });
});
