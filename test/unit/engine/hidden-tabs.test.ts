import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { HiddenTabs, isPassing } from '../../../src/engine/playwright/state/hidden-tabs.js';
import { OriginRecord } from '../../../src/engine/playwright/state/origin-record.js';
import { MooringError } from '../../../src/errors.js';

const never = new AbortController().signal;
const records = (...origins: string[]): OriginRecord[] => origins.map((origin) => new OriginRecord(origin));

/** Tabs that note what is done with them. */
class Tabs {
  readonly done: string[] = [];
  opened = 0;
  readonly hidden = new HiddenTabs(async () => {
    const name = `tab ${++this.opened}`;
    return {
      goto: async (origin) => void this.done.push(`${name} ${origin}`),
      evaluate: async () => undefined,
      close: async () => void this.done.push(`${name} closed`),
    };
  });
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('visit – several origins, one that fails – one tab for all, which is closed', async () => {
  const tabs = new Tabs();
  const failed: string[] = [];
  await tabs.hidden.visit(
    records('a', 'b', 'c'),
    async (_tab, { origin }) => {
      if (origin === 'b') throw new Error('no');
    },
    ({ origin }, error) => failed.push(`${origin}: ${error}`),
    never,
  );
  expect(tabs.done).toEqual(['tab 1 a', 'tab 1 b', 'tab 1 c', 'tab 1 closed']);
  expect(failed).toEqual(['b: Error: no']);
});

it('visit – its tab crashes – once more in another one; when that crashes too, it is told', async () => {
  const tabs = new Tabs();
  const failed: string[] = [];
  let left = 3;
  await tabs.hidden.visit(
    records('a', 'b'),
    async () => {
      if (left-- > 0) throw new MooringError('BROWSER_FAILED', 'expected the tab to stay alive; it crashed.');
    },
    ({ origin }, error) => failed.push(`${origin}: ${isPassing(error)}`),
    never,
  );
  expect(tabs.done.filter((line) => !line.endsWith('closed'))).toEqual(['tab 1 a', 'tab 2 a', 'tab 3 b', 'tab 4 b']);
  expect(tabs.done.filter((line) => line.endsWith('closed'))).toHaveLength(4);
  expect(failed).toEqual(['a: true']);
});

it('OriginRecord – reading failed – its databases are to be read again, a few times', () => {
  const [record] = records('a');
  if (!record) throw new Error('expected one');
  record.databasesKnown = 'yes';
  record.noteFailure();
  expect([record.databasesKnown, record.hasFailed, record.isGivenUp]).toEqual(['stale', true, false]);
  record.noteFailure();
  record.noteFailure();
  expect(record.isGivenUp).toBe(true);
  record.noteDocument(false);
  expect([record.hasFailed, record.isGivenUp]).toEqual([true, false]);
  record.noteSuccess();
  expect(record.hasFailed).toBe(false);
});

it('visit – work that never ends – is given up, and there is an end to all of it', async () => {
  const tabs = new Tabs();
  const failed: string[] = [];
  const hang = (): Promise<void> => new Promise(() => {});
  const visiting = tabs.hidden.visit(records('a', 'b', 'c'), hang, ({ origin }) => failed.push(origin), never);
  await vi.advanceTimersByTimeAsync(10_000);
  await visiting;
  expect(failed).toEqual(['a', 'b', 'c']);
  expect(tabs.done).toEqual(['tab 1 a', 'tab 1 closed', 'tab 2 b', 'tab 2 closed']);
});

it('visit – given up – goes to no further origin, and closes its tab', async () => {
  const tabs = new Tabs();
  const giving = new AbortController();
  const work = async (): Promise<void> => giving.abort(new Error('given up'));
  await expect(tabs.hidden.visit(records('a', 'b'), work, () => {}, giving.signal)).rejects.toThrow('given up');
  expect(tabs.done).toEqual(['tab 1 a', 'tab 1 closed']);
});
