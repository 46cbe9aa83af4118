import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kill, pid } from 'node:process';
import { killProcessesOf } from './left-processes.js';
import { makeFolder } from './make-folder.js';

const ownerFile = 'owner.json';

interface Owner {
  readonly pid: number;
  /** When the process was started, as the kernel counts it: a process ID alone comes again. */
  readonly startedAt: string;
}

/**
 * A folder for what lives only as long as this process: browser profiles, downloads. It bears its owner's mark, so that
 * the next start can tell what a killed one left behind.
 */
export class ScratchFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Makes a folder below `parent`, and removes those whose owner is gone, with the processes that were started for them. */
  static open(parent: string): ScratchFolder {
    makeFolder(parent, 0o700);
    sweep(parent);
    const path = mkdtempSync(join(parent, `${pid}-`));
    writeFileSync(join(path, ownerFile), JSON.stringify({ pid, startedAt: startOf(pid) } satisfies Owner));
    return new ScratchFolder(path);
  }

  /** Removes it with all it holds. Synchronous, so that it also works while the process exits. */
  remove(): void {
    rmSync(this.path, { recursive: true, force: true, maxRetries: 3 });
  }
}

function sweep(parent: string): void {
  for (const name of readdirSync(parent)) {
    const path = join(parent, name);
    const owner = ownerOf(path);
    // Without a mark it is either foreign or this very moment being made.
    if (!owner || isAlive(owner)) continue;
    killProcessesOf(path);
    rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  }
}

function ownerOf(path: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(join(path, ownerFile), 'utf8')) as Owner; // written above
  } catch {
    return undefined;
  }
}

function isAlive(owner: Owner): boolean {
  try {
    kill(owner.pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // there, but not ours
  }
  return owner.startedAt === startOf(owner.pid);
}

/** The start time of a process where the system tells it; the same text for every process elsewhere. */
function startOf(processId: number): string {
  try {
    // Field 22 of proc(5) `stat`; the second field may hold spaces, so count from its closing bracket.
    const fields = readFileSync(`/proc/${processId}/stat`, 'utf8').split(') ').at(-1)?.split(' ');
    return fields?.[19] ?? '';
  } catch {
    return '';
  }
}
