import { afterEach, expect, it, vi } from 'vitest';
import { writeDatabases } from '../../../src/engine/playwright/injected/write-databases.js';

const databases = [
  {
    name: 'shop',
    version: 1,
    stores: [{ name: 'values', autoIncrement: false, indexes: [], records: [{ key: 'a', value: 1 }] }],
  },
];

/** A database whose store answers a record with this error, or takes it. */
function standIn(error: DOMException | undefined): void {
  const later = (work: () => void): void => void setTimeout(work);
  const transaction: Record<string, unknown> = {
    objectStore: () => ({
      put: () => {
        const request: { error?: DOMException; onerror?: (event: object) => void } = { ...(error ? { error } : {}) };
        later(() => {
          if (error) request.onerror?.({ target: request, preventDefault() {} });
          (transaction.oncomplete as () => void)();
        });
        return request;
      },
    }),
  };
  const request: Record<string, unknown> = {
    result: { createObjectStore: () => ({}), transaction: () => transaction, close() {} },
  };
  const open = (): object => {
    later(() => (request.onsuccess as () => void)());
    return request;
  };
  vi.stubGlobal('indexedDB', { open, deleteDatabase() {} });
}
afterEach(() => void vi.unstubAllGlobals());

const refused = ['1 records of values in the database shop could not be brought back.'];
it.each([
  ['nothing', undefined, { failures: [], isInterrupted: false }],
  ['a value that no browser takes', 'DataError', { failures: refused, isInterrupted: false }],
  ['a disk that is full', 'QuotaExceededError', { failures: refused, isInterrupted: false }],
  ['the browser itself', 'UnknownError', { failures: refused, isInterrupted: true }],
  ['a transaction that is undone', 'AbortError', { failures: refused, isInterrupted: false }],
])('a record that is refused for %s – is told, and tried again where that may help', async (_what, name, result) => {
  standIn(name === undefined ? undefined : new DOMException('it did not', name));
  expect(await writeDatabases((value) => value, databases)).toEqual(result);
});
