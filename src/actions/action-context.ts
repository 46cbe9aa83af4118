import type { DownloadedFile, EngineContext, EnginePage, PageActor, StepLimits } from '../engine/engine.js';
import { MooringError, settingName } from '../errors.js';
import type { DownloadOutput } from '../protocol/replies/solution.js';

/** What actions bring back, in the order in which they ran. */
export class ActionResults {
  readonly javascriptReturn: unknown[] = [];
  /** PNGs as base64. */
  readonly screenshots: string[] = [];
  readonly downloads: DownloadOutput[] = [];
  readonly #maxBytes: number;
  #bytes = 0;

  /** @param maxBytes how much all of it may be together */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Keeps what JSON can hold of a value; the rest is null. @throws MooringError `RESPONSE_TOO_LARGE` */
  addReturn(value: unknown): void {
    const text = toJson(value);
    this.#take(text.length);
    this.javascriptReturn.push(JSON.parse(text));
  }

  /** @throws MooringError `RESPONSE_TOO_LARGE` */
  addScreenshot(png: Uint8Array): void {
    this.#take(png.byteLength);
    this.screenshots.push(Buffer.from(png).toString('base64'));
  }

  /**
   * Keeps a file, its bytes or a link to them.
   *
   * @throws MooringError `RESPONSE_TOO_LARGE`
   */
  addDownload({ name, type, bytes }: Omit<DownloadedFile, 'url'>, link?: string): void {
    const described = { name, type, size: bytes.byteLength };
    if (link === undefined) this.#take(bytes.byteLength);
    this.downloads.push(
      link === undefined
        ? { ...described, base64: Buffer.from(bytes).toString('base64') }
        : { ...described, url: link },
    );
  }

  #take(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes <= this.#maxBytes) return;
    throw new MooringError(
      'RESPONSE_TOO_LARGE',
      `expected results of at most ${this.#maxBytes} bytes in all (${settingName('responseLimit')}); there is more.`,
    );
  }
}

function toJson(value: unknown): string {
  try {
    return JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? String(item) : item)) ?? 'null';
  } catch {
    return 'null'; // an object that holds itself
  }
}

/** What one action works with. */
export interface ActionContext {
  readonly page: EnginePage;
  readonly actor: PageActor;
  readonly context: EngineContext;
  /** Goes to a URL as the caller itself does. */
  readonly goto: (url: string, limits: StepLimits) => Promise<void>;
  readonly results: ActionResults;
  /** How long a `wait` of the caller is. */
  readonly pauseMs: (wait: number) => number;
  /** The next file that the page hands out, also one from before. */
  readonly nextDownload: (limits: StepLimits) => Promise<Omit<DownloadedFile, 'url'>>;
  /** Keeps a file for a while. @returns a link to it; nothing when there is no room */
  readonly keepArtifact: (file: Omit<DownloadedFile, 'url'>) => Promise<string | undefined>;
}
