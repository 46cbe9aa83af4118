import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from './start-app.js';

const root = join(import.meta.dirname, '..', '..');

/** The compiled server in a process of its own, for tests of what may end a process or fill its memory. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #folder: string;
  #output = '';
  #url = '';

  private constructor(heapMb: number, settings: Record<string, string>) {
    this.#folder = mkdtempSync(join(tmpdir(), 'mooring-server-'));
    const env = { ...process.env, MOORING_PORT: '0', MOORING_DATA_DIR: this.#folder, ...settings };
    const main = join(root, 'dist', 'main.js');
    this.#child = spawn(process.execPath, [`--max-old-space-size=${heapMb}`, main], { cwd: this.#folder, env });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString();
      });
  }

  static async start(heapMb: number, settings: Record<string, string> = {}): Promise<ServerProcess> {
    const built = spawnSync(process.execPath, [join(root, 'scripts', 'build.mjs')]);
    if (built.status !== 0) throw new Error(String(built.stderr));
    const server = new ServerProcess(heapMb, settings);
    while (server.#url === '') {
      if (!server.isUp) throw new Error(`the server did not start: ${server.#output}`);
      await sleep(50);
      server.#url = /listens on (\S+)/.exec(server.#output)?.[1] ?? '';
    }
    return server;
  }

  get isUp(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get output(): string {
    return this.#output;
  }

  /** Memory of the process, which the heap is a part of. Linux alone. */
  get residentMb(): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
  }

  async send(body: object): Promise<Answer> {
    const response = await fetch(`${this.#url}/api/v1`, { method: 'POST', body: JSON.stringify(body) }).catch(
      (cause) => {
        throw new Error(`the server does not answer; its output ends with ${this.#output.slice(-2000)}`, { cause });
      },
    );
    return { status: response.status, headers: response.headers, body: await response.json() };
  }

  async close(): Promise<void> {
    if (this.isUp) {
      const over = new Promise((resolve) => this.#child.once('exit', resolve));
      this.#child.kill('SIGTERM');
      await over;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
