import { describe, expect, it } from 'vitest';
import { BoundedMemory } from '../../../src/sessions/bounded-memory.js';

describe('BoundedMemory', () => {
  it('an owner that has too many – loses its oldest, and nobody else loses any', () => {
    const memory = new BoundedMemory<number>({ maxPerOwner: 2, max: 10 });
    memory.remember('other', 'x', 0);
    for (const [i, id] of ['a', 'b', 'a', 'c'].entries()) memory.remember('one', id, i);
    expect(['a', 'b', 'c'].map((id) => memory.find('one', id))).toEqual([2, undefined, 3]);
    expect(memory.find('other', 'x')).toBe(0);
    expect(memory.size).toBe(3);
  });

  it('too many in all – the owner that wrote least recently loses its oldest', () => {
    const memory = new BoundedMemory<number>({ maxPerOwner: 10, max: 2 });
    for (const owner of ['one', 'two', 'three']) memory.remember(owner, 'x', 1);
    expect(['one', 'two', 'three'].map((owner) => memory.find(owner, 'x'))).toEqual([undefined, 1, 1]);
    memory.forget('two', 'x');
    expect(memory.size).toBe(1);
  });
});
