import { memoryLimitBytes } from '../util/memory.js';

/** Beyond this a machine runs out of other things than memory: process IDs, file descriptors. */
const mostProcesses = 500;

/**
 * How many browser processes of other user agents a quarter of the memory holds; one at least. The rest is for the sessions
 * in them.
 *
 * @param bytesPerProcess what one process more costs before it has sessions
 */
export function affordableProcesses(bytesPerProcess: number, memoryBytes: number = memoryLimitBytes()): number {
  return Math.min(mostProcesses, Math.max(1, Math.floor(memoryBytes / 4 / bytesPerProcess)));
}
