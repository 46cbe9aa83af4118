import type { StoredDatabase, StoredIndex, StoredObjectStore, StoredRecord } from '../../../snapshots/browser-state.js';
import type { Encoding } from './encode-value.js';

/** What was read of an origin's databases. */
export interface DatabasesReading {
  /** JSON of `StoredDatabase[]`: half a surrogate pair, which the protocol would not carry, is escaped in it. */
  readonly databases: string;
  /** What cannot be kept, a sentence each. */
  readonly left: readonly string[];
  /** Whether a database did not fit. */
  readonly isTooLarge: boolean;
}

/**
 * Reads every IndexedDB database of a document's origin. It looks at a store in parts: one that does not fit is given up
 * before all of it is in memory.
 *
 * @param maxChars a database that does not fit into what is left of this is left out
 */
export async function readDatabases(encode: (value: unknown) => Encoding, maxChars: number): Promise<DatabasesReading> {
  const recordsPerPart = 100;
  const kept: string[] = [];
  const left: string[] = [];
  let charsLeft = maxChars;
  let isTooLarge = false;

  const answerOf = <T>(request: IDBRequest<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const open = (name: string): Promise<IDBDatabase> => {
    const request = indexedDB.open(name);
    return new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
      request.onblocked = () => reject(new Error('it is being changed'));
      // It was deleted meanwhile.
      request.onupgradeneeded = () => request.transaction?.abort();
    });
  };
  const pathOf = (path: string | string[] | DOMStringList | null): { keyPath?: string; keyPathArray?: string[] } =>
    path === null ? {} : typeof path === 'string' ? { keyPath: path } : { keyPathArray: Array.from(path) };
  const indexOf = ({ name, keyPath, multiEntry, unique }: IDBIndex): StoredIndex => ({
    name,
    ...pathOf(keyPath),
    multiEntry,
    unique,
  });
  const recordOf = (hasOwnKeys: boolean, key: IDBValidKey, value: unknown): StoredRecord | string => {
    const v = encode(value);
    if ('refused' in v) return v.refused;
    const k = hasOwnKeys ? encode(key) : undefined;
    if (k && 'refused' in k) return k.refused;
    return {
      ...(k ? ('plain' in k ? { key: k.plain } : { keyEncoded: k.encoded }) : {}),
      ...('plain' in v ? { value: v.plain } : { valueEncoded: v.encoded }),
    };
  };

  /** @returns the store as JSON; nothing if it does not fit */
  const readStore = async (store: IDBObjectStore, database: string): Promise<string | undefined> => {
    const records: string[] = [];
    const refusals = new Map<string, number>();
    let chars = 0;
    let after: IDBKeyRange | undefined;
    for (;;) {
      const [keys, values] = await Promise.all([
        answerOf(store.getAllKeys(after, recordsPerPart)),
        answerOf<unknown[]>(store.getAll(after, recordsPerPart)),
      ]);
      for (const [i, key] of keys.entries()) {
        const record = recordOf(store.keyPath === null, key, values[i]);
        if (typeof record === 'string') {
          refusals.set(record, (refusals.get(record) ?? 0) + 1);
          continue;
        }
        const json = JSON.stringify(record);
        chars += json.length + 1;
        if (chars > charsLeft) return undefined;
        records.push(json);
      }
      const last = keys.at(-1);
      if (keys.length < recordsPerPart || last === undefined) break;
      after = IDBKeyRange.lowerBound(last, true);
    }
    for (const [what, count] of refusals)
      left.push(`${count} records of the database ${database} hold ${what}, which cannot be kept.`);
    const shape: StoredObjectStore = {
      name: store.name,
      autoIncrement: store.autoIncrement,
      ...pathOf(store.keyPath),
      records: [],
      indexes: Array.from(store.indexNames, (name) => indexOf(store.index(name))),
    };
    return JSON.stringify(shape).replace('"records":[]', () => `"records":[${records.join(',')}]`);
  };

  const readDatabase = async (name: string, version: number): Promise<string | undefined> => {
    const database = await open(name);
    try {
      const names = Array.from(database.objectStoreNames);
      const transaction = names.length > 0 ? database.transaction(names, 'readonly') : undefined;
      const stores: string[] = [];
      let chars = 0;
      for (const one of names) {
        const store = transaction && (await readStore(transaction.objectStore(one), name));
        if (store === undefined) return undefined;
        chars += store.length;
        if (chars > charsLeft) return undefined;
        stores.push(store);
      }
      const shape: StoredDatabase = { name, version, stores: [] };
      return JSON.stringify(shape).replace(/\[\]\}$/, () => `[${stores.join(',')}]}`);
    } finally {
      database.close();
    }
  };

  for (const { name, version } of await indexedDB.databases()) {
    if (name === undefined || version === undefined) continue;
    try {
      const json = await readDatabase(name, version);
      if (json === undefined || json.length > charsLeft) {
        left.push(`The database ${name} is larger than what may be kept.`);
        isTooLarge = true;
        continue;
      }
      charsLeft -= json.length;
      kept.push(json);
    } catch (error) {
      left.push(`The database ${name} could not be read: ${String(error)}.`);
    }
  }
  return { databases: `[${kept.join(',')}]`, left, isTooLarge };
}
