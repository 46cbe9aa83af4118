import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** A process of this machine. */
export interface ProcessEntry {
  readonly id: number;
  readonly parent: number;
  /** The program and its arguments. */
  readonly command: string;
  /** It has ended, and nobody has asked how. */
  readonly isOver: boolean;
}

/** Every process, the oldest IDs first. */
export function listProcesses(): ProcessEntry[] {
  // Where there is a /proc there need be no `ps`.
  const entries = process.platform === 'linux' ? fromProc() : fromPs();
  return entries.sort((a, b) => a.id - b.id);
}

/** Processes below one, the nearest first: its children, then theirs. */
export function descendantsOf(id: number): ProcessEntry[] {
  const all = listProcesses();
  const found: ProcessEntry[] = [];
  for (let parents = [id]; parents.length > 0; ) {
    const children = all.filter(({ parent }) => parents.includes(parent));
    found.push(...children);
    parents = children.map((child) => child.id);
  }
  return found;
}

/** Browser processes that this process started: their process IDs, oldest first. */
export const browserProcesses = (program = /chrom|headless|firefox|webkit/i): number[] =>
  listProcesses()
    .filter(({ parent, isOver }) => parent === process.pid && !isOver)
    .filter(({ command }) => program.test(command))
    .map(({ id }) => id);

/** Processes of tabs, of the Chromiums that this process started. */
export const rendererProcesses = (): number[] =>
  descendantsOf(process.pid)
    .filter(({ command }) => command.includes('--type=renderer'))
    .map(({ id }) => id);

/** Whether a process is there and has not ended. */
export const isRunning = (id: number): boolean => listProcesses().some((entry) => entry.id === id && !entry.isOver);

function fromProc(): ProcessEntry[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        // Behind the name, which may hold anything: state, parent, …
        const [state = '', parent = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return [{ id: Number(name), parent: Number(parent), command, isOver: state === 'Z' }];
      } catch {
        return []; // ended meanwhile
      }
    });
}

function fromPs(): ProcessEntry[] {
  const rows = execFileSync('ps', ['-axo', 'pid=,ppid=,stat=,command='], { encoding: 'utf8' }).trim().split('\n');
  return rows.map((row) => {
    const [, id = '', parent = '', state = '', command = ''] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(row) ?? [];
    return { id: Number(id), parent: Number(parent), command, isOver: state.startsWith('Z') };
  });
}
