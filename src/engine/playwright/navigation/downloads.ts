import { readFile, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Download } from 'playwright-core';
import { MooringError, settingName } from '../../../errors.js';
import { downloadPathOf } from '../driver/driver-transport.js';

const sizePollMs = 100;
/** What browsers add to the name of a file that is not complete. */
const partialEndings = ['', '.crdownload', '.part'] as const;

/** A download that is stopped when it outgrows its limit, while it comes. */
export class LimitedDownload {
  readonly download: Download;
  readonly #maxBytes: number;
  readonly #over = new AbortController();
  readonly #tooLarge: Promise<never>;

  constructor(download: Download, maxBytes: number) {
    this.download = download;
    this.#maxBytes = maxBytes;
    this.#tooLarge = this.#watchSize();
    this.#tooLarge.catch(() => {}); // told to whoever reads it
  }

  /**
   * Waits for it and reads it; its file is deleted in any case.
   *
   * @throws MooringError `RESPONSE_TOO_LARGE` as soon as it is, `NO_RESPONSE` when it breaks off or the signal ends it
   */
  async read(signal: AbortSignal): Promise<Uint8Array> {
    const { download } = this;
    const url = download.url();
    const cancel = (): void => void download.cancel().catch(() => {}); // gone with the context at the latest
    signal.addEventListener('abort', cancel, { once: true });
    if (signal.aborted) cancel();
    try {
      const path = await Promise.race([download.path(), this.#tooLarge]);
      assertFits((await stat(path)).size, this.#maxBytes, url);
      return await readFile(path);
    } catch (error) {
      if (error instanceof MooringError) throw error;
      const reason = (await download.failure().catch(() => null)) ?? 'no reason';
      throw new MooringError('NO_RESPONSE', `expected the download of ${url} to finish; the browser says ${reason}.`, {
        cause: error,
      });
    } finally {
      signal.removeEventListener('abort', cancel);
      this.discard();
    }
  }

  /** Stops it and deletes what came of it. */
  discard(): void {
    this.#over.abort();
    discardDownload(this.download);
  }

  /** Not every browser tells how much of a file it has; the file does. */
  async #watchSize(): Promise<never> {
    const { signal } = this.#over;
    this.download.failure().then(
      () => this.#over.abort(),
      () => this.#over.abort(),
    ); // it is over
    const path = downloadPathOf(this.download);
    for (;;) {
      await sleep(sizePollMs, undefined, { signal, ref: false }).catch(() => {}); // it is over
      if (signal.aborted) return new Promise(() => {});
      const sizes = await Promise.all(partialEndings.map((ending) => sizeOf(path + ending)));
      try {
        assertFits(Math.max(...sizes), this.#maxBytes, this.download.url());
      } catch (error) {
        this.discard();
        throw error;
      }
    }
  }
}

const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0, // not there yet, or no more
  );

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
    `expected at most ${maxBytes} bytes (${settingName('responseLimit')}) from ${url}; it has ${bytes}.`,
  );
}
