import type { GivenFile } from '../../engine/live-page.js';
import type { FilesMessage } from './view-messages.js';

/** Takes files that a person chose, piece by piece. */
export class FileIntake {
  readonly chooser: string;
  readonly #files: FilesMessage['files'];
  readonly #expected: number;
  #chunks: Buffer[] = [];
  #bytes = 0;

  /** @returns nothing if they are more than `maxBytes` in all */
  static begin({ id, files }: FilesMessage, maxBytes: number): FileIntake | undefined {
    const expected = files.reduce((sum, { size }) => sum + size, 0);
    return expected > maxBytes ? undefined : new FileIntake(id, files, expected);
  }

  private constructor(chooser: string, files: FilesMessage['files'], expected: number) {
    this.chooser = chooser;
    this.#files = files;
    this.#expected = expected;
  }

  get isComplete(): boolean {
    return this.#bytes === this.#expected;
  }

  /** @returns false if it is more than was announced */
  take(chunk: Buffer): boolean {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#expected) return false;
    this.#chunks.push(chunk);
    return true;
  }

  /** The files, once all of them are there. */
  finish(): GivenFile[] {
    const all = Buffer.concat(this.#chunks);
    this.#chunks = [];
    let start = 0;
    return this.#files.map(({ name, type, size }) => {
      const bytes = all.subarray(start, start + size);
      start += size;
      return { name: bareName(name), type: type || 'application/octet-stream', bytes };
    });
  }
}

/** A name is no path. */
const bareName = (name: string): string => name.replace(/[/\\]|\p{Cc}/gu, '_').replace(/^\.+$/, '_');
