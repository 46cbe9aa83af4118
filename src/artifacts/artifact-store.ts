import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface ArtifactStoreOptions {
  /** How much all files may have together. */
  readonly limitBytes: number;
  /** How much those of one owner may have. */
  readonly limitPerOwnerBytes: number;
  /** How long a file is kept at most. */
  readonly keepMs: number;
  /** Where its folder is made. If omitted, in the system's temporary folder. */
  readonly scratchDir?: string | undefined;
}

/** A file to be kept for whoever has its link. */
export interface ArtifactToKeep {
  /** Whose share of the store it takes. */
  readonly owner: string;
  /** As the link ends. */
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array;
  /** The file is deleted when it aborts. If omitted, only after its time. */
  readonly until?: AbortSignal;
}

export interface KeptFile {
  /** Where it lies on the disk. */
  readonly path: string;
  readonly type: string;
  readonly name: string;
  readonly size: number;
}

interface Entry extends KeptFile {
  readonly owner: string;
  readonly letGo: () => void;
}

/**
 * Files that replies link to: videos, screenshots, downloads. Each has a name that nobody can guess, and is deleted with
 * its session, after its time, or with the server. What is there is never pushed out by what comes: when the quota of all,
 * or of its owner, is used up, new files are not taken.
 */
export class ArtifactStore {
  readonly #options: ArtifactStoreOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #deleting = new Set<Promise<void>>();
  /** Earlier folders, which may still hold files. */
  readonly #former = new Set<string>();
  readonly #bytesOf = new Map<string, number>();
  #bytes = 0;
  #folder: Promise<string> | undefined;
  #closed = false;

  constructor(options: ArtifactStoreOptions) {
    this.#options = options;
  }

  /** How much lies there now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps a file. @returns its path in a link, `<32 hex digits>/<name>`; nothing when there is no room for it */
  async add({ owner, name, type, bytes, until }: ArtifactToKeep): Promise<string | undefined> {
    const size = bytes.byteLength;
    if (this.#closed || until?.aborted || !this.#hasRoom(owner, size)) return undefined;
    this.#count(owner, size); // at once, or two that come together would both find room
    const token = randomBytes(16).toString('hex');
    try {
      this.#folder ??= mkdtemp(join(this.#options.scratchDir ?? tmpdir(), 'mooring-files-'));
      const path = join(await this.#folder, token);
      await writeFile(path, bytes, { mode: 0o600 });
      const timer = setTimeout(() => this.#delete(token), this.#options.keepMs);
      timer.unref(); // closing deletes it too
      const onOver = (): void => this.#delete(token);
      until?.addEventListener('abort', onOver, { once: true });
      const forget = (): void => {
        clearTimeout(timer);
        until?.removeEventListener('abort', onOver);
      };
      const safeName = name.replace(/[^\w.-]+/g, '_').slice(-100) || 'file';
      this.#entries.set(token, { owner, path, type, name: safeName, size, letGo: forget });
      if (this.#closed || until?.aborted) {
        this.#delete(token);
        return undefined;
      }
      return `${token}/${safeName}`;
    } catch (error) {
      await this.#giveUp(token, owner, size);
      throw error;
    }
  }

  #hasRoom(owner: string, size: number): boolean {
    const { limitBytes, limitPerOwnerBytes } = this.#options;
    return this.#bytes + size <= limitBytes && (this.#bytesOf.get(owner) ?? 0) + size <= limitPerOwnerBytes;
  }

  #count(owner: string, size: number): void {
    this.#bytes += size;
    const bytes = (this.#bytesOf.get(owner) ?? 0) + size;
    if (bytes > 0) this.#bytesOf.set(owner, bytes);
    else this.#bytesOf.delete(owner);
  }

  /** Takes back what a file that could not be written has left; the next one makes the folder anew, should it be lost. */
  async #giveUp(token: string, owner: string, size: number): Promise<void> {
    if (this.#entries.has(token)) return;
    this.#count(owner, -size);
    const folder = await this.#folder?.catch(() => undefined);
    this.#folder = undefined;
    if (folder) await rm(join(folder, token), { force: true }).catch(() => {}); // it may be gone altogether
    if (folder) this.#former.add(folder);
  }

  /** The file of a link, by its token. */
  find(token: string): KeptFile | undefined {
    return this.#entries.get(token);
  }

  /** Deletes every file, and the folder. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const token of [...this.#entries.keys()]) this.#delete(token);
    await Promise.all(this.#deleting);
    const folder = await this.#folder?.catch(() => undefined);
    for (const path of [...this.#former, ...(folder ? [folder] : [])]) await rm(path, { recursive: true, force: true });
  }

  #delete(token: string): void {
    const entry = this.#entries.get(token);
    if (!entry) return;
    this.#entries.delete(token);
    entry.letGo();
    const deleting = rm(entry.path, { force: true })
      .catch(() => {}) // the folder goes at the end
      .finally(() => {
        this.#count(entry.owner, -entry.size);
        this.#deleting.delete(deleting);
      });
    this.#deleting.add(deleting);
  }
}
