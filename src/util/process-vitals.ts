import { readdirSync, readFileSync } from 'node:fs';

/** What the system tells of a process. */
export interface ProcessVitals {
  /** A signal has stopped it. */
  readonly isStopped: boolean;
  /** It waits for a disk, or for memory to be swapped in. */
  readonly isWaitingForDisk: boolean;
  /** How long its main thread has run, milliseconds since its start. */
  readonly ranMs: number;
  /** How long it was ready to run and found no processor, milliseconds since its start. */
  readonly waitedForCpuMs: number;
  /** Memory of its own, bytes. */
  readonly privateBytes: number;
}

const pageBytes = 4096;

/** The vitals of a process; nothing where the system does not tell (anything but Linux), or when it is over. */
export function readVitals(processId: number): ProcessVitals | undefined {
  try {
    const stat = readFileSync(`/proc/${processId}/stat`, 'utf8');
    // proc(5): the state stands behind the name, which may hold anything.
    const state = stat.slice(stat.lastIndexOf(')') + 2)[0];
    const [runNs = '0', delayNs = '0'] = readFileSync(`/proc/${processId}/schedstat`, 'utf8').split(' ');
    return {
      isStopped: state === 'T' || state === 't',
      isWaitingForDisk: state === 'D',
      ranMs: Number(runNs) / 1e6,
      waitedForCpuMs: Number(delayNs) / 1e6,
      privateBytes: privateBytesOf(processId),
    };
  } catch {
    return undefined;
  }
}

export interface DescendantProcess {
  readonly processId: number;
  /** Its program and arguments, separated by spaces. */
  readonly command: string;
  /** Memory of its own, bytes. */
  readonly privateBytes: number;
}

/**
 * The processes below one; none where the system does not tell.
 *
 * @param hasChildren whether a process of that command may have any: looking for them is most of the work
 */
export function readDescendants(
  processId: number,
  hasChildren: (command: string) => boolean = () => true,
): DescendantProcess[] {
  try {
    const threads = readdirSync(`/proc/${processId}/task`);
    const children = threads.flatMap((thread) =>
      readFileSync(`/proc/${processId}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    );
    return children.flatMap((child) => {
      const command = commandOf(child);
      const below = hasChildren(command) ? readDescendants(child, hasChildren) : [];
      return [{ processId: child, command, privateBytes: privateBytesOf(child) }, ...below];
    });
  } catch {
    return []; // ended meanwhile
  }
}

const commandOf = (processId: number): string =>
  readFileSync(`/proc/${processId}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();

function privateBytesOf(processId: number): number {
  const [, resident = '0', shared = '0'] = readFileSync(`/proc/${processId}/statm`, 'utf8').split(' ');
  return (Number(resident) - Number(shared)) * pageBytes;
}
