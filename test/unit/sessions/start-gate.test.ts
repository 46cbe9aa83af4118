import { describe, expect, it } from 'vitest';
import { StartGate } from '../../../src/sessions/start-gate.js';

const never = new AbortController().signal;
function gated() {
  let resolve = (_value: string): void => {};
  let reject = (_error: Error): void => {};
  const promise = new Promise<string>((onSuccess, onFailure) => {
    resolve = onSuccess;
    reject = onFailure;
  });
  return { promise, resolve, reject };
}

describe('StartGate', () => {
  it('more starts than it lets through – run in order of arrival, as places come free', async () => {
    const gate = new StartGate({ limit: 2, holdMs: 60_000 });
    const begun: number[] = [];
    const works = [gated(), gated(), gated(), gated()];
    const done = works.map((work, i) =>
      gate.run(() => {
        begun.push(i);
        return work.promise;
      }, never),
    );
    expect(begun).toEqual([0, 1]);
    works[1]?.resolve('b');
    expect(await done[1]).toBe('b');
    await expect.poll(() => begun).toEqual([0, 1, 2]);
    works[0]?.reject(new Error('no'));
    await expect(done[0]).rejects.toThrow('no');
    await expect.poll(() => begun).toEqual([0, 1, 2, 3]);
  });

  it('a start that hangs – holds its place for a while alone', async () => {
    const gate = new StartGate({ limit: 1, holdMs: 5 });
    void gate.run(() => new Promise(() => {}), never);
    expect(await gate.run(async () => 'next', never)).toBe('next');
  });

  it('a caller that goes while it waits – leaves the queue', async () => {
    const gate = new StartGate({ limit: 1, holdMs: 60_000 });
    const first = gated();
    void gate.run(() => first.promise, never);
    const caller = new AbortController();
    const gone = gate.run(async () => 'gone', caller.signal);
    const next = gate.run(async () => 'next', never);
    caller.abort(new Error('left'));
    await expect(gone).rejects.toThrow('left');
    first.resolve('');
    expect(await next).toBe('next');
  });
});
