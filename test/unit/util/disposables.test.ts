import { describe, expect, it } from 'vitest';
import { Disposables } from '../../../src/util/disposables.js';

describe('Disposables', () => {
  it('dispose – runs everything once, the last first, even past one that throws', async () => {
    const ran: string[] = [];
    const stack = new Disposables();
    stack.defer(() => ran.push('a'));
    stack.defer(() => {
      ran.push('b');
      throw new Error('b failed');
    });
    stack.use('c', (name) => ran.push(name));
    const first = stack.dispose();
    expect(stack.dispose()).toBe(first);
    await expect(first).rejects.toThrow('1 clean-up(s) failed');
    expect(ran).toEqual(['c', 'b', 'a']);
  });

  it('move – the new owner closes, the old one does not', async () => {
    const ran: string[] = [];
    const stack = new Disposables();
    stack.defer(() => ran.push('a'));
    const moved = stack.move();
    await stack.dispose();
    expect(ran).toEqual([]);
    await moved.dispose();
    expect(ran).toEqual(['a']);
  });

  it('defer after dispose – runs at once', async () => {
    const stack = new Disposables();
    await stack.dispose();
    let ran = false;
    stack.defer(() => {
      ran = true;
    });
    await Promise.resolve();
    expect(ran).toBe(true);
  });
});
