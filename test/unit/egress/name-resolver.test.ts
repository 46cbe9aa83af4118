import type { LookupAddress } from 'node:dns';
import { setMaxListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NameResolver } from '../../../src/egress/name-resolver.js';

/** Lookups that are answered by the test. */
class Names {
  readonly asked: string[] = [];
  readonly #open = new Map<string, (answer: LookupAddress[] | Promise<never>) => void>();
  most = 0;

  readonly lookup = (host: string): Promise<LookupAddress[]> => {
    this.asked.push(host);
    return new Promise((resolve) => {
      this.#open.set(host, resolve);
      this.most = Math.max(this.most, this.#open.size);
    });
  };

  async answer(host: string, address?: string): Promise<void> {
    await settled();
    const failure = Object.assign(new Error(host), { code: 'ENOTFOUND' });
    this.#open.get(host)?.(address === undefined ? Promise.reject(failure) : [{ address, family: 4 }]);
    this.#open.delete(host);
    await settled();
  }
}

/** Everything that can go on without an answer has done so. */
const settled = async (): Promise<void> => {
  for (let i = 0; i < 20; i += 1) await Promise.resolve();
};

const { signal } = new AbortController();
setMaxListeners(0, signal); // every lookup listens
const [anna, bert] = [{}, {}];
const list = (count: number, name: string): string[] => Array.from({ length: count }, (_, i) => `${name}${i}.test`);

describe('NameResolver', () => {
  let names: Names;
  let resolver: NameResolver;
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance'] });
    names = new Names();
    resolver = new NameResolver({ atOnce: 4, atOnceForOne: 2, lookup: names.lookup });
  });
  afterEach(() => vi.useRealTimers());

  it('one name, many askers – is looked up once, and remembered for a while', async () => {
    const all = [anna, bert, anna].map((asker) => resolver.resolve('a.test', asker, signal));
    await names.answer('a.test', '8.8.8.8');
    for (const one of all) expect(await one).toEqual([{ address: '8.8.8.8', family: 4 }]);
    await resolver.resolve('a.test', bert, signal);
    expect(names.asked).toEqual(['a.test']);
    vi.advanceTimersByTime(31_000);
    void resolver.resolve('a.test', bert, signal);
    await settled();
    expect(names.asked).toEqual(['a.test', 'a.test']);
  });

  it('a name that is not known – fails for all who wait, and for some seconds more', async () => {
    const first = resolver.resolve('a.test', anna, signal).catch((error: Error) => error.message);
    await names.answer('a.test');
    expect(await first).toBe('a.test');
    await expect(resolver.resolve('a.test', bert, signal)).rejects.toThrow('a.test');
    expect(names.asked).toHaveLength(1);
    vi.advanceTimersByTime(6000);
    void resolver.resolve('a.test', bert, signal);
    await settled();
    expect(names.asked).toHaveLength(2);
  });

  it('thirty names that nobody answers – hold up only who asked for them', async () => {
    for (const host of list(30, 'dead')) void resolver.resolve(host, anna, signal);
    const found = resolver.resolve('live.test', bert, signal);
    await settled();
    expect(names.asked).toEqual(['dead0.test', 'dead1.test', 'live.test']);
    await names.answer('live.test', '8.8.8.8');
    expect(await found).toHaveLength(1);
  });

  it('a name in the queue of another – is looked up in the turn of who wants it too', async () => {
    for (const host of list(30, 'dead')) void resolver.resolve(host, anna, signal);
    void resolver.resolve('dead20.test', bert, signal);
    await settled();
    expect(names.asked).toContain('dead20.test');
    expect(names.asked).toHaveLength(3);
  });

  it('many askers – take turns, and never more at once than there are threads for', async () => {
    const askers = [{}, {}, {}, {}, {}];
    askers.forEach((asker, i) => {
      for (const host of list(6, `asker${i}-`)) void resolver.resolve(host, asker, signal);
    });
    await settled();
    for (let i = 0; i < 30; i += 1) await names.answer(names.asked[i] ?? '', '8.8.8.8');
    expect(names.asked).toHaveLength(30);
    expect(names.most).toBe(4);
    // The last asker's first name comes before the first one's last.
    expect(names.asked.indexOf('asker4-0.test')).toBeLessThan(names.asked.indexOf('asker0-5.test'));
  });

  it('a name that nobody waits for any more – is not looked up; who gives up learns of it at once', async () => {
    const deadline = new AbortController();
    for (const host of list(2, 'dead')) void resolver.resolve(host, anna, signal);
    const given = resolver.resolve('late.test', anna, deadline.signal);
    deadline.abort(new Error('too slow'));
    await expect(given).rejects.toThrow('too slow');
    await names.answer('dead0.test', '8.8.8.8');
    expect(names.asked).toEqual(['dead0.test', 'dead1.test']);
  });

  it('names without end – the memory of them has one', async () => {
    for (const host of list(2100, 'n')) {
      void resolver.resolve(host, anna, signal);
      await names.answer(host, '8.8.8.8');
    }
    void resolver.resolve('n2099.test', anna, signal);
    void resolver.resolve('n0.test', anna, signal);
    await settled();
    expect(names.asked).toHaveLength(2101);
  });
});
