import { env } from 'node:process';

/**
 * Threads that this process has for files, compression and looking up names.
 *
 * @see https://nodejs.org/api/cli.html#uv_threadpool_sizesize (4, unless it was set when the process began)
 */
export function threadPoolSize(): number {
  const size = Number.parseInt(env.UV_THREADPOOL_SIZE ?? '', 10);
  return size >= 1 ? Math.min(size, 1024) : 4;
}
