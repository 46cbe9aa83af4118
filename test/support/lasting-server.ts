import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { AnyJson } from './any-json.js';
import { listProcesses } from './processes.js';
import { Program, type ProgramOptions } from './program.js';

export type Reply = AnyJson;

export interface LastingServerOptions extends Pick<ProgramOptions, 'nodeOptions'> {
  /** Environment variables over those of the tests. */
  readonly env?: Record<string, string>;
  /** Made here if omitted, and then removed by `end`. */
  readonly folder?: string;
}

/** The key that states are sealed with, if a test names no other. */
export const stateKey = '5e'.repeat(32);

/** The program on a data folder that outlives it: ended in every way, and started again on what it left. */
export class LastingServer {
  readonly folder: string;
  readonly #options: LastingServerOptions;
  readonly #isFolderOwn: boolean;
  /** Where it listened, each time. */
  readonly addresses: string[] = [];
  #program: Program | undefined;
  #isListening = false;
  readonly #asked = new Set<Promise<Reply>>();

  constructor(options: LastingServerOptions = {}) {
    this.#options = options;
    this.#isFolderOwn = options.folder === undefined;
    this.folder = options.folder ?? mkdtempSync(join(tmpdir(), 'mooring-lasting-'));
  }

  get program(): Program {
    if (!this.#program) throw new Error('expected a server that was started');
    return this.#program;
  }

  /** Where records are. */
  get stateFolder(): string {
    return join(this.folder, 'state');
  }

  /** Whether it has said that it listens, and has not ended. */
  get isUp(): boolean {
    return this.#isListening && this.program.isUp;
  }

  /** How often it was started. */
  get starts(): number {
    return this.addresses.length;
  }

  /** Another process on the same folder, started as this one is. */
  spawn(env: Record<string, string> = {}): Program {
    return new Program({
      ...this.#options,
      env: {
        MOORING_DATA_DIR: this.folder,
        MOORING_STATE_KEY: stateKey,
        MOORING_PRIVATE_NETWORKS: '127.0.0.0/8',
        MOORING_LOG_LEVEL: 'warn',
        ...this.#options.env,
        ...env,
      },
    });
  }

  async start(env: Record<string, string> = {}): Promise<void> {
    this.#isListening = false;
    this.#program = this.spawn(env);
    this.addresses.push(await this.#program.address());
    this.#isListening = true;
  }

  /** Ends it as the kernel does when memory is short. What it has answered has come to the callers then. */
  async kill(): Promise<void> {
    this.program.child.kill('SIGKILL');
    await this.program.exited;
    await this.#answered();
  }

  /** Asks it to end. @returns its exit code */
  async terminate(): Promise<number | null> {
    this.program.child.kill('SIGTERM');
    const { code } = await this.program.exited;
    await this.#answered();
    return code;
  }

  async #answered(): Promise<void> {
    await Promise.allSettled(this.#asked);
    await setImmediate(); // and whoever waited for them has gone on
  }

  /** @throws Error if the server is not there, or goes before it has answered */
  async send(body: object, signal?: AbortSignal): Promise<Reply> {
    const reply = this.#send(body, signal);
    this.#asked.add(reply);
    try {
      return await reply;
    } finally {
      this.#asked.delete(reply);
    }
  }

  async #send(body: object, signal?: AbortSignal): Promise<Reply> {
    const address = this.addresses.at(-1);
    const text = JSON.stringify(body);
    const response = await fetch(`${address}/api/v1`, { method: 'POST', body: text, ...(signal ? { signal } : {}) });
    return await response.json();
  }

  /** @throws Error if the reply is not a success */
  async ok(body: object): Promise<Reply> {
    const reply = await this.send(body);
    if (reply.data !== 'success') throw new Error(`expected a success; got ${JSON.stringify(reply)}`);
    return reply;
  }

  /** Processes of its browsers, not those below them. */
  get browsers(): number[] {
    const server = this.program.child.pid;
    return listProcesses()
      .filter(({ parent, isOver, command }) => parent === server && !isOver && /chrom|headless/i.test(command))
      .map(({ id }) => id);
  }

  get renderers(): number[] {
    return this.program.descendants(/--type=renderer/);
  }

  /** Every process that was started for this folder, by whichever server. Linux alone. */
  get processes(): number[] {
    return listProcesses()
      .filter(({ id, isOver }) => !isOver && id !== process.pid)
      .filter(({ id, command }) => command.includes(this.folder) || environmentOf(id).includes(this.folder))
      .map(({ id }) => id);
  }

  /** Files of a session's records, the newest first, of a server without API keys. */
  recordsOf(session: string): string[] {
    const address = createHash('sha256')
      .update(JSON.stringify(['nobody', session]))
      .digest('hex');
    const generationOf = (name: string): number => Number(name.split('.')[1]);
    return readdirSync(this.stateFolder)
      .filter((name) => name.startsWith(address) && !name.endsWith('.part'))
      .sort((a, b) => generationOf(b) - generationOf(a))
      .map((name) => join(this.stateFolder, name));
  }

  /** Ends it however it is, with all that was started for it. */
  async end(): Promise<void> {
    if (this.#program?.isUp) {
      const late = setTimeout(() => this.#program?.child.kill('SIGKILL'), 45_000);
      await this.terminate();
      clearTimeout(late);
    }
    for (const id of this.processes) {
      try {
        process.kill(id, 'SIGKILL');
      } catch {
        // It ended this very moment.
      }
    }
    if (this.#isFolderOwn) rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Turns over one bit of a file. @param part where: 0 the first byte, 1 the last */
export function flipBit(path: string, part: number): void {
  const bytes = readFileSync(path);
  const at = Math.min(bytes.length - 1, Math.floor(bytes.length * part));
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

function environmentOf(id: number): string {
  try {
    return readFileSync(`/proc/${id}/environ`, 'utf8');
  } catch {
    return ''; // it ended meanwhile, or is another user's
  }
}
