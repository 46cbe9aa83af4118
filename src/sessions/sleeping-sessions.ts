import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';
import { MooringError, settingName } from '../errors.js';
import { restoreOptions } from '../protocol/values/stored-options.js';
import type { SnapshotHead, SnapshotStore, UnreadableReason } from '../snapshots/snapshot-store.js';
import type { EndedSession } from './ended-sessions.js';
import type { OpenSession } from './session-history.js';
import { upstreamDigest } from './session-options.js';
import { fromStored, goesDirectly, type SessionRecord, toStored } from './session-record.js';
import { keyOf } from './session-target.js';

/** A session that has no browser, and is opened again from its record. */
export interface SleepingSession {
  readonly head: SnapshotHead;
  /** When it ends if nothing happens, by `performance.now()`, and why. */
  readonly expiry: { readonly at: number; readonly reason: 'idle' | 'lifetime' };
  /** Aborts when it ends. */
  readonly life: AbortController;
}

/** How long it may sleep, milliseconds from now. */
export interface SleepTimes {
  readonly idleMs: number;
  /** If undefined, it has no longest lifetime. */
  readonly lifetimeMs: number | undefined;
}

export interface SleepingSessionsOptions {
  /** If undefined, sessions sleep in memory alone. */
  readonly store: SnapshotStore | undefined;
  /** How long a session that is to last sleeps at most. */
  readonly persistTtlMs: number;
  /** The most memory for the records of sessions that are not to last, compressed. */
  readonly memoryBytes: number;
}

interface Entry extends SleepingSession {
  /** What is remembered of it when it ends; absent: it is in the record. */
  readonly ending: Ending | undefined;
  /** The number of the last event that was told; the record in the store may be older. */
  readonly lastEvent: number;
  /** The newest record, where the store does not have it; compressed after a moment. */
  record: SessionRecord | Packed | undefined;
}

const compress = promisify(deflateRaw);
const decompress = promisify(inflateRaw);

const unreadableReasons: Record<UnreadableReason, string> = {
  key: `it was sealed with another key than the server has (${settingName('stateKey')}): the key does not fit`,
  damage: 'its records are damaged',
  version: 'a newer version of the server stored it',
};

/** A record, compressed. */
class Packed {
  readonly #data: Buffer;

  private constructor(data: Buffer) {
    this.#data = data;
  }

  static async of(record: SessionRecord): Promise<Packed> {
    return new Packed(await compress(JSON.stringify(record), { level: 1 }));
  }

  get bytes(): number {
    return this.#data.length;
  }

  async unpack(): Promise<SessionRecord> {
    return JSON.parse((await decompress(this.#data)).toString()) as SessionRecord; // as it was packed
  }
}

/** The sessions that sleep: an entry each, and their records in the store or in memory. */
export class SleepingSessions {
  readonly #options: SleepingSessionsOptions;
  readonly #entries = new Map<string, Entry>();
  /** Records that cannot be read, by their address. */
  readonly #unreadable = new Map<string, UnreadableReason>();
  /** How many of each owner sleep. */
  readonly #counts = new Map<string, number>();
  #memoryBytes = 0;

  constructor(options: SleepingSessionsOptions) {
    this.#options = options;
  }

  /** Finds those that an earlier run of the server has left. What was not to last ended with it. */
  async load(): Promise<void> {
    const { store, persistTtlMs } = this.#options;
    if (!store) return;
    for await (const found of store.found()) {
      if (found.kind === 'unreadable') {
        this.#unreadable.set(found.address, found.why);
        continue;
      }
      const { head } = found;
      const now = Date.now();
      // A clock that was set back has not made it younger than it can be.
      const idleMs = persistTtlMs - Math.max(0, now - head.lastAccessedAt);
      const lifetimeMs = head.endsAt === undefined ? undefined : head.endsAt - now;
      this.#set({
        head,
        expiry: expiryOf({ idleMs, lifetimeMs }),
        life: new AbortController(),
        ending: undefined,
        lastEvent: 0,
        record: undefined,
      });
    }
  }

  get size(): number {
    return this.#entries.size;
  }

  /** How many of this owner sleep. */
  sizeOf(owner: string): number {
    return this.#counts.get(owner) ?? 0;
  }

  /** How many records there are that cannot be read. */
  get unreadable(): number {
    return this.#unreadable.size;
  }

  /** Whether there is room for the record of a session that is not to last. */
  get hasRoom(): boolean {
    return this.#memoryBytes < this.#options.memoryBytes;
  }

  [Symbol.iterator](): IterableIterator<SleepingSession> {
    return this.#entries.values();
  }

  find(owner: string, id: string): SleepingSession | undefined {
    return this.#entries.get(keyOf({ owner, id }));
  }

  /** The session as the history knows those that are open: it is what a command would find. */
  asOpen(owner: string, id: string): OpenSession | undefined {
    const entry = this.#entries.get(keyOf({ owner, id }));
    if (!entry) return undefined;
    // Of one that an earlier run has left it is not known: then what is safe is assumed.
    return { ...entry.head, isDirect: entry.ending?.upstream === undefined };
  }

  /** @throws MooringError `STATE_UNREADABLE` when there is a session of this ID that cannot be read */
  assertReadable(owner: string, id: string): void {
    const { store } = this.#options;
    if (!store || this.#unreadable.size === 0) return;
    const why = this.#unreadable.get(store.addressOf(owner, id));
    if (why === undefined) return;
    const reason = unreadableReasons[why];
    throw new MooringError(
      'STATE_UNREADABLE',
      `expected a stored session that can be read; ${id} cannot: ${reason}. It is left as it is; \`sessions.destroy\` removes it.`,
    );
  }

  /**
   * Takes in a session that fell asleep.
   *
   * @param isStored whether the store has its record; if not, it is held in memory
   */
  add(record: SessionRecord, isStored: boolean, { idleMs, lifetimeMs }: SleepTimes, life: AbortController): void {
    const { head } = record;
    const entry: Entry = {
      head,
      expiry: expiryOf({ idleMs: head.persist ? this.#options.persistTtlMs : idleMs, lifetimeMs }),
      life,
      ending: endingOf(record),
      lastEvent: record.events?.last ?? 0,
      record: isStored ? undefined : record,
    };
    this.#set(entry);
    if (!isStored) void this.#compress(entry);
  }

  /** @throws MooringError `STATE_UNREADABLE`, or `SESSION_ENDED` if it is gone meanwhile */
  async read({ head: { owner, id } }: SleepingSession): Promise<SessionRecord | undefined> {
    const { record, lastEvent = 0 } = this.#entries.get(keyOf({ owner, id })) ?? {};
    if (record instanceof Packed) return record.unpack();
    if (record) return record;
    const stored = await this.#options.store?.read(owner, id);
    return stored && numbersGoOn(fromStored(stored), lastEvent);
  }

  /** It is awake again. Its record in the store stays, for it may be needed. */
  wake(owner: string, id: string): void {
    const key = keyOf({ owner, id });
    const entry = this.#entries.get(key);
    if (!entry) return;
    if (entry.record instanceof Packed) this.#memoryBytes -= entry.record.bytes;
    this.#entries.delete(key);
    this.#count(owner, -1);
  }

  /** What is to be remembered of it when it ends. */
  async endingOf(sleeping: SleepingSession): Promise<Ending> {
    const { ending } = this.#entries.get(keyOf(sleeping.head)) ?? {};
    if (ending) return ending;
    const record = await this.read(sleeping).catch(() => undefined);
    return record ? endingOf(record) : {};
  }

  /** Removes the record of a session from the store. */
  async remove(owner: string, id: string): Promise<void> {
    const { store } = this.#options;
    if (!store) return;
    this.#unreadable.delete(store.addressOf(owner, id));
    await store.remove(owner, id);
  }

  /** Keeps a record; resolves once it is kept. @throws MooringError `STATE_NOT_KEPT`, `STATE_UNREADABLE` */
  async keep(record: SessionRecord): Promise<void> {
    await this.#options.store?.write(toStored(record));
  }

  #set(entry: Entry): void {
    const key = keyOf(entry.head);
    if (!this.#entries.has(key)) this.#count(entry.head.owner, 1);
    this.#entries.set(key, entry);
  }

  #count(owner: string, change: 1 | -1): void {
    const count = this.sizeOf(owner) + change;
    if (count > 0) this.#counts.set(owner, count);
    else this.#counts.delete(owner);
  }

  async #compress(entry: Entry): Promise<void> {
    const { record } = entry;
    if (!record || record instanceof Packed) return;
    const packed = await Packed.of(record);
    if (this.#entries.get(keyOf(entry.head)) !== entry) return;
    entry.record = packed;
    this.#memoryBytes += packed.bytes;
  }
}

/** The same, the next event with a number that was not told before. */
const numbersGoOn = (record: SessionRecord, lastEvent: number): SessionRecord =>
  record.events && record.events.last < lastEvent
    ? { ...record, events: { ...record.events, last: lastEvent } }
    : record;

/** What is remembered of a session besides when and why it ended. */
export type Ending = Pick<EndedSession, 'startsAfresh' | 'upstream'>;

function endingOf(record: SessionRecord): Ending {
  const { byCreate, options } = record;
  return {
    startsAfresh: !byCreate,
    ...(goesDirectly(record) ? {} : { upstream: upstreamDigest(restoreOptions(options)) }),
  };
}

function expiryOf({ idleMs, lifetimeMs }: SleepTimes): SleepingSession['expiry'] {
  const now = performance.now();
  if (lifetimeMs !== undefined && lifetimeMs < idleMs) return { at: now + lifetimeMs, reason: 'lifetime' };
  return { at: now + idleMs, reason: 'idle' };
}
