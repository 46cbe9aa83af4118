import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a folder and those above it. Node's own `recursive` never returns where the system says that the parent of a new
 * folder is not there although it is, as below `/proc`.
 *
 * @throws the system's error; `ENOTDIR` when a file is in the way
 */
export function makeFolder(path: string, mode = 0o777): void {
  const missing: string[] = [];
  let at = path;
  for (; !existsSync(at) && dirname(at) !== at; at = dirname(at)) missing.push(at);
  if (!statSync(at).isDirectory()) throw Object.assign(new Error(`${at} is a file`), { code: 'ENOTDIR' });
  for (const folder of missing.reverse()) {
    try {
      mkdirSync(folder, { mode });
    } catch (error) {
      // Another start may have made it meanwhile.
      if (!existsSync(folder) || !statSync(folder).isDirectory()) throw error;
    }
  }
}
