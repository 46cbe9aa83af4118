import { afterEach, describe, expect, it, vi } from 'vitest';
import { StartGate } from '../../../src/sessions/start-gate.js';

const never = new AbortController().signal;
afterEach(() => vi.useRealTimers());

/** Enters, and tells by name who is in. */
function enters(gate: StartGate, entered: string[], name: string, signal = never) {
  const place = gate.enter(name.split('/')[0] ?? '', signal);
  place.then(
    () => entered.push(name),
    () => {},
  );
  return place;
}

describe('StartGate', () => {
  it('more starts than it lets through – go in order of arrival, as places come free', async () => {
    const gate = new StartGate({ limit: 2, holdMs: 60_000 });
    const entered: string[] = [];
    const [a, b] = await Promise.all(['a', 'b'].map((name) => enters(gate, entered, name)));
    const c = enters(gate, entered, 'c');
    const d = enters(gate, entered, 'd');
    expect(entered).toEqual(['a', 'b']);
    b?.release();
    b?.release(); // does nothing more
    await c;
    expect(entered).toEqual(['a', 'b', 'c']);
    a?.release();
    await d;
    expect(entered).toEqual(['a', 'b', 'c', 'd']);
  });

  it('a start that hangs – holds its place for its time alone', async () => {
    vi.useFakeTimers();
    const gate = new StartGate({ limit: 1, holdMs: 3000 });
    const entered: string[] = [];
    await enters(gate, entered, 'hangs');
    const next = enters(gate, entered, 'next');
    await vi.advanceTimersByTimeAsync(2999);
    expect(entered).toEqual(['hangs']);
    await vi.advanceTimersByTimeAsync(1);
    await next;
    expect(entered).toEqual(['hangs', 'next']);
  });

  it('a caller that goes while it waits – leaves the queue', async () => {
    const gate = new StartGate({ limit: 1, holdMs: 60_000 });
    const entered: string[] = [];
    const first = await enters(gate, entered, 'first');
    const caller = new AbortController();
    const gone = enters(gate, entered, 'gone', caller.signal);
    const next = enters(gate, entered, 'next');
    caller.abort(new Error('left'));
    await expect(gone).rejects.toThrow('left');
    first.release();
    await next;
    expect(entered).toEqual(['first', 'next']);
  });

  it('an owner that starts many – does not hold up another', async () => {
    const gate = new StartGate({ limit: 1, holdMs: 60_000 });
    const entered: string[] = [];
    const first = await enters(gate, entered, 'many/1');
    const more = enters(gate, entered, 'many/2');
    const last = enters(gate, entered, 'many/3');
    const other = enters(gate, entered, 'other/1');
    first.release();
    (await more).release();
    (await other).release();
    await last;
    expect(entered).toEqual(['many/1', 'many/2', 'other/1', 'many/3']);
  });
});
