import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { type FileHandle, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../util/make-folder.js';

/** One record of a session. Its file is written once and never changed. */
export interface RecordName {
  /** 64 hex digits. */
  readonly address: string;
  /** Counts the records of a session: the greatest is the newest. */
  readonly generation: number;
}

export interface RecordStart {
  readonly bytes: Buffer;
  /** How long the whole record is. */
  readonly recordBytes: number;
}

const recordFile = /^([0-9a-f]{64})\.([1-9]\d{0,14})$/;
const partFile = /^[0-9a-f]{64}\.\d+\.part$/;

/**
 * A folder of records, a file each: `<address>.<generation>`. A record appears whole or not at all: it is written beside
 * its name and then renamed. Every call throws the system's error.
 */
export class RecordFolder {
  readonly #path: string;
  readonly #sync: boolean;
  /** What `#syncNames` waits for: the one that runs, and the one that runs next for all who come meanwhile. */
  #syncing: Promise<void> = Promise.resolve();
  #nextSync: Promise<void> | undefined;

  /** @param sync whether what is written is on the disk, not only with the system, before `put` and `delete` resolve */
  constructor(path: string, sync: boolean) {
    this.#path = path;
    this.#sync = sync;
  }

  /** Makes the folder where it is missing, and removes what was half-written when a server was killed. */
  async open(): Promise<RecordName[]> {
    makeFolder(this.#path, 0o700);
    const names: RecordName[] = [];
    for (const file of await readdir(this.#path)) {
      const [, address, generation] = recordFile.exec(file) ?? [];
      if (address !== undefined) names.push({ address, generation: Number(generation) });
      else if (partFile.test(file)) await rm(join(this.#path, file), { force: true });
    }
    return names;
  }

  /**
   * The first bytes of a record, as many as asked for if it has them. On the main thread: this is for the start, which reads
   * every record, and a call beside it takes six times as long as the reading.
   */
  readStart(name: RecordName, bytes: number): RecordStart {
    const file = openSync(this.#pathOf(name), 'r');
    try {
      const { size } = fstatSync(file);
      const buffer = Buffer.allocUnsafe(Math.min(bytes, size));
      return { bytes: buffer.subarray(0, readSync(file, buffer, 0, buffer.length, 0)), recordBytes: size };
    } finally {
      closeSync(file);
    }
  }

  read(name: RecordName): Promise<Buffer> {
    return readFile(this.#pathOf(name));
  }

  /** On the main thread, as `readStart`. */
  sizeOf(name: RecordName): number {
    return statSync(this.#pathOf(name)).size;
  }

  /**
   * Stores a record.
   *
   * @throws also the signal's reason, if it aborts before the record has its name; then nothing is left of it
   */
  async put(name: RecordName, record: Buffer, signal: AbortSignal): Promise<void> {
    const path = this.#pathOf(name);
    const part = `${path}.part`;
    try {
      await this.#writePart(part, record);
      signal.throwIfAborted();
      await rename(part, path);
      await this.#syncNames();
    } catch (error) {
      for (const left of [part, path]) await rm(left, { force: true }).catch(() => {}); // the first error counts
      throw error;
    }
  }

  /** Removes a record, if it is there. */
  async delete(name: RecordName): Promise<void> {
    await rm(this.#pathOf(name), { force: true });
    await this.#syncNames();
  }

  /** Removes a record that is needed no more; if that fails, it is for the next start to do. */
  async discard(name: RecordName): Promise<void> {
    await rm(this.#pathOf(name), { force: true }).catch(() => {});
  }

  #pathOf({ address, generation }: RecordName): string {
    return join(this.#path, `${address}.${generation}`);
  }

  /** Closed before it has its name: some systems tell only then that there was no room. */
  async #writePart(path: string, record: Buffer): Promise<void> {
    await using file = disposable(await open(path, 'w', 0o600));
    await file.handle.writeFile(record);
    if (this.#sync) await file.handle.datasync();
  }

  /** Puts the names on the disk. Those who ask while it runs share the next one. */
  #syncNames(): Promise<void> {
    if (!this.#sync) return Promise.resolve();
    this.#nextSync ??= this.#syncing.then(() => {
      const run = this.#syncFolder();
      this.#syncing = run.catch(() => {});
      this.#nextSync = undefined;
      return run;
    });
    return this.#nextSync;
  }

  async #syncFolder(): Promise<void> {
    await using folder = disposable(await open(this.#path));
    await folder.handle.sync();
  }
}

const disposable = (handle: FileHandle) => ({ handle, [Symbol.asyncDispose]: () => handle.close() });
