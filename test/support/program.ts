import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { descendantsOf, isRunning } from './processes.js';
import type { Answer } from './start-app.js';

const root = join(import.meta.dirname, '..', '..');

export interface ProgramOptions {
  /** Environment variables over those of the tests. */
  readonly env?: Record<string, string>;
  /** Options of Node. */
  readonly nodeOptions?: readonly string[];
  /** What starts it. Default: Node with the program, which is built if it is stale. */
  readonly command?: readonly [string, ...string[]];
  /** Its working folder. Default: this repository. */
  readonly cwd?: string;
}

let isBuilt = false;
/** Builds what is stale, once. */
function build(): void {
  if (isBuilt) return;
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts', 'build.mjs')]);
  if (status !== 0) throw new Error(String(stderr));
  isBuilt = true;
}

/** The program as a user starts it, on a free port, with a data folder of its own. */
export class Program {
  readonly child: ChildProcess;
  readonly folder: string;
  output = '';
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;

  constructor({ env = {}, nodeOptions = [], command, cwd = root }: ProgramOptions = {}) {
    if (!command) build();
    this.folder = env.MOORING_DATA_DIR ?? mkdtempSync(join(tmpdir(), 'mooring-program-'));
    const [program, ...args] = command ?? [process.execPath, ...nodeOptions, join(root, 'dist', 'cli', 'main.js')];
    this.child = spawn(program, args, {
      cwd,
      env: { ...process.env, MOORING_PORT: '0', MOORING_DATA_DIR: this.folder, ...env },
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.output += chunk.toString();
      });
    }
    this.exited = new Promise((resolve) => this.child.once('exit', (code, signal) => resolve({ code, signal })));
  }

  /** Waits for the banner. @returns the address */
  async address(): Promise<string> {
    const until = performance.now() + 60_000;
    while (this.isUp && performance.now() < until) {
      const address = /listens on (\S+)/.exec(this.output)?.[1];
      if (address !== undefined) return address;
      await sleep(50);
    }
    throw new Error(`the program does not listen: ${this.output}`);
  }

  /** Posts one command. */
  async send(body: object, key?: string): Promise<Answer> {
    const url = `${await this.address()}/api/v1${key === undefined ? '' : `?key=${key}`}`;
    const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) }).catch((cause) => {
      throw new Error(`the server does not answer; its output ends with ${this.output.slice(-2000)}`, { cause });
    });
    return { status: response.status, headers: response.headers, body: await response.json() };
  }

  /** Memory of the process, which the heap is a part of. Linux alone. */
  get residentMb(): number {
    const status = readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
  }

  get isUp(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Process IDs of everything below it, the nearest first. */
  descendants(program = /./): number[] {
    return descendantsOf(this.child.pid ?? -1)
      .filter(({ command, isOver }) => !isOver && program.test(command))
      .map(({ id }) => id);
  }

  /** Ends it and all that it started, however it is, and removes its folder. */
  async end(): Promise<void> {
    const below = this.descendants();
    this.child.kill('SIGTERM');
    const late = setTimeout(() => this.child.kill('SIGKILL'), 15_000);
    await this.exited;
    clearTimeout(late);
    for (const id of below.filter(isRunning)) {
      try {
        process.kill(id, 'SIGKILL');
      } catch {
        // It ended this very moment.
      }
    }
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
