import { describe, expect, it, vi } from 'vitest';
import { MooringError } from '../../../src/errors.js';
import { noOptions } from '../../../src/protocol/values/session-options.js';
import type { Session } from '../../../src/sessions/session.js';
import { SessionOpenings } from '../../../src/sessions/session-openings.js';

const never = new AbortController().signal;
const target = { owner: 'o', id: 's', named: true, options: noOptions };
const session = {} as Session; // handed on as it is

/** Openings that stay under way until they are settled by the test. */
function openings() {
  const under: { settle: (error?: unknown) => void; signal: AbortSignal; onSlot: () => void }[] = [];
  const onFailed = vi.fn();
  const all = new SessionOpenings({
    open: (_target, _byCreate, signal, onSlot) =>
      new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
        under.push({ settle: (error) => (error ? reject(error) : resolve(session)), signal, onSlot });
      }),
    noSlotError: () => new MooringError('NO_CAPACITY', 'expected a free slot.'),
    onFailed,
  });
  return { all, under, onFailed };
}

describe('SessionOpenings', () => {
  it('several callers of one ID – get the same session, opened once', async () => {
    const { all, under } = openings();
    const joined = [all.join(target, false, never), all.join(target, true, never)];
    expect([under.length, all.size, all.find('o', 's')?.byCreate]).toEqual([1, 1, false]);
    under[0]?.settle();
    expect(await Promise.all(joined)).toEqual([session, session]);
    await expect.poll(() => all.size).toBe(0);
  });

  it('a caller that leaves – does not end the opening; the last one does, and the next starts another', async () => {
    const { all, under, onFailed } = openings();
    const [first, last] = [new AbortController(), new AbortController()];
    const joined = [all.join(target, false, first.signal), all.join(target, false, last.signal)] as const;
    first.abort(new Error('first left'));
    await expect(joined[0]).rejects.toThrow('first left');
    expect([under[0]?.signal.aborted, onFailed.mock.calls.length]).toEqual([false, 0]);
    last.abort(new Error('last left'));
    await expect(joined[1]).rejects.toThrow('last left');
    expect([under[0]?.signal.aborted, all.size]).toEqual([true, 0]);
    expect(onFailed).toHaveBeenLastCalledWith(target, false, last.signal.reason);
    const next = all.join(target, false, never);
    under[1]?.settle();
    expect(await next).toBe(session);
  });

  it('a deadline that passes before there is a slot – is told as such; after it, as what it is', async () => {
    for (const [hasSlot, code] of [
      [false, 'NO_CAPACITY'],
      [true, 'NAVIGATION_TIMEOUT'],
    ] as const) {
      const { all, under } = openings();
      const deadline = new AbortController();
      const joined = all.join(target, false, deadline.signal);
      if (hasSlot) under[0]?.onSlot();
      deadline.abort(new MooringError('NAVIGATION_TIMEOUT', 'expected it in time.'));
      await expect(joined).rejects.toMatchObject({ code });
    }
  });

  it('one that fails – is reported while it is still found, and each caller gets the failure', async () => {
    const { all, under, onFailed } = openings();
    onFailed.mockImplementation(() => expect(all.find('o', 's')).toBeDefined());
    const joined = [all.join(target, false, never), all.join(target, false, never)];
    under[0]?.settle(new Error('no browser'));
    for (const one of joined) await expect(one).rejects.toThrow('no browser');
    expect(onFailed).toHaveBeenCalledTimes(1);
    expect(all.size).toBe(0);
  });

  it('cancel – ends the opening for its callers, and waits for it; without one it does nothing', async () => {
    const { all } = openings();
    const joined = all.join(target, false, never);
    const cancelled = all.cancel('o', 's', new Error('destroyed'));
    await expect(joined).rejects.toThrow('destroyed');
    await cancelled;
    await all.cancel('o', 'other', new Error('destroyed'));
  });

  it('close – ends all, and opens none from then on', async () => {
    const { all, under } = openings();
    const joined = all.join(target, false, never);
    const closed = all.close();
    await expect(joined).rejects.toMatchObject({ code: 'DRAINING' });
    await closed;
    await expect(all.join(target, false, never)).rejects.toMatchObject({ code: 'DRAINING' });
    expect(under.length).toBe(1);
  });
});
