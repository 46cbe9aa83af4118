import { describe, expect, it } from 'vitest';
import { SessionSlots, type SessionSlotsOptions } from '../../../src/sessions/session-slots.js';

const never = new AbortController().signal;
const slotsOf = (options: Partial<SessionSlotsOptions> = {}): SessionSlots =>
  new SessionSlots({
    maxSessions: 4,
    maxWaiting: 100,
    makeRoom: () => false,
    retryAfterMs: () => 1000,
    onWaited() {},
    ...options,
  });

describe('SessionSlots', () => {
  it('a slot that comes free – is for the key that has the fewest, then for who came first', async () => {
    const slots = slotsOf();
    const held = await Promise.all(['many', 'many', 'many', 'few'].map((key) => slots.acquire(key, undefined, never)));
    const served: string[] = [];
    for (const name of ['many-1', 'many-2', 'few-1', 'new-1', 'new-2'])
      void slots.acquire(name.split('-')[0] ?? '', undefined, never).then(() => served.push(name));
    for (const slot of held) {
      slot.release();
      await Promise.resolve();
    }
    await expect.poll(() => served.length).toBe(4);
    expect(served).toEqual(['new-1', 'many-1', 'few-1', 'new-2']);
  });

  it('room – is made among others’ sessions only for a key that has less than its share', async () => {
    const asked: (string | undefined)[] = [];
    const slots = slotsOf({
      makeRoom: (owner) => {
        asked.push(owner);
        return false;
      },
    });
    for (const key of ['greedy', 'greedy', 'greedy', 'other']) await slots.acquire(key, undefined, never);
    const gone = new AbortController();
    const waiting = [slots.acquire('greedy', undefined, gone.signal), slots.acquire('new', undefined, gone.signal)];
    expect(asked).toEqual(['greedy', undefined]);
    gone.abort(new Error('left'));
    await Promise.allSettled(waiting);
  });

  it('too many that wait – CODE-0001 at once; one key has half of the places', async () => {
    const slots = slotsOf({ maxSessions: 1, maxWaiting: 4 });
    await slots.acquire('a', undefined, never);
    const gone = new AbortController();
    const waiting = ['a', 'a'].map((key) => slots.acquire(key, undefined, gone.signal));
    await expect(slots.acquire('a', undefined, never)).rejects.toMatchObject({
      code: 'NO_CAPACITY',
      retryAfterMs: 1000,
    });
    waiting.push(...['b', 'c'].map((key) => slots.acquire(key, undefined, gone.signal)));
    await expect(slots.acquire('d', undefined, never)).rejects.toMatchObject({ code: 'NO_CAPACITY' });
    gone.abort(new Error('left'));
    await Promise.allSettled(waiting);
  });

  it('memory is short – one slot alone is given out, and those that wait are let in when it no longer is', async () => {
    const slots = slotsOf();
    slots.isMemoryShort = true;
    await slots.acquire('a', undefined, never);
    await expect(slots.acquire('b', 10, never)).rejects.toThrow(
      /memory is short \(1 are in use\) and none came free within 10 ms; it was the first that waited/,
    );
    const waiting = [slots.acquire('b', undefined, never), slots.acquire('c', undefined, never)];
    slots.isMemoryShort = false;
    await Promise.all(waiting);
    expect(slots.used).toBe(3);
  });

  it('room that does not come – is asked for again, where there is another', async () => {
    let asked = 0;
    const slots = slotsOf({ maxSessions: 1, makeRoom: () => ++asked < 3 });
    const held = await slots.acquire('a', undefined, never);
    const waiting = slots.acquire('b', undefined, never);
    expect(asked).toBe(1);
    slots.roomFailed();
    expect(asked).toBe(2);
    slots.roomFailed();
    expect(asked).toBe(3);
    held.release();
    await waiting;
  });
});
