import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pid } from 'node:process';
import { killProcessesOf } from './left-processes.js';
import { makeFolder } from './make-folder.js';
import { isAlive, ownMark, type ProcessMark } from './process-mark.js';

const ownerFile = 'owner.json';

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
    writeFileSync(join(path, ownerFile), JSON.stringify(ownMark()));
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

function ownerOf(path: string): ProcessMark | undefined {
  try {
    return JSON.parse(readFileSync(join(path, ownerFile), 'utf8')) as ProcessMark; // written above
  } catch {
    return undefined;
  }
}
