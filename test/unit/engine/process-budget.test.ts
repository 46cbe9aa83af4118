import { expect, it } from 'vitest';
import { affordableProcesses } from '../../../src/engine/process-budget.js';

const megabyte = 1024 ** 2;

it.each([
  ['Chromium on 24 GB', 40, 24 * 1024, 153],
  ['Firefox on 24 GB', 450, 24 * 1024, 13],
  ['Chromium on 1 GB', 40, 1024, 6],
  ['Firefox on 1 GB, one all the same', 450, 1024, 1],
  ['Chromium on 1 TB, no more than a system takes', 40, 1024 ** 2, 500],
])('affordableProcesses – %s – a quarter of the memory', (_situation, each, memory, expected) => {
  expect(affordableProcesses(each * megabyte, memory * megabyte)).toBe(expected);
});
