import type { CDPSession, Page } from 'playwright-core';
import type { LivePicture, PictureOptions } from '../../live-page.js';
import type { Screencast } from './page-channel.js';

/** The browser sends no more while so many pictures are not acknowledged, and tells nothing of those it left out. */
const maxInFlight = 3;
/**
 * After pictures may have been left out, the newest comes by itself within this time, or is asked for; on a busy machine
 * within so many times what the one before took. To ask is to begin anew, which is work for the browser too.
 */
const missedAfterMs = 250;
const missedAfterTimes = 3;
const missedAfterMostMs = 5000;

interface Frame {
  readonly data: string;
  readonly metadata: { readonly deviceWidth: number; readonly deviceHeight: number; readonly pageScaleFactor: number };
  readonly sessionId: number;
}

/**
 * Chromium's own screencast: a picture each time the page is drawn anew, and none while it is not. It has a protocol session
 * of its own, since the driver acknowledges what comes on its own at once.
 *
 * ```
 * drawn ─▶ picture ─▶ onPicture … next() ─▶ acknowledged: room for one more
 * ```
 *
 * @see https://chromedevtools.github.io/devtools-protocol/tot/Page/#method-startScreencast
 */
export class CdpScreencast implements Screencast {
  readonly #tab: Page;
  readonly #onPicture: (picture: LivePicture) => void;
  #session: Promise<CDPSession> | undefined;
  #options: PictureOptions | undefined;
  /** The numbers of pictures that are not acknowledged. */
  #inFlight: number[] = [];
  #missed: NodeJS.Timeout | undefined;
  /** When a picture was made room for, and how long the last one took from there. */
  #awaitedSince: number | undefined;
  #tookMs = 0;
  #isStopped = false;

  constructor(tab: Page, onPicture: (picture: LivePicture) => void) {
    this.#tab = tab;
    this.#onPicture = onPicture;
  }

  start(options: PictureOptions): void {
    this.#options = options;
    void this.#restart();
  }

  next(): void {
    const [oldest] = this.#inFlight;
    if (oldest === undefined || this.#inFlight.length < maxInFlight) return;
    this.#inFlight.shift();
    this.#send((session) => session.send('Page.screencastFrameAck', { sessionId: oldest }));
    this.#awaitedSince = performance.now();
    const waitMs = Math.min(missedAfterMostMs, Math.max(missedAfterMs, missedAfterTimes * this.#tookMs));
    clearTimeout(this.#missed);
    this.#missed = setTimeout(() => void this.#restart(), waitMs);
    this.#missed.unref();
  }

  stir(): void {}

  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    clearTimeout(this.#missed);
    this.#send(async (session) => {
      await session.send('Page.stopScreencast');
      await session.detach();
    });
  }

  /** Gives the page as it is now, and goes on from there. */
  async #restart(): Promise<void> {
    clearTimeout(this.#missed);
    const options = this.#options;
    if (!options || this.#isStopped) return;
    const isFirst = this.#session === undefined;
    this.#session ??= this.#open();
    const { maxWidth, maxHeight, quality } = options;
    this.#awaitedSince = performance.now();
    this.#send(async (session) => {
      if (this.#isStopped) return;
      const stopping = isFirst ? undefined : session.send('Page.stopScreencast');
      this.#inFlight = [];
      await Promise.all([
        stopping,
        session.send('Page.startScreencast', { format: 'jpeg', quality, maxWidth, maxHeight }),
      ]);
    });
  }

  async #open(): Promise<CDPSession> {
    const session = await this.#tab.context().newCDPSession(this.#tab);
    session.on('Page.screencastFrame', (frame) => this.#onFrame(frame));
    return session;
  }

  #onFrame({ data, metadata, sessionId }: Frame): void {
    if (this.#isStopped) return;
    clearTimeout(this.#missed);
    this.#inFlight.push(sessionId);
    if (this.#awaitedSince !== undefined) this.#tookMs = performance.now() - this.#awaitedSince;
    this.#awaitedSince = undefined;
    // A phone shows a page that was not made for it smaller; input is at places of the page.
    const scale = metadata.pageScaleFactor || 1;
    const viewport = { width: metadata.deviceWidth / scale, height: metadata.deviceHeight / scale };
    this.#onPicture({ jpeg: Buffer.from(data, 'base64'), viewport });
  }

  #send(work: (session: CDPSession) => Promise<unknown>): void {
    this.#session?.then(work).catch(() => {}); // gone with the tab
  }
}
