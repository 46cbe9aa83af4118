import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryWatch } from '../../../src/sessions/memory-watch.js';
import type { MemoryLeft } from '../../../src/util/memory-pressure.js';

const GiB = 1024 ** 3;
let left: MemoryLeft;
let told: boolean[];
let watch: MemoryWatch;

beforeEach(() => {
  told = [];
  watch = new MemoryWatch({ left: () => left, onShort: (isShort) => told.push(isShort) });
});

const look = (leftBytes: number, stalledPart = 0): void => {
  left = { limitBytes: 8 * GiB, leftBytes, stalledPart };
  watch.look();
};

describe('MemoryWatch', () => {
  it('enough memory – says nothing', () => {
    look(4 * GiB);
    look(1 * GiB);
    expect(told).toEqual([]);
  });

  it('little memory – is told at each look, and once when there is clearly more again', () => {
    look(0.2 * GiB);
    look(0.2 * GiB);
    look(0.32 * GiB);
    look(4 * GiB);
    look(4 * GiB);
    expect(told).toEqual([true, true, true, false]);
  });

  it('processes that wait for memory – count when there is not much of it', () => {
    look(0.6 * GiB, 0.5);
    look(4 * GiB, 0.5);
    expect(told).toEqual([true, false]);
  });
});
