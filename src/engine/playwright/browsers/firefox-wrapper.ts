import { execFile } from 'node:child_process';
import { type FileHandle, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * The script that a Firefox is started by.
 *
 * - It drops a variable that the driver sets, by which one dead tab takes the whole browser along.
 * - It leaves a watcher behind that ends the browser when this server is gone, whatever ended it: a Firefox that is spoken
 *   to over a socket would go on for ever. The watcher reads from a pipe that nobody writes to; the server's end is closed
 *   by the system at the latest.
 */
export class FirefoxWrapper {
  readonly path: string;
  readonly #folder: string;
  #serverEnd: FileHandle | undefined;

  private constructor(folder: string, serverEnd: FileHandle | undefined) {
    this.#folder = folder;
    this.#serverEnd = serverEnd;
    this.path = join(folder, 'firefox.sh');
  }

  /** @param scratchDir where its files are, until the browser runs */
  static async make(executablePath: string, scratchDir: string): Promise<FirefoxWrapper> {
    const folder = await mkdtemp(join(scratchDir, 'mooring-firefox-'));
    const pipe = join(folder, 'server');
    const serverEnd = await openPipe(pipe);
    const wrapper = new FirefoxWrapper(folder, serverEnd);
    // The shell's own ID is the browser's after `exec`, and that of its process group.
    const watcher = `(read -r _ <${quoted(pipe)}; kill -9 -$$) </dev/null >/dev/null 2>&1 &`;
    const lines = [
      '#!/bin/sh',
      'unset MOZ_CRASHREPORTER_SHUTDOWN',
      ...(serverEnd ? [watcher] : []),
      `exec ${quoted(executablePath)} "$@"`,
    ];
    await writeFile(wrapper.path, `${lines.join('\n')}\n`, { mode: 0o700 });
    return wrapper;
  }

  /** Removes its files: what runs needs them no more. */
  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Lets go of the watcher; the browser, if it still runs, ends. */
  async release(): Promise<void> {
    const end = this.#serverEnd;
    this.#serverEnd = undefined;
    await end?.close();
  }
}

/** A named pipe that is held open; nothing where the system has none. */
async function openPipe(path: string): Promise<FileHandle | undefined> {
  try {
    await run('mkfifo', ['-m', '600', path]);
    return await open(path, 'r+'); // for both ways, or it would wait for a reader
  } catch {
    return undefined;
  }
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
