import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pauseMs } from '../../../src/actions/actions.js';

describe('pauseMs', () => {
  it.each([
    [1, 60_000, 1000],
    [1.5, 60_000, 1500],
    [0.25, 60_000, 250],
    [60, 60_000, 60_000],
    [60, 59_999, 60],
    [100, 600_000, 100_000],
    [100.5, 600_000, 100.5],
    [101, 60_000, 101],
    [0, 1, 0],
  ])('wait %d with %d ms left – %d ms', (wait, leftMs, expected) => {
    expect(pauseMs(wait, leftMs)).toBe(expected);
  });

  it('any wait up to 100 – never outlasts what is left by being read as seconds', () => {
    const waits = fc.double({ min: 0, max: 100, noNaN: true });
    fc.assert(
      fc.property(waits, fc.integer({ min: 100, max: 600_000 }), (wait, leftMs) => {
        expect(pauseMs(wait, leftMs)).toBeLessThanOrEqual(leftMs);
      }),
      { seed: 7 },
    );
  });
});
