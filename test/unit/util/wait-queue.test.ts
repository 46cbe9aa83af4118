import { describe, expect, it } from 'vitest';
import { WaitQueue } from '../../../src/util/wait-queue.js';

const never = new AbortController().signal;

describe('WaitQueue', () => {
  it('take – gives the next turn to the owner that holds the least, then to the one who waits longest', async () => {
    const queue = new WaitQueue<string>();
    const served: string[] = [];
    for (const owner of ['many', 'many', 'few', 'full'])
      void queue.wait(never, { owner }).then((turn) => served.push(`${owner} ${turn}`));
    expect([queue.size, queue.sizeOf('many'), [...queue.callers()]]).toEqual([4, 2, ['many', 'many', 'few', 'full']]);
    const held: Record<string, number | undefined> = { many: 3, few: 1 };
    for (const turn of ['1', '2', '3', '4']) queue.take((owner) => held[owner])?.grant(turn);
    await Promise.resolve();
    expect(served).toEqual(['few 1', 'many 2', 'many 3']);
    expect([...queue.owners]).toEqual(['full']);
  });

  it('callers without an owner – are served in order of arrival', async () => {
    const queue = new WaitQueue<void>();
    const served: number[] = [];
    for (const n of [1, 2, 3]) void queue.wait(never).then(() => served.push(n));
    while (queue.size > 0) queue.take()?.grant();
    await Promise.resolve();
    expect(served).toEqual([1, 2, 3]);
  });

  it('a caller whose signal aborts, or whose time is over – leaves with that reason', async () => {
    const queue = new WaitQueue<void>();
    const controller = new AbortController();
    const leaving = queue.wait(controller.signal);
    const late = queue.wait(never, { timeoutMs: 1, timeoutError: () => new Error('late') });
    controller.abort(new Error('gone'));
    await expect(leaving).rejects.toThrow('gone');
    await expect(late).rejects.toThrow('late');
    expect([queue.size, queue.take()]).toEqual([0, undefined]);
  });

  it('refuseAll – ends every wait with its error', async () => {
    const queue = new WaitQueue<void>();
    const waits = ['a', 'a', 'b'].map((owner) => queue.wait(never, { owner }));
    queue.refuseAll(new Error('closed'));
    const settled = await Promise.allSettled(waits);
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(queue.size).toBe(0);
  });
});
