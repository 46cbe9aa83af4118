import { describe, expect, it } from 'vitest';
import { parseDuration } from '../../../src/util/duration.js';

describe('parseDuration', () => {
  it.each([
    ['200s', 200_000],
    ['15m', 900_000],
    ['500ms', 500],
    ['1.5h', 5_400_000],
    ['90d', 7_776_000_000],
    [' 2s ', 2000],
  ])('%s – %i ms', (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each(['200', '', 's', '-1s', '1w', '1 s', '1e3s'])('%j – is none', (text) =>
    expect(parseDuration(text)).toBeUndefined(),
  );
});
