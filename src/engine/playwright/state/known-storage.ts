import type { OriginState } from '../../../snapshots/browser-state.js';
import type { StorageChange } from '../channel/storage-changes.js';
import { OriginRecord } from './origin-record.js';

/** How many origins are remembered; a page can have frames of as many as it likes. */
const maxOrigins = 1000;
/** How much of what documents store is followed as it happens. What goes beyond is known as it was last read. */
const maxFollowedChars = 8_000_000;

/** How much is remembered in all, before what is followed: each origin may store ten million characters and more. */
const maxKeptChars = 32_000_000;

/** What is known of the storage of every origin that a context has shown. */
export class KnownStorage {
  readonly #records = new Map<string, OriginRecord>();
  #followedChars = 0;
  /** Changes that came while all of it is read. */
  #held: (() => void)[] | undefined;

  get records(): readonly OriginRecord[] {
    return [...this.#records.values()];
  }

  get(origin: string): OriginRecord | undefined {
    return this.#records.get(origin);
  }

  /** @returns nothing if there are too many origins */
  of(origin: string): OriginRecord | undefined {
    let record = this.#records.get(origin);
    if (!record && this.#records.size < maxOrigins) {
      record = new OriginRecord(origin);
      this.#records.set(origin, record);
    }
    return record;
  }

  /** What an origin had in another context. */
  adopt({ origin, localStorage, sessionStorage, indexedDB = [] }: OriginState): void {
    const record = this.of(origin);
    if (!record) return;
    record.local = new Map(localStorage.map(({ name, value }) => [name, value]));
    record.session = new Map(sessionStorage.map(({ name, value }) => [name, value]));
    record.readChars = record.chars;
    record.setDatabases(indexedDB);
  }

  /** A document of the session's tab, or of a popup of it, has stored something. */
  apply(change: StorageChange, isTab: boolean): void {
    if (!change.isLocal && !isTab) return;
    if (this.#held) {
      const { origin, isLocal } = change;
      if (change.kind === 'set') this.#followedChars += change.name.length + change.value.length;
      const held = this.#followedChars > maxFollowedChars ? ({ origin, isLocal, kind: 'unknown' } as const) : change;
      this.#held.push(() => this.apply(held, isTab));
      return;
    }
    const record = this.of(change.origin);
    if (!record) return;
    record.mark = '';
    const items = change.isLocal ? record.local : record.session;
    switch (change.kind) {
      case 'unknown':
        record.isStale = true;
        return;
      case 'clear':
        items.clear();
        return;
      case 'remove':
        items.delete(change.name);
        return;
      case 'set':
        this.#followedChars += change.name.length + change.value.length;
        if (this.#followedChars > maxFollowedChars) record.isStale = true;
        else items.set(change.name, change.value);
    }
  }

  /** How much may be remembered of this origin beside what is remembered of the others. */
  roomFor(record: OriginRecord): number {
    const others = this.records.filter((one) => one !== record);
    return Math.max(
      0,
      others.reduce((left, one) => left - one.readChars - one.databasesChars, maxKeptChars),
    );
  }

  /**
   * Changes are told late: one that was read may be followed by those before it. They wait until the reading is over.
   *
   * @returns how to end that
   */
  hold(): () => void {
    this.#held = [];
    this.#followedChars = 0;
    return () => {
      const held = this.#held ?? [];
      this.#held = undefined;
      this.#followedChars = 0;
      for (const apply of held) apply();
    };
  }
}
