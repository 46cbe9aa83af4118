import { totalmem } from 'node:os';
import { expect, it } from 'vitest';
import { memoryLimitBytes } from '../../../src/util/memory.js';

const gigabyte = 1024 ** 3;

it.each([
  ['no limit is known', 8 * gigabyte, undefined, 8 * gigabyte],
  ['0, which is no limit', 8 * gigabyte, 0, 8 * gigabyte],
  ['a control group without a limit', 8 * gigabyte, 2 ** 64, 8 * gigabyte],
  ['a container with less than the machine', 8 * gigabyte, gigabyte, gigabyte],
])('memoryLimitBytes – %s – the lower of both', (_situation, total, constrained, expected) => {
  expect(memoryLimitBytes(total, constrained)).toBe(expected);
});

it('memoryLimitBytes – of this machine – some, and no more than there is', () => {
  expect(memoryLimitBytes()).toBeGreaterThan(0);
  expect(memoryLimitBytes()).toBeLessThanOrEqual(totalmem());
});
