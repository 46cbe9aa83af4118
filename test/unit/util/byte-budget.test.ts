import { expect, it } from 'vitest';
import { ByteBudget } from '../../../src/util/byte-budget.js';

const longMs = 60_000;

it('a share that is not free – is waited for, in order', async () => {
  const budget = new ByteBudget(10);
  expect(await budget.take(8, longMs)).toBe(true);
  const order: string[] = [];
  const large = budget.take(9, longMs).then(() => order.push('large'));
  const small = budget.take(1, longMs).then(() => order.push('small'));
  expect(budget.tryTake(1)).toBe(false);
  budget.give(8);
  await Promise.all([large, small]);
  expect(order).toEqual(['large', 'small']);
  expect(budget.takenBytes).toBe(10);
});

it('a wait that is over or given up – takes nothing, and lets the next one in', async () => {
  const budget = new ByteBudget(10);
  await budget.take(5, longMs);
  const caller = new AbortController();
  const givenUp = budget.take(9, longMs, caller.signal);
  const late = budget.take(8, 10);
  const next = budget.take(5, longMs);
  caller.abort();
  expect([await givenUp, await late, await next]).toEqual([false, false, true]);
  expect(budget.takenBytes).toBe(10);
  expect(await budget.take(1, longMs, caller.signal)).toBe(false);
});

it('more than there is in all – is refused at once', async () => {
  expect(await new ByteBudget(10).take(11, longMs)).toBe(false);
});
