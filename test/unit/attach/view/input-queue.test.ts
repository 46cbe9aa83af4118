import { describe, expect, it, vi } from 'vitest';
import { InputQueue } from '../../../../src/attach/view/input-queue.js';

describe('InputQueue', () => {
  it('inputs – are done in order, of moves in a row and of compositions in a row the last', async () => {
    const queue = new InputQueue();
    const done: string[] = [];
    const input = (name: string) => async (): Promise<void> => void done.push(name);
    queue.add(input('first'));
    for (const name of ['move 1', 'move 2', 'move 3']) queue.add(input(name), 'move');
    for (const name of ['compose 1', 'compose 2']) queue.add(input(name), 'compose');
    queue.add(input('move 4'), 'move');
    queue.add(input('press'));
    queue.add(() => Promise.reject(new Error('the page is gone')));
    queue.add(input('last'));
    await queue.finish(1000);
    expect(done).toEqual(['first', 'move 3', 'compose 2', 'move 4', 'press', 'last']);
  });

  it('a page that hangs – is not waited for, and what waits is left out at the end', async () => {
    vi.useFakeTimers();
    const queue = new InputQueue();
    const done: string[] = [];
    queue.add(() => new Promise(() => {}));
    queue.add(async () => void done.push('after'));
    await vi.advanceTimersByTimeAsync(2500);
    expect(done).toEqual(['after']);
    queue.add(() => new Promise(() => {}));
    queue.add(async () => void done.push('never'));
    const finishing = queue.finish(100);
    await vi.advanceTimersByTimeAsync(5000);
    await finishing;
    vi.useRealTimers();
    expect(done).toEqual(['after']);
  });
});
