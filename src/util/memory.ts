import { totalmem } from 'node:os';

/**
 * Bytes of memory that this process and its children may use: the machine's, or the limit of the control group (v1 or v2)
 * where that is lower. A container sees the machine's memory in `os.totalmem()`, whatever it may use of it.
 *
 * @see https://nodejs.org/api/process.html#processconstrainedmemory (0, or a number beyond any memory: no limit)
 */
export function memoryLimitBytes(
  totalBytes: number = totalmem(),
  constrainedBytes: number | undefined = process.constrainedMemory(),
): number {
  return constrainedBytes ? Math.min(totalBytes, constrainedBytes) : totalBytes;
}
