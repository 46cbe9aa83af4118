import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { hrtime } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { settingName } from '../errors.js';
import { makeFolder } from './make-folder.js';
import { isAlive, ownMark, type ProcessMark } from './process-mark.js';
import { systemProblem } from './system-problem.js';

export interface DataFolderLockOptions {
  /** Called once if another server has taken the folder over, as it may after a standstill of this one. */
  readonly onLost?: () => void;
  /** How often a server shows that it lives. @defaultValue 4000 */
  readonly beatMs?: number;
  /** After how long without a beat a server of another container or machine counts as dead. @defaultValue 20_000 */
  readonly staleMs?: number;
}

/** Where a process runs: what its process ID and its clock mean elsewhere. Empty texts where the system does not tell. */
interface ProcessPlace {
  readonly host: string;
  /** Another one each time the machine is started. */
  readonly bootId: string;
  /** Of another namespace are the processes of another container. */
  readonly pidNamespace: string;
}

/** What a server writes of itself. */
interface ServerMark extends ProcessMark, ProcessPlace {
  /** ISO 8601. */
  readonly since: string;
  /** It has the folder; else it is finding out. */
  readonly holds: boolean;
  /** When it last showed that it lives: milliseconds since the machine was started, standby left out. */
  readonly beatMs: number;
}

/** Another server, as it was seen. */
interface Sighting {
  /** Nothing while it is being written. */
  readonly mark: ServerMark | undefined;
  /** Since when nothing has changed in it, by our own clock. */
  readonly sinceMs: number;
  readonly hasBeaten: boolean;
}

const markFile = /^server-[0-9a-f-]{36}\.json$/;
const markBytes = 1024;
const defaultBeatMs = 4000;
const defaultStaleMs = 20_000;
/** How often one looks at a server that may be dead, or may give way. */
const lookMs = 50;

/** The folder is another server's. */
export class DataFolderTakenError extends Error {
  /** Whether that one is of this process. */
  readonly isOwn: boolean;

  constructor(message: string, isOwn: boolean) {
    super(message);
    this.isOwn = isOwn;
  }
}

/**
 * One server for a data folder. Every server that wants it writes a mark under a name of its own, and only then looks for
 * others: of two, one at least sees the other. Who sees one that holds the folder is refused; who sees one that wants it
 * too is refused if the other's name comes first, and else waits until the other has decided. The mark of a dead server is
 * removed, which can hit no other, since names never come again: who takes over from it is a server like any.
 *
 * ```
 * writes its mark ─▶ others? ─┬─ none ─────────▶ holds ─▶ beats ─▶ release
 *                     ▲       ├─ one that holds ▶ refused
 *                     └───────┴─ dead: its mark is removed
 * ```
 */
export class DataFolderLock {
  readonly #folder: string;
  readonly #name = `server-${randomUUID()}.json`;
  readonly #since = new Date().toISOString();
  readonly #place = placeOfThisProcess();
  readonly #options: DataFolderLockOptions;
  readonly #staleMs: number;
  #holds = false;
  #isLost = false;
  #timer: NodeJS.Timeout | undefined;
  #beating: Promise<void> = Promise.resolve();
  #released: Promise<void> | undefined;

  private constructor(folder: string, options: DataFolderLockOptions) {
    this.#folder = folder;
    this.#options = options;
    this.#staleMs = options.staleMs ?? defaultStaleMs;
  }

  /**
   * Takes the folder. It waits only where a server of another container or machine may be dead: `staleMs` at most.
   *
   * @param folder made where it is missing
   * @throws Error with a sentence for the operator, if another server has it or it cannot be written; the signal's reason,
   *   if that aborts first
   */
  static async acquire(
    folder: string,
    options: DataFolderLockOptions = {},
    signal?: AbortSignal,
  ): Promise<DataFolderLock> {
    const lock = new DataFolderLock(folder, options);
    try {
      await lock.#announce();
      await lock.#outlastOthers(signal);
      lock.#holds = true;
      await lock.#beating;
      await lock.#rewrite();
    } catch (error) {
      await lock.release().catch(() => {}); // the first error counts
      const problem = systemProblem(error);
      if (problem === undefined) throw error;
      throw new Error(`expected a data folder that can be written at ${folder}; ${problem}.`, { cause: error });
    }
    return lock;
  }

  /** Gives the folder back. Idempotent: repeated calls return the same promise. */
  release(): Promise<void> {
    clearInterval(this.#timer);
    this.#released ??= this.#beating.then(() => rm(this.#path(), { force: true }));
    return this.#released;
  }

  #path(name = this.#name): string {
    return join(this.#folder, name);
  }

  /** Writes the mark, whole under its name at once, and lets it beat. */
  async #announce(): Promise<void> {
    makeFolder(this.#folder, 0o700);
    const part = `${this.#path()}.part`;
    try {
      await writeFile(part, this.#text(), { mode: 0o600 });
      await rename(part, this.#path());
    } catch (error) {
      await rm(part, { force: true }).catch(() => {}); // the first error counts
      throw error;
    }
    this.#timer = setInterval(() => {
      this.#beating = this.#beating.then(() => this.#beat());
    }, this.#options.beatMs ?? defaultBeatMs);
    this.#timer.unref(); // what is served keeps the process alive, not this
  }

  async #beat(): Promise<void> {
    try {
      if (!this.#released && !this.#isLost) await this.#rewrite();
    } catch (error) {
      // On any other error the next beat may do better.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return;
      clearInterval(this.#timer);
      this.#isLost = true; // beats that are due already tell it no second time
      if (this.#holds) this.#options.onLost?.();
    }
  }

  /** Writes the mark anew, in place: whoever lists the folder meanwhile sees its name. @throws `ENOENT` if it was removed */
  async #rewrite(): Promise<void> {
    const file = await open(this.#path(), 'r+');
    try {
      await file.write(this.#text(), 0);
    } finally {
      await file.close();
    }
  }

  #text(): string {
    const mark: ServerMark = {
      ...ownMark(),
      ...this.#place,
      since: this.#since,
      holds: this.#holds,
      beatMs: machineMs(),
    };
    return JSON.stringify(mark).padEnd(markBytes);
  }

  /** Resolves when no other server is there. @throws Error if one stays */
  async #outlastOthers(signal: AbortSignal | undefined): Promise<void> {
    const sightings = new Map<string, Sighting>();
    for (;;) {
      signal?.throwIfAborted();
      const names = (await readdir(this.#folder)).filter((name) => markFile.test(name) && name !== this.#name);
      for (const name of names) {
        const sighting = await this.#look(name, sightings.get(name));
        sightings.set(name, sighting);
        const life = this.#lifeOf(sighting);
        if (life === 'over') await rm(this.#path(name), { force: true });
        else if (life === 'sure' && (sighting.mark?.holds || name < this.#name)) throw this.#refusal(sighting.mark);
      }
      if (names.length === 0) return;
      await sleep(lookMs, undefined, signal ? { signal } : {}).catch(() => signal?.throwIfAborted());
    }
  }

  async #look(name: string, before: Sighting | undefined): Promise<Sighting> {
    const mark = await readMark(this.#path(name));
    const hasChanged = before !== undefined && before.mark?.beatMs !== mark?.beatMs;
    return {
      mark,
      sinceMs: before && !hasChanged ? before.sinceMs : performance.now(),
      hasBeaten: (before?.hasBeaten ?? false) || (hasChanged && before.mark !== undefined && mark !== undefined),
    };
  }

  /** Whether a server lives, as far as can be told from here. */
  #lifeOf({ mark, sinceMs, hasBeaten }: Sighting): 'sure' | 'perhaps' | 'over' {
    if (mark && isSamePlace(mark, this.#place)) return isAlive(mark) ? 'sure' : 'over';
    // The clock of another machine means nothing here: its mark is watched.
    const isSameMachine = mark !== undefined && mark.bootId !== '' && mark.bootId === this.#place.bootId;
    const silentMs = isSameMachine ? machineMs() - mark.beatMs : performance.now() - sinceMs;
    if (silentMs >= this.#staleMs) return 'over';
    return hasBeaten ? 'sure' : 'perhaps';
  }

  #refusal(mark: ServerMark | undefined): DataFolderTakenError {
    const holder = mark ? `process ${mark.pid} on ${mark.host} since ${mark.since}` : 'another server';
    return new DataFolderTakenError(
      `expected a data folder that no other server uses; ${this.#folder} is used by ${holder}. ` +
        `End that one, or set another folder (${settingName('dataDir')}).`,
      mark !== undefined && isSamePlace(mark, this.#place) && mark.pid === ownMark().pid,
    );
  }
}

async function readMark(path: string): Promise<ServerMark | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as ServerMark; // written above
  } catch {
    return undefined; // removed meanwhile, or being written
  }
}

function placeOfThisProcess(): ProcessPlace {
  return {
    host: hostname(),
    bootId: textOr('', () => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    pidNamespace: textOr('', () => readlinkSync('/proc/self/ns/pid')),
  };
}

const isSamePlace = (one: ProcessPlace, other: ProcessPlace): boolean =>
  one.bootId === other.bootId &&
  one.pidNamespace === other.pidNamespace &&
  (one.bootId !== '' || one.host === other.host);

/** Milliseconds since the machine was started, standby left out: the same in all its containers, whatever its clock says. */
const machineMs = (): number => Number(hrtime.bigint() / 1_000_000n);

function textOr(fallback: string, read: () => string): string {
  try {
    return read();
  } catch {
    return fallback;
  }
}
