import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { gzipSync } from 'node:zlib';

export interface UiFile {
  readonly type: string;
  readonly body: Buffer;
  readonly gzipped: Buffer;
}

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** The built dashboard, read into memory when it is first asked for: it is small, and nothing else of the disk can be named. */
export class UiFiles {
  readonly #folder: string;
  #files: ReadonlyMap<string, UiFile> | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @param path within the folder, with slashes. @returns undefined if there is no such file */
  find(path: string): UiFile | undefined {
    this.#files ??= readAll(this.#folder);
    return this.#files.get(path);
  }
}

function readAll(folder: string): ReadonlyMap<string, UiFile> {
  const files = new Map<string, UiFile>();
  for (const path of pathsIn(folder)) {
    const body = readFileSync(path);
    const type = types[extname(path)] ?? 'application/octet-stream';
    files.set(relative(folder, path).split(sep).join('/'), { type, body, gzipped: gzipSync(body) });
  }
  return files;
}

/** Every file below; none where there is no such folder: a checkout that was never built. */
function pathsIn(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? pathsIn(path) : [path];
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []; // Node's errors have one
    throw error;
  }
}
