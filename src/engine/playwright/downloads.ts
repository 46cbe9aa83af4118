import { readFile, stat } from 'node:fs/promises';
import type { Download } from 'playwright-core';
import { MooringError } from '../../errors.js';

/**
 * Waits for a download and reads it; its file is deleted in any case.
 *
 * @throws MooringError `RESPONSE_TOO_LARGE`, `CODE-0006` when it breaks off or the signal ends it
 */
export async function readDownload(download: Download, maxBytes: number, signal: AbortSignal): Promise<Uint8Array> {
  const url = download.url();
  const cancel = (): void => void download.cancel().catch(() => {}); // gone with the context at the latest
  signal.addEventListener('abort', cancel, { once: true });
  if (signal.aborted) cancel();
  try {
    const path = await download.path();
    assertFits((await stat(path)).size, maxBytes, url);
    return await readFile(path);
  } catch (error) {
    if (error instanceof MooringError) throw error;
    const reason = (await download.failure().catch(() => null)) ?? 'no reason';
    throw new MooringError('CODE-0006', `expected the download of ${url} to finish; the browser says ${reason}.`, {
      cause: error,
    });
  } finally {
    signal.removeEventListener('abort', cancel);
    discardDownload(download);
  }
}

/** Stops a download and deletes what came of it. */
export function discardDownload(download: Download): void {
  download
    .cancel()
    .then(() => download.delete())
    .catch(() => {}); // gone with the context at the latest
}

/** @throws MooringError `RESPONSE_TOO_LARGE` */
export function assertFits(bytes: number, maxBytes: number, url: string): void {
  if (bytes <= maxBytes) return;
  throw new MooringError(
    'RESPONSE_TOO_LARGE',
    `expected at most ${maxBytes} bytes (MOORING_RESPONSE_LIMIT) from ${url}; it has ${bytes}.`,
  );
}
