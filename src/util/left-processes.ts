import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { kill, pid, platform } from 'node:process';

/** Ends, without asking them, the processes that were started to keep their files in a folder. */
export function killProcessesOf(folder: string): void {
  for (const id of platform === 'linux' ? fromProc(folder) : fromPs(folder)) {
    try {
      kill(id, 'SIGKILL');
    } catch {
      // It ended by itself, or is not ours to end.
    }
  }
}

/** Those that have the folder in their environment or their arguments. */
function fromProc(folder: string): number[] {
  const ids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== pid);
  return ids.map(Number).filter((id) => {
    try {
      return ['environ', 'cmdline'].some((file) => bears(readFileSync(`/proc/${id}/${file}`, 'utf8'), folder));
    } catch {
      return false; // ended meanwhile, or another user's
    }
  });
}

function fromPs(folder: string): number[] {
  const { stdout } = spawnSync('ps', ['-axwwo', 'pid=,command='], { encoding: 'utf8' });
  return (stdout ?? '')
    .split('\n')
    .filter((line) => bears(line, folder))
    .map((line) => Number.parseInt(line, 10))
    .filter((id) => id > 0 && id !== pid);
}

/** Whether a text has the folder, or something in it; not one whose name only begins alike. */
function bears(text: string, folder: string): boolean {
  for (let at = text.indexOf(folder); at >= 0; at = text.indexOf(folder, at + 1)) {
    const next = text[at + folder.length];
    if (next === undefined || !/[\w-]/.test(next)) return true;
  }
  return false;
}
