import type { OriginState, StoredDatabase, StoredItem } from '../../../snapshots/browser-state.js';
import type { DatabasesReading } from '../injected/read-databases.js';

/** How an origin's databases are known. */
export type DatabasesKnown = 'no' | 'stale' | 'yes';

/** After so many failures in a row an origin is not read any more: each may take seconds. */
const maxFailures = 3;

/** What is known of one origin's storage. */
export class OriginRecord {
  readonly origin: string;
  local = new Map<string, string>();
  /** Of the session's tab. */
  session = new Map<string, string>();
  #databases: readonly StoredDatabase[] = [];
  #databasesChars = 0;
  /** How much its storages were when they were last read. */
  readChars = 0;
  /** Tells whether a document has anything new to say. */
  mark = '';
  /** A document of it has been shown since it was last read; what that stored is not known to the end. */
  isStale = false;
  databasesKnown: DatabasesKnown = 'no';
  /** How many of its documents were shown. */
  documents = 0;
  /** A document has been shown since it was looked what there is beside the storages. */
  hasNewSurroundings = true;
  /** The same of whole pages: once they are left it has to be looked for. */
  hasUnknownDatabases = false;
  /** How often in a row it could not be read in a tab of ours. */
  #failures = 0;
  /** What it has that is not kept, a sentence each. */
  left: readonly string[] = [];
  leftDatabases: readonly string[] = [];

  constructor(origin: string) {
    this.origin = origin;
  }

  /** A document of it is shown. @param isToldOf whether what it stores is told, so that it need not be read once it is left */
  noteDocument(isToldOf: boolean): void {
    this.documents += 1;
    if (this.isGivenUp) this.#failures -= 1;
    this.isStale ||= !isToldOf;
    this.hasUnknownDatabases ||= !isToldOf;
    this.hasNewSurroundings = true;
  }

  /** It could not be read in a tab of ours: what its databases hold is not known. */
  noteFailure(): void {
    this.#failures += 1;
    this.databasesKnown = 'stale';
  }

  noteSuccess(): void {
    this.#failures = 0;
  }

  /** It is not known as it is now. */
  get hasFailed(): boolean {
    return this.#failures > 0;
  }

  /** It failed so often that it is not tried again, until it is shown again. */
  get isGivenUp(): boolean {
    return this.#failures >= maxFailures;
  }

  get databases(): readonly StoredDatabase[] {
    return this.#databases;
  }

  /** How much they are as JSON. */
  get databasesChars(): number {
    return this.#databasesChars;
  }

  setDatabases(databases: readonly StoredDatabase[], chars = JSON.stringify(databases).length): void {
    this.#databases = databases;
    this.#databasesChars = chars;
  }

  /** They are known as they were read. */
  takeDatabases({ databases, left }: DatabasesReading): void {
    this.setDatabases(JSON.parse(databases), databases.length);
    this.leftDatabases = left.map((sentence) => `${this.origin}: ${sentence}`);
  }

  get isEmpty(): boolean {
    return this.local.size === 0 && this.session.size === 0 && this.databases.length === 0;
  }

  /** How much it holds, roughly. */
  get chars(): number {
    return charsOf(this.local) + charsOf(this.session);
  }

  toState(withDatabases: boolean): OriginState {
    return {
      origin: this.origin,
      localStorage: itemsOf(this.local),
      sessionStorage: itemsOf(this.session),
      ...(withDatabases && this.databases.length > 0 ? { indexedDB: this.databases } : {}),
    };
  }
}

const itemsOf = (items: ReadonlyMap<string, string>): StoredItem[] =>
  Array.from(items, ([name, value]) => ({ name, value }));

export const charsOf = (items: ReadonlyMap<string, string>): number => {
  let chars = 0;
  for (const [name, value] of items) chars += name.length + value.length;
  return chars;
};

/** The origin of an address whose documents store things. */
export function storingOriginOf(url: string): string | undefined {
  if (!/^https?:/i.test(url) || !URL.canParse(url)) return undefined;
  return new URL(url).origin;
}
