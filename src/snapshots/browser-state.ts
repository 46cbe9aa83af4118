/**
 * What the sites of a session have stored in its browser, and where its page stands: plain data that JSON holds. An engine
 * takes it from a context, and makes a new context of it.
 */
export interface BrowserState {
  readonly cookies: readonly StoredCookie[];
  /** One for each origin that has something stored. */
  readonly origins: readonly OriginState[];
}

export interface StoredCookie {
  readonly name: string;
  readonly value: string;
  /** A leading dot: for subdomains too. */
  readonly domain: string;
  readonly path: string;
  /** Seconds since 1970; -1: with the session. */
  readonly expires: number;
  readonly httpOnly: boolean;
  readonly secure: boolean;
  readonly sameSite: 'Strict' | 'Lax' | 'None';
  /** The site that a partitioned cookie (CHIPS) was set below. */
  readonly partitionKey?: string | undefined;
  /** Whether a frame of another site stood between that site and the cookie's own. */
  readonly crossSiteAncestor?: boolean | undefined;
}

/** The storage of one origin, as `storageState` of Playwright has it, with the session storage beside it. */
export interface OriginState {
  readonly origin: string;
  readonly localStorage: readonly StoredItem[];
  /** Of the session's tab. */
  readonly sessionStorage: readonly StoredItem[];
  readonly indexedDB?: readonly StoredDatabase[] | undefined;
}

export interface StoredItem {
  readonly name: string;
  readonly value: string;
}

/** An IndexedDB database, in the shape of Playwright's `storageState({ indexedDB: true })`. */
export interface StoredDatabase {
  readonly name: string;
  readonly version: number;
  readonly stores: readonly StoredObjectStore[];
}

export interface StoredObjectStore {
  readonly name: string;
  readonly autoIncrement: boolean;
  readonly keyPath?: string | undefined;
  readonly keyPathArray?: readonly string[] | undefined;
  readonly records: readonly StoredRecord[];
  readonly indexes: readonly StoredIndex[];
}

/** `key` and `value` where JSON holds them; else in an encoding of their own. */
export interface StoredRecord {
  readonly key?: unknown;
  readonly keyEncoded?: unknown;
  readonly value?: unknown;
  readonly valueEncoded?: unknown;
}

export interface StoredIndex {
  readonly name: string;
  readonly keyPath?: string | undefined;
  readonly keyPathArray?: readonly string[] | undefined;
  readonly multiEntry: boolean;
  readonly unique: boolean;
}

/** Where a page stands. */
export interface PagePlace {
  readonly url: string;
  /** The method that the document came by: one that came by POST is not posted again. */
  readonly method: string;
  readonly scroll: { readonly x: number; readonly y: number };
  readonly viewport: { readonly width: number; readonly height: number };
}

/** The state of a context at one moment. */
export interface CapturedState {
  readonly state: BrowserState;
  /** What is there and cannot be kept, a sentence each: service workers, caches, databases beyond the limit. */
  readonly left: readonly string[];
  /** Origins that could not be read just now: they are as they were before. Reading them another time may succeed. */
  readonly unread?: readonly string[];
}
