import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { errorMessage, MooringError, settingName } from '../errors.js';
import { abortable, Deadline } from '../util/deadline.js';
import { systemProblem } from '../util/system-problem.js';
import { OwnerQuota, type OwnerQuotaOptions, type Share } from './owner-quota.js';
import { type Decoded, headReadBytes, RecordCodec } from './record-codec.js';
import { RecordFolder, type RecordName } from './record-folder.js';
import type {
  FoundSession,
  ReadSession,
  SnapshotHead,
  SnapshotStore,
  StoredSession,
  UnreadableReason,
} from './snapshot-store.js';
import { StateKeys } from './state-keys.js';

export interface FileSnapshotStoreOptions extends OwnerQuotaOptions {
  /** Its own: made where it is missing. One server at a time may have it open. */
  readonly folder: string;
  /** 64 hex digits each. The first seals, all of them open; none: records are not sealed. */
  readonly keys: readonly string[];
  /** Whether a write resolves only when it would survive a power failure. */
  readonly sync: boolean;
  /** How long the disk may take for a call. It may wait six times as long for others before it. @defaultValue 10_000 */
  readonly timeoutMs?: number;
  /** Where records are put. @defaultValue `folder`, on the disk */
  readonly records?: RecordFolder;
}

interface StoredRecord {
  readonly generation: number;
  readonly bytes: number;
  isDamaged: boolean;
}

type Contents =
  | { readonly kind: 'session'; readonly head: SnapshotHead }
  | { readonly kind: 'unreadable'; readonly why: UnreadableReason };

interface Entry {
  readonly contents: Contents;
  /** The newest first. */
  readonly records: readonly StoredRecord[];
}

const defaultTimeoutMs = 10_000;
/** How many times as long a call may wait for its turn: when all sessions are put to sleep at once, many are before it. */
const turnTimeouts = 6;
/** How many records are read or written at once. A session is always of the same lane, so its calls keep their order. */
const laneCount = 16;
/** How many sessions are looked at, at the start, before others of this process have their turn. */
const loadSlice = 100;

/**
 * Sessions in files, one for each record. A write adds a record under a new name and removes those before the last: what
 * is there is never changed, so that damage, a full disk or the end of the server at any moment costs one record at most.
 */
export class FileSnapshotStore implements SnapshotStore {
  readonly #codec: RecordCodec;
  readonly #folder: RecordFolder;
  readonly #quota: OwnerQuota;
  readonly #timeoutMs: number;
  readonly #isKeySet: boolean;
  readonly #entries = new Map<string, Entry>();
  readonly #lanes: Promise<unknown>[] = Array.from({ length: laneCount }, () => Promise.resolve());
  readonly #pending = new Set<Promise<unknown>>();
  #closed: Promise<void> | undefined;

  private constructor({ folder, keys, sync, timeoutMs, records, ...limits }: FileSnapshotStoreOptions) {
    this.#codec = new RecordCodec(new StateKeys(keys));
    this.#folder = records ?? new RecordFolder(folder, sync);
    this.#quota = new OwnerQuota(limits);
    this.#timeoutMs = timeoutMs ?? defaultTimeoutMs;
    this.#isKeySet = keys.length > 0;
  }

  /**
   * Looks at what is there: the heads of all sessions are read.
   *
   * @throws Error with a sentence for the operator, if the folder cannot be used
   */
  static async open(options: FileSnapshotStoreOptions): Promise<FileSnapshotStore> {
    const store = new FileSnapshotStore(options);
    try {
      await store.#load();
    } catch (error) {
      const problem = systemProblem(error) ?? errorMessage(error);
      throw new Error(`expected a folder for stored sessions at ${options.folder}; ${problem}.`, { cause: error });
    }
    return store;
  }

  async *found(): AsyncIterable<FoundSession> {
    for (const [address, { contents, records }] of [...this.#entries]) {
      const bytes = sizeOf(records);
      if (contents.kind === 'session') yield { kind: 'session', head: contents.head, bytes };
      else yield { kind: 'unreadable', address, why: contents.why, bytes };
    }
  }

  read(owner: string, id: string): Promise<ReadSession | undefined> {
    const address = this.addressOf(owner, id);
    return this.#inTurn(address, 'STATE_UNREADABLE', () => this.#read(address));
  }

  write(session: StoredSession): Promise<void> {
    const address = this.addressOf(session.head.owner, session.head.id);
    const head = { ...session.head };
    const encoding = this.#codec.encode(address, session);
    encoding.catch(() => {}); // told when its turn has come
    return this.#inTurn(address, 'STATE_NOT_KEPT', async (signal) =>
      this.#write(address, head, await encoding, signal),
    );
  }

  remove(owner: string, id: string): Promise<void> {
    const address = this.addressOf(owner, id);
    return this.#inTurn(address, 'STATE_NOT_KEPT', () => this.#remove(address));
  }

  addressOf(owner: string, id: string): string {
    return createHash('sha256')
      .update(JSON.stringify([owner, id]))
      .digest('hex');
  }

  bytesOf(owner: string): number {
    return this.#quota.bytesOf(owner);
  }

  close(): Promise<void> {
    this.#closed ??= Promise.allSettled(this.#pending).then(() => {});
    return this.#closed;
  }

  /**
   * Does something with a session once all that was asked of it before is done.
   *
   * @param code of the error when the time is over, or the disk refuses
   */
  async #inTurn<T>(
    address: string,
    code: 'STATE_NOT_KEPT' | 'STATE_UNREADABLE',
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    if (this.#closed) throw new MooringError(code, 'expected a store that is open; it is closed.');
    const waitMs = turnTimeouts * this.#timeoutMs;
    let limitMs = waitMs;
    using deadline = new Deadline({
      ms: this.#timeoutMs,
      waitMs,
      reason: () => new MooringError(code, `expected the disk to be done within ${limitMs} ms; it was not.`),
    });
    const lane = Number.parseInt(address.slice(0, 2), 16) % laneCount;
    const turn = (this.#lanes[lane] ?? Promise.resolve()).then(() => {
      deadline.signal.throwIfAborted();
      limitMs = this.#timeoutMs;
      deadline.begin();
      return work(deadline.signal);
    });
    this.#lanes[lane] = turn.catch(() => {});
    const result = abortable(turn, deadline.signal);
    this.#pending.add(result);
    try {
      return await result;
    } catch (error) {
      if (error instanceof MooringError) throw error;
      const problem = systemProblem(error);
      if (problem === undefined) throw error;
      throw new MooringError(code, `expected a disk that takes and gives stored sessions; ${problem}.`, {
        cause: error,
      });
    } finally {
      this.#pending.delete(result);
    }
  }

  async #read(address: string): Promise<ReadSession | undefined> {
    const entry = this.#entries.get(address);
    if (!entry) return undefined;
    let damage: string | undefined;
    for (const record of entry.records) {
      const decoded = await this.#decode(address, record.generation);
      if (decoded.kind === 'value') return { ...decoded.value, ...(damage === undefined ? {} : { damage }) };
      if (decoded.kind === 'foreign') throw this.#foreign(decoded.why);
      record.isDamaged = true;
      damage ??= decoded.what;
    }
    throw new MooringError(
      'STATE_UNREADABLE',
      `expected a whole record of the session; ${damage ?? 'there is none'}, and there is no earlier one that is whole.`,
    );
  }

  async #decode(address: string, generation: number): Promise<Decoded<StoredSession>> {
    try {
      return await this.#codec.decode(address, await this.#folder.read({ address, generation }));
    } catch (error) {
      return damageOf(error);
    }
  }

  async #write(address: string, head: SnapshotHead, record: Buffer, signal: AbortSignal): Promise<void> {
    const entry = this.#entries.get(address);
    if (entry?.contents.kind === 'unreadable' && entry.contents.why !== 'damage')
      throw this.#foreign(entry.contents.why);
    const before = entry?.records.find(({ isDamaged }) => !isDamaged);
    const written: StoredRecord = {
      generation: (entry?.records[0]?.generation ?? 0) + 1,
      bytes: record.length,
      isDamaged: false,
    };
    const records = before ? [written, before] : [written];
    const gone = shareOf(entry);
    const comes = { owner: head.owner, bytes: sizeOf(records) };
    this.#quota.exchange(gone, comes); // at once, or two that come together would both find room
    try {
      await this.#folder.put({ address, generation: written.generation }, record, signal);
    } catch (error) {
      this.#quota.count(comes.owner, -comes.bytes);
      this.#quota.count(gone.owner, gone.bytes);
      throw error;
    }
    this.#entries.set(address, { contents: { kind: 'session', head }, records });
    for (const { generation } of entry?.records ?? [])
      if (generation !== before?.generation) await this.#folder.discard({ address, generation });
  }

  async #remove(address: string): Promise<void> {
    const entry = this.#entries.get(address);
    // The newest last: should it not come to that, the session is as it was.
    for (const { generation } of entry?.records.toReversed() ?? []) await this.#folder.delete({ address, generation });
    if (!entry) return;
    this.#entries.delete(address);
    const { owner, bytes } = shareOf(entry);
    this.#quota.count(owner, -bytes);
  }

  async #load(): Promise<void> {
    const generations = new Map<string, number[]>();
    for (const { address, generation } of await this.#folder.open()) {
      const ofAddress = generations.get(address);
      if (ofAddress) ofAddress.push(generation);
      else generations.set(address, [generation]);
    }
    let loaded = 0;
    for (const [address, numbers] of generations) {
      await this.#loadEntry(
        address,
        numbers.sort((a, b) => b - a),
      );
      loaded++;
      if (loaded % loadSlice === 0) await setImmediate();
    }
  }

  /** @param generations the newest first */
  async #loadEntry(address: string, generations: readonly number[]): Promise<void> {
    const records: StoredRecord[] = [];
    let contents: Contents | undefined;
    for (const generation of generations) {
      const name = { address, generation };
      if (contents && records.length >= 2) {
        await this.#folder.discard(name);
      } else if (contents) {
        records.push({ generation, bytes: this.#folder.sizeOf(name), isDamaged: false });
      } else {
        const { decoded, bytes } = this.#readHead(name);
        records.push({ generation, bytes, isDamaged: decoded.kind === 'damage' });
        if (decoded.kind === 'value') contents = { kind: 'session', head: decoded.value };
        if (decoded.kind === 'foreign') contents = { kind: 'unreadable', why: decoded.why };
      }
    }
    const entry: Entry = { contents: contents ?? { kind: 'unreadable', why: 'damage' }, records };
    this.#entries.set(address, entry);
    const { owner, bytes } = shareOf(entry);
    this.#quota.count(owner, bytes);
  }

  #readHead(name: RecordName): { readonly decoded: Decoded<SnapshotHead>; readonly bytes: number } {
    let bytes = 0;
    try {
      let start = this.#folder.readStart(name, headReadBytes);
      bytes = start.recordBytes;
      const end = this.#codec.headEnd(start.bytes) ?? 0;
      if (end > start.bytes.length) start = this.#folder.readStart(name, end);
      return { decoded: this.#codec.decodeHead(name.address, start.bytes, bytes), bytes };
    } catch (error) {
      return { decoded: damageOf(error), bytes };
    }
  }

  #foreign(why: 'key' | 'version'): MooringError {
    const got = this.#isKeySet ? 'it does not fit' : 'it is not set';
    return new MooringError(
      'STATE_UNREADABLE',
      why === 'key'
        ? `expected in ${settingName('stateKey')} the key that this session was stored with; ${got}. The session is left as it is.`
        : 'expected a session that this version can read; a newer one has stored it. The session is left as it is.',
    );
  }
}

const sizeOf = (records: readonly StoredRecord[]): number => records.reduce((sum, { bytes }) => sum + bytes, 0);

const shareOf = (entry: Entry | undefined): Share => ({
  owner: entry?.contents.kind === 'session' ? entry.contents.head.owner : undefined,
  bytes: sizeOf(entry?.records ?? []),
});

/**
 * A record that the disk cannot give is as good as damaged. @throws the error, if it says nothing about the record
 */
function damageOf(error: unknown): { readonly kind: 'damage'; readonly what: string } {
  const { code } = error as { code?: unknown }; // Node's errors have one
  if (code === 'EIO' || code === 'ENOENT' || code === 'EISDIR')
    return { kind: 'damage', what: `its newest record cannot be read: ${systemProblem(error)}` };
  throw error;
}
