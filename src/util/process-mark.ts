import { readFileSync } from 'node:fs';
import { kill, pid } from 'node:process';

/** Names a process for later ones, which can tell by it whether it still runs. */
export interface ProcessMark {
  readonly pid: number;
  /** When the process was started, as the kernel counts it: a process ID alone comes again. */
  readonly startedAt: string;
}

/** The mark of this process. */
export const ownMark = (): ProcessMark => ({ pid, startedAt: startOf(pid) });

/** Whether the process of a mark still runs. Only for marks of processes that this one can see. */
export function isAlive(mark: ProcessMark): boolean {
  try {
    kill(mark.pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // there, but not ours
  }
  return mark.startedAt === startOf(mark.pid);
}

/** The start time of a process where the system tells it, and is not over; the same text for every process elsewhere. */
function startOf(processId: number): string {
  try {
    // proc(5) `stat`: the second field may hold spaces, so count from its closing bracket. Field 3 is the state, 22 the start.
    const fields = readFileSync(`/proc/${processId}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return fields[0] === 'Z' ? 'over' : (fields[19] ?? '');
  } catch {
    return '';
  }
}
