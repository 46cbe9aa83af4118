/**
 * `unchanged`: as the reading with this mark. `elsewhere`: the frame shows another origin by now. `opaque`: the document has
 * no origin of its own, or may store nothing.
 */
export type StorageReading =
  | { readonly kind: 'unchanged' | 'elsewhere' | 'opaque' }
  | { readonly kind: 'tooLarge'; readonly chars: number }
  | {
      readonly kind: 'items';
      readonly mark: string;
      /** JSON of name and value pairs: half a surrogate pair, which the protocol would not carry, is escaped in it. */
      readonly local: string;
      readonly session: string;
    };

/** Reads both storages of a document's origin. @param mark of the last reading; nothing is read again if it fits */
export function readStorage(origin: string, mark: string, maxChars: number): StorageReading {
  if (self.origin !== origin) return { kind: self.origin === 'null' ? 'opaque' : 'elsewhere' };
  const itemsOf = (storage: Storage): string => {
    const items: [string, string][] = [];
    for (let i = 0; i < storage.length; i++) {
      const name = storage.key(i);
      if (name !== null) items.push([name, storage.getItem(name) ?? '']);
    }
    return JSON.stringify(items);
  };
  const hashOf = (text: string, seed: number): number => {
    let hash = seed;
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16_777_619);
    return hash >>> 0;
  };
  try {
    const local = itemsOf(localStorage);
    const session = itemsOf(sessionStorage);
    const chars = local.length + session.length;
    if (chars > maxChars) return { kind: 'tooLarge', chars };
    // Both halves: what one storage loses the other one may get.
    const now = [local, session].map((text) => `${text.length}-${hashOf(text, 1)}-${hashOf(text, 7)}`).join(' ');
    return now === mark ? { kind: 'unchanged' } : { kind: 'items', mark: now, local, session };
  } catch {
    return { kind: 'opaque' };
  }
}

/** What else an origin has: what cannot be kept, and how many databases. */
export interface StorageSurroundings {
  readonly databases: number;
  readonly caches: number;
  readonly workers: number;
}

/** Looks what an origin has beside its storages. @returns nothing if the document is of another */
export async function readSurroundings(origin: string): Promise<StorageSurroundings | undefined> {
  if (self.origin !== origin) return undefined;
  const countOf = async (listing: (() => Promise<ArrayLike<unknown>>) | undefined): Promise<number> => {
    try {
      return (await listing?.())?.length ?? 0;
    } catch {
      return 0; // the document has no origin of its own
    }
  };
  const [databases, cacheNames, workers] = await Promise.all([
    countOf(() => indexedDB.databases()),
    // An insecure origin has neither.
    countOf('caches' in globalThis ? () => caches.keys() : undefined),
    countOf('serviceWorker' in navigator ? async () => navigator.serviceWorker.getRegistrations() : undefined),
  ]);
  return { databases, caches: cacheNames, workers };
}
