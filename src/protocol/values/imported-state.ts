import type { ExportedState } from '../fields/state.js';

/** What a session starts with: the storage of its sites, and where its page is to stand. */
export interface ImportedState {
  readonly cookies: ExportedState['storageState']['cookies'];
  readonly origins: readonly ImportedOrigin[];
  readonly place: ImportedPlace | undefined;
  /** When it was so, milliseconds since 1970; undefined: the caller does not say. */
  readonly takenAt: number | undefined;
}

type StoredOrigin = ExportedState['storageState']['origins'][number];
type Items = StoredOrigin['localStorage'];

export interface ImportedOrigin {
  readonly origin: string;
  readonly localStorage: Items;
  readonly sessionStorage: Items;
  readonly indexedDB?: NonNullable<StoredOrigin['indexedDB']>;
}

export interface ImportedPlace {
  readonly url: string;
  readonly method: string;
  readonly scroll: { readonly x: number; readonly y: number };
  /** If undefined, that of the session's identity. */
  readonly viewport: { readonly width: number; readonly height: number } | undefined;
}

/** Brings together what an exported state says of each origin. */
export function readState({ storageState, sessionStorage, url, ...rest }: ExportedState): ImportedState {
  const origins = new Map<string, ImportedOrigin>();
  for (const { origin, localStorage, indexedDB } of storageState.origins)
    origins.set(origin, { origin, localStorage, sessionStorage: [], ...(indexedDB ? { indexedDB } : {}) });
  for (const { origin, sessionStorage: items } of sessionStorage)
    origins.set(origin, { localStorage: [], ...origins.get(origin), origin, sessionStorage: items });
  const { method = 'GET', scroll = { x: 0, y: 0 }, viewport, takenAt } = rest;
  return {
    cookies: storageState.cookies,
    origins: [...origins.values()],
    place: url === undefined ? undefined : { url, method, scroll, viewport },
    takenAt,
  };
}
