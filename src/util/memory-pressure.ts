import { readFileSync } from 'node:fs';
import { freemem, totalmem } from 'node:os';

/** How much memory is left, of what this process and its children may use. */
export interface MemoryLeft {
  readonly limitBytes: number;
  readonly leftBytes: number;
  /** The part of the last ten seconds that some process waited for memory, 0 to 1; 0 where the system does not tell. */
  readonly stalledPart: number;
}

/** Where the kernel tells of memory. */
export interface MemoryFiles {
  /** `/proc` */
  readonly proc: string;
  /** The control group of this process, `/sys/fs/cgroup`. */
  readonly cgroup: string;
}

const systemFiles: MemoryFiles = { proc: '/proc', cgroup: '/sys/fs/cgroup' };

/**
 * Reads how much memory is left: of the machine, or of the control group (v2, else v1) where that has less.
 *
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html, https://docs.kernel.org/accounting/psi.html
 */
export function memoryLeft(files: MemoryFiles = systemFiles): MemoryLeft {
  const machine = machineMemory(files);
  const group = groupMemory(files);
  const scarcest = group && group.leftBytes < machine.leftBytes ? group : machine;
  const stalledPart = stalledIn(`${files.cgroup}/memory.pressure`) ?? stalledIn(`${files.proc}/pressure/memory`) ?? 0;
  return { ...scarcest, stalledPart };
}

function machineMemory({ proc }: MemoryFiles): Omit<MemoryLeft, 'stalledPart'> {
  const text = read(`${proc}/meminfo`);
  const bytesOf = (name: string): number | undefined => {
    const kibibytes = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1];
    return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
  };
  return { limitBytes: bytesOf('MemTotal') ?? totalmem(), leftBytes: bytesOf('MemAvailable') ?? freemem() };
}

/** What files keep in memory is given back when it is needed, so it counts as left. */
function groupMemory({ cgroup }: MemoryFiles): Omit<MemoryLeft, 'stalledPart'> | undefined {
  const [limit, used, stat] = [
    ['memory.max', 'memory.current', 'memory.stat'],
    ['memory/memory.limit_in_bytes', 'memory/memory.usage_in_bytes', 'memory/memory.stat'],
  ]
    .map((names) => names.map((name) => read(`${cgroup}/${name}`)))
    .find(([first]) => first !== '') ?? ['', '', ''];
  const limitBytes = Number(limit || Number.NaN); // `max`: none
  if (!Number.isFinite(limitBytes) || limitBytes <= 0 || limitBytes > totalmem()) return undefined;
  const cachedIn = (name: string): string | undefined => new RegExp(`^${name} (\\d+)$`, 'm').exec(stat ?? '')?.[1];
  const cached = Number(cachedIn('total_inactive_file') ?? cachedIn('inactive_file') ?? 0); // v1 tells both
  return { limitBytes, leftBytes: Math.max(0, limitBytes - Number(used) + cached) };
}

function stalledIn(path: string): number | undefined {
  const percent = /^some avg10=(\d+(?:\.\d+)?)/m.exec(read(path))?.[1];
  return percent === undefined ? undefined : Number(percent) / 100;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}
