import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { getPriority } from 'node:os';
import { expect, it } from 'vitest';
import { yieldThreads } from '../../../src/util/thread-priority.js';

it.runIf(process.platform === 'linux')('yieldThreads – those of the name alone', async () => {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  const { pid = 0 } = child;
  await once(child, 'spawn');
  const usual = getPriority(pid);
  yieldThreads(pid, 'another', 5);
  expect(getPriority(pid)).toBe(usual);
  yieldThreads(pid, 'sleep', 5);
  expect(getPriority(pid)).toBe(5);
  child.kill();
  await once(child, 'exit');
});

it('yieldThreads – of a process that is over – does nothing', () => {
  expect(() => yieldThreads(2 ** 22, 'any', 5)).not.toThrow();
});
