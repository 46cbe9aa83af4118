import type { Page } from 'playwright-core';
import type { LivePicture, PictureOptions } from '../../live-page.js';
import type { Screencast } from './page-channel.js';

/** Four pictures a second while the page looks different from one to the next, fewer and fewer while it does not. */
const shortestRestMs = 250;
const longestRestMs = 4000;
const shotTimeoutMs = 3000;

/**
 * Pictures by the driver's screenshots, for browsers that do not tell when a page is drawn anew. One that is equal to the
 * last is left out. They come in the page's own size: these browsers make none smaller.
 */
export class ScreenshotCast implements Screencast {
  readonly #tab: Page;
  readonly #onPicture: (picture: LivePicture) => void;
  readonly #onMove = (): void => this.stir();
  #quality: number | undefined;
  #restMs = shortestRestMs;
  #timer: NodeJS.Timeout | undefined;
  #last: Buffer | undefined;
  #isTaking = false;
  #isWanted = true;
  #isStopped = false;

  constructor(tab: Page, onPicture: (picture: LivePicture) => void) {
    this.#tab = tab;
    this.#onPicture = onPicture;
  }

  start({ quality }: PictureOptions): void {
    if (this.#isStopped) return;
    if (this.#quality === undefined) {
      this.#tab.on('framenavigated', this.#onMove);
      this.#tab.on('load', this.#onMove);
    }
    this.#quality = quality;
    this.#last = undefined;
    this.#isWanted = true;
    this.stir();
  }

  next(): void {
    this.#isWanted = true;
    this.#rest();
  }

  stir(): void {
    this.#restMs = shortestRestMs;
    this.#rest();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#tab.off('framenavigated', this.#onMove);
    this.#tab.off('load', this.#onMove);
  }

  #rest(): void {
    clearTimeout(this.#timer);
    if (this.#isStopped || this.#isTaking || !this.#isWanted) return;
    this.#timer = setTimeout(() => void this.#take(), this.#last ? this.#restMs : 0);
    this.#timer.unref();
  }

  async #take(): Promise<void> {
    this.#isTaking = true;
    const viewport = this.#tab.viewportSize();
    const options = { type: 'jpeg', quality: this.#quality ?? 60, scale: 'css', caret: 'initial' } as const;
    const jpeg = await this.#tab.screenshot({ ...options, timeout: shotTimeoutMs }).catch(() => undefined); // on its way elsewhere
    this.#isTaking = false;
    if (this.#isStopped) return;
    if (jpeg && viewport && !this.#last?.equals(jpeg)) {
      this.#last = jpeg;
      this.#restMs = shortestRestMs;
      this.#isWanted = false;
      this.#onPicture({ jpeg, viewport });
    } else this.#restMs = Math.min(this.#restMs * 2, longestRestMs);
    this.#rest();
  }
}
