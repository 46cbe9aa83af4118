import { expect, it } from 'vitest';
import { PendingStorage } from '../../../src/engine/playwright/state/pending-storage.js';

/** A context that notes its scripts. */
class Scripts {
  readonly now = new Set<string>();
  /** Settles, or fails, before a script is taken. */
  isTaken = async (): Promise<void> => {};
  readonly context = {
    addInitScript: async ({ content }: { content: string }) => {
      await this.isTaken();
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

const two = new Map([
  ['https://a.test', { local: item('of a') }],
  ['https://b.test', { local: item('of b') }],
]);

/** What the driver says where one page of a context has crashed: no page has the script then. */
const crashed = async (): Promise<void> => {
  throw new Error('Target crashed');
};

it('visited – beside a page that has crashed – the others stay, until that page is gone', async () => {
  const scripts = new Scripts();
  const storage = pending(scripts);
  await storage.add(two);
  let tries = 0;
  scripts.isTaken = () => {
    tries += 1;
    return crashed();
  };
  storage.visited('https://a.test', true);
  await expect.poll(() => tries).toBe(3);
  expect(scripts.count('of b')).toBe(1);
  scripts.isTaken = async () => {};
  storage.catchUp();
  await expect.poll(() => [scripts.count('of a'), scripts.count('of b')]).toEqual([0, 1]);
});

it('visited – while a page closes – the others stay', async () => {
  const scripts = new Scripts();
  const storage = pending(scripts);
  await storage.add(two);
  scripts.isTaken = async () => {
    scripts.isTaken = async () => {};
    await crashed();
  };
  storage.visited('https://a.test', true);
  await expect.poll(() => [scripts.count('of a'), scripts.count('of b')]).toEqual([0, 1]);
});

it('visited – beside a page that hangs, and crashes then – the others are there again', async () => {
  const scripts = new Scripts();
  const storage = pending(scripts);
  await storage.add(two);
  let crash = (): void => {};
  scripts.isTaken = () =>
    new Promise((_, reject) => {
      scripts.isTaken = async () => {};
      crash = () => reject(new Error('Target crashed'));
    });
  storage.visited('https://a.test', true);
  await expect.poll(() => scripts.count('of a')).toBe(0);
  crash();
  await expect.poll(() => scripts.count('of b')).toBe(1);
});
