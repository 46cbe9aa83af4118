import { readdirSync, readFileSync } from 'node:fs';
import { setPriority } from 'node:os';

/**
 * Lets the threads of one name in a process run behind others, for good: who may not raise a priority cannot take that
 * back. Does nothing where the system does not tell threads (anything but Linux), or when the process is over.
 *
 * @param name at most the first fifteen characters of it, which is what the system keeps
 * @param niceness 0 as others, to 19 behind all of them; see `setpriority(2)`, which takes a thread on Linux
 */
export function yieldThreads(processId: number, name: string, niceness: number): void {
  for (const thread of threadsOf(processId)) {
    try {
      if (readFileSync(`/proc/${processId}/task/${thread}/comm`, 'utf8').trim() === name) setPriority(thread, niceness);
    } catch {
      // It ended meanwhile, or is not ours to change.
    }
  }
}

function threadsOf(processId: number): number[] {
  try {
    return readdirSync(`/proc/${processId}/task`).map(Number);
  } catch {
    return [];
  }
}
