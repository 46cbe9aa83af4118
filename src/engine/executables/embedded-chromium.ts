import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress } from 'node:zlib';
import { extract } from 'tar-fs';
import { makeFolder } from '../../util/make-folder.js';

/** The browser inside the npm package `@sparticuz/chromium`: a headless shell for Linux on x64. */
export interface EmbeddedChromium {
  readonly version: string;
  /** Unpacks it, once for each version, and returns where it is. */
  unpack(cacheDir: string): Promise<UnpackedChromium>;
}

export interface UnpackedChromium {
  readonly executablePath: string;
  /** Libraries that Chromium needs and that a bare system may lack (NSS and its like). */
  readonly libraryPath: string;
  /** A fontconfig file that names the fonts in the package, for a system that has none. */
  readonly fontsConfigPath: string;
}

/** The files of the package, and where each is unpacked, relative to the folder of the version. */
const archives = [
  { file: 'chromium.br', to: 'chromium', tar: false },
  { file: 'swiftshader.tar.br', to: '.', tar: true },
  { file: 'fonts.tar.br', to: 'fonts', tar: true },
  { file: 'al2023.tar.br', to: 'libraries', tar: true },
] as const;

/** The embedded browser, where this platform and this installation have one. */
export async function findEmbeddedChromium(): Promise<EmbeddedChromium | undefined> {
  if (platform() !== 'linux' || arch() !== 'x64') return undefined;
  const folder = packageFolder();
  if (!folder || !existsSync(join(folder, 'bin', 'chromium.br'))) return undefined;
  const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string }; // npm's own file
  return { version, unpack: (cacheDir) => unpack(join(folder, 'bin'), join(cacheDir, `chromium-${version}`)) };
}

function packageFolder(): string | undefined {
  try {
    // The package exports only its entry, which lies in `build/<kind>/`.
    return join(dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium')), '..', '..');
  } catch {
    return undefined; // an optional dependency
  }
}

/**
 * Unpacks into a folder beside the target and moves it there in one step, so that a start that is cut off leaves no
 * half browser, and two starts at once do not meet.
 */
async function unpack(bin: string, target: string): Promise<UnpackedChromium> {
  if (!existsSync(target)) {
    makeFolder(dirname(target));
    await removeStale(dirname(target));
    const staging = await mkdtemp(join(dirname(target), 'unpacking-'));
    try {
      await Promise.all(archives.map((archive) => unpackOne(join(bin, archive.file), staging, archive)));
      await chmod(join(staging, 'chromium'), 0o755);
      await writeFile(join(staging, 'fonts.conf'), fontsConfig(target));
      await rename(staging, target);
    } catch (error) {
      await rm(staging, { recursive: true, force: true });
      if (!existsSync(target)) throw error; // another start was first otherwise
    }
  }
  return {
    executablePath: join(target, 'chromium'),
    libraryPath: join(target, 'libraries', 'lib'),
    fontsConfigPath: join(target, 'fonts.conf'),
  };
}

/** The package's own file names the folders of a cloud function. */
const fontsConfig = (folder: string): string => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${join(folder, 'fonts')}</dir>
  <cachedir>${join(folder, 'fonts-cache')}</cachedir>
</fontconfig>
`;

async function unpackOne(source: string, folder: string, archive: (typeof archives)[number]): Promise<void> {
  const to = join(folder, archive.to);
  await pipeline(createReadStream(source), createBrotliDecompress(), archive.tar ? extract(to) : createWriteStream(to));
}

const staleAfterMs = 600_000;

/** Removes what an unpacking that was cut off left behind. */
async function removeStale(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith('unpacking-')) continue;
    const path = join(folder, name);
    const age = Date.now() - (await stat(path).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs;
    if (age > staleAfterMs) await rm(path, { recursive: true, force: true });
  }
}
