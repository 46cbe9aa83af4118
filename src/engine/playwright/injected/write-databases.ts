import type { StoredDatabase, StoredObjectStore } from '../../../snapshots/browser-state.js';

/** What came of writing an origin's databases. */
export interface DatabasesWriting {
  /** What could not be made, a sentence each; the rest is there. */
  readonly failures: readonly string[];
  /** Something failed for a reason of the browser, not of what was to be written: another time it may succeed. */
  readonly isInterrupted: boolean;
}

/** Makes the IndexedDB databases of a document's origin. Done again, it finds what it has made. */
export async function writeDatabases(
  decode: (encoded: unknown) => unknown,
  databases: readonly StoredDatabase[],
): Promise<DatabasesWriting> {
  const failures: string[] = [];
  let isInterrupted = false;
  // https://w3c.github.io/IndexedDB/#exceptions: those that are not about what is written. Values that no browser takes abort too.
  const ofTheBrowser = ['UnknownError', 'TimeoutError'];
  const noteError = (error: unknown): void => {
    isInterrupted ||= error instanceof DOMException && ofTheBrowser.includes(error.name);
  };
  const wait = <T>(request: IDBRequest<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  /** @returns how to know, once the transaction is over, how many the browser did not take */
  const addRecords = (
    transaction: IDBTransaction,
    { name, records, keyPath, keyPathArray }: StoredObjectStore,
  ): (() => number) => {
    const store = transaction.objectStore(name);
    const hasOwnKeys = keyPath === undefined && keyPathArray === undefined;
    let refused = 0;
    const onError = (event: Event): void => {
      event.preventDefault(); // or the rest of the transaction would be undone
      refused += 1;
      noteError((event.target as IDBRequest).error);
    };
    for (const record of records) {
      try {
        const value = 'value' in record ? record.value : decode(record.valueEncoded);
        const key = 'key' in record ? record.key : decode(record.keyEncoded);
        const request = hasOwnKeys ? store.put(value, key as IDBValidKey) : store.put(value); // what was read as a key
        request.onerror = onError;
      } catch {
        refused += 1; // no value or key of IndexedDB
      }
    }
    return () => refused;
  };
  const make = async ({ name, version, stores }: StoredDatabase): Promise<void> => {
    const request = indexedDB.open(name, version);
    request.onupgradeneeded = () => {
      for (const { name: one, autoIncrement, keyPath, keyPathArray, indexes } of stores) {
        const path = keyPathArray ?? keyPath;
        const options = { autoIncrement, ...(path === undefined ? {} : { keyPath: path as string | string[] }) }; // it reads them
        const store = request.result.createObjectStore(one, options);
        for (const { name: index, unique, multiEntry, ...paths } of indexes) {
          const indexPath = (paths.keyPathArray ?? paths.keyPath ?? '') as string | string[]; // it reads them
          store.createIndex(index, indexPath, { unique, multiEntry });
        }
      }
    };
    const database = await wait(request);
    try {
      if (stores.length === 0) return;
      const names = stores.map((store) => store.name);
      const transaction = database.transaction(names, 'readwrite');
      const done = new Promise<void>((resolve, reject) => {
        transaction.oncomplete = () => resolve();
        transaction.onabort = () => reject(transaction.error);
      });
      const refusals = stores.map((store) => addRecords(transaction, store));
      await done;
      for (const [i, refused] of refusals.entries()) {
        const count = refused();
        if (count > 0)
          failures.push(`${count} records of ${names[i]} in the database ${name} could not be brought back.`);
      }
    } finally {
      database.close();
    }
  };
  for (const database of databases) {
    try {
      await make(database);
    } catch (error) {
      noteError(error);
      failures.push(`The database ${database.name} could not be brought back: ${String(error)}.`);
      indexedDB.deleteDatabase(database.name); // not half of it
    }
  }
  return { failures, isInterrupted };
}
