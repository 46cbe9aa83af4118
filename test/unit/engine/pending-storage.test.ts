import { expect, it } from 'vitest';
import { PendingStorage } from '../../../src/engine/playwright/state/pending-storage.js';

/** A context that notes its scripts. */
class Scripts {
  readonly now = new Set<string>();
  readonly context = {
    addInitScript: async ({ content }: { content: string }) => {
      this.now.add(content);
      const dispose = async (): Promise<void> => void this.now.delete(content);
      return { dispose, [Symbol.asyncDispose]: dispose };
    },
  };

  /** How often a text is in the scripts. */
  count(text: string): number {
    return [...this.now].join('').split(text).length - 1;
  }
}

const item = (value: string): [string, string][] => [['key', value]];

function pending(scripts: Scripts): PendingStorage {
  return new PendingStorage(scripts.context as never); // all that it uses
}

it('visited – one of several origins – its items are in no script any more, the others are', async () => {
  const scripts = new Scripts();
  const storage = pending(scripts);
  await storage.add(
    new Map([
      ['https://a.test', { local: item('of a'), session: item('session of a') }],
      ['https://b.test', { local: item('of b') }],
    ]),
  );
  expect([scripts.now.size, scripts.count('of a'), scripts.count('of b')]).toEqual([1, 2, 1]);
  storage.visited('https://a.test', true);
  storage.visited('https://elsewhere.test', true);
  await expect.poll(() => [scripts.count('of a'), scripts.count('of b')]).toEqual([0, 1]);
  storage.visited('https://b.test', true);
  await expect.poll(() => scripts.now.size).toBe(0);
});

it('visited – in a popup – the session storage of the tab is still to come', async () => {
  const scripts = new Scripts();
  const storage = pending(scripts);
  await storage.add(new Map([['https://a.test', { local: item('local'), session: item('session') }]]));
  storage.visited('https://a.test', false);
  await expect.poll(() => [scripts.count('"local"]'), scripts.count('"session"]')]).toEqual([0, 1]);
  storage.visited('https://a.test', false);
  storage.visited('https://a.test', true);
  await expect.poll(() => scripts.now.size).toBe(0);
});

it('add – much – in several scripts, so that a visit changes little', async () => {
  const scripts = new Scripts();
  const origins = Array.from({ length: 10 }, (_, i) => `https://o${i}.test`);
  await pending(scripts).add(new Map(origins.map((origin) => [origin, { local: item('x'.repeat(20_000)) }])));
  expect(scripts.now.size).toBeGreaterThan(2);
  for (const origin of origins) expect(scripts.count(origin)).toBe(1);
});
