import { describe, expect, it } from 'vitest';
import { MooringError } from '../../../src/errors.js';
import { Lane } from '../../../src/sessions/lane.js';

const never = new AbortController().signal;

describe('Lane', () => {
  it('several callers – have their turns in order of arrival, one at a time', async () => {
    const lane = new Lane({ session: 's', limit: 10 });
    const turns: number[] = [];
    const done = [1, 2, 3].map(async (n) => {
      await lane.enter(never);
      turns.push(n);
    });
    await done[0];
    expect([turns, lane.waiting, lane.isTaken]).toEqual([[1], 2, true]);
    expect(lane.leave()).toBe(false);
    await done[1];
    expect(turns).toEqual([1, 2]);
    expect(lane.leave()).toBe(false);
    await done[2];
    expect(lane.leave()).toBe(true);
    expect([turns, lane.waiting, lane.isTaken]).toEqual([[1, 2, 3], 0, false]);
  });

  it('a full lane – SESSION_BUSY at once, with the time after which to try again', async () => {
    const lane = new Lane({ session: 's', limit: 1 });
    await lane.enter(never);
    await expect(lane.enter(never)).rejects.toMatchObject({ code: 'SESSION_BUSY', retryAfterMs: 1000 });
  });

  it('a deadline that passes in the lane – SESSION_BUSY; another reason stays, and the turn goes to the next', async () => {
    const lane = new Lane({ session: 's', limit: 10 });
    await lane.enter(never);
    const [late, gone] = [new AbortController(), new AbortController()];
    const waits = [lane.enter(late.signal), lane.enter(gone.signal), lane.enter(never)] as const;
    late.abort(new MooringError('NAVIGATION_TIMEOUT', 'expected the page in time.'));
    await expect(waits[0]).rejects.toMatchObject({ code: 'SESSION_BUSY', cause: late.signal.reason });
    gone.abort(new Error('gone'));
    await expect(waits[1]).rejects.toBe(gone.signal.reason);
    lane.leave();
    await waits[2];
    expect(lane.waiting).toBe(0);
  });

  it('close – refuses those that wait, while the turn that has begun goes on', async () => {
    const lane = new Lane({ session: 's', limit: 10 });
    await lane.enter(never);
    const waiting = lane.enter(never);
    const ended = new Error('ended');
    lane.close(ended);
    await expect(waiting).rejects.toBe(ended);
    expect([lane.isTaken, lane.leave()]).toEqual([true, true]);
  });
});
