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

/** What a session with a small page holds: in the headless shell, and in a whole browser. */
const bytesPerSession = { shell: 20 * 1024 ** 2, whole: 50 * 1024 ** 2 };

/** How many open sessions three quarters of the memory hold; ten at least. The rest is for the browsers and the server. */
export function affordableSessions(
  { build }: { readonly build: string },
  memoryBytes: number = memoryLimitBytes(),
): number {
  const each = bytesPerSession[build === 'shell' ? 'shell' : 'whole'];
  return Math.min(5000, Math.max(10, Math.floor((memoryBytes * 3) / 4 / each)));
}
