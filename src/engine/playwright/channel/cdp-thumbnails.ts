import type { CDPSession, Page } from 'playwright-core';
import { abortable, settledWithin } from '../../../util/deadline.js';
import type { PictureOptions } from '../../live-page.js';
import type { Thumbnail } from '../../thumbnail.js';

/** How long the picture before is waited for. */
const leaveMs = 300;

/**
 * Small pictures of a tab by the first frame of a screencast. The browser has it from its compositor and makes it smaller
 * itself: the page is asked nothing, so one that stands still goes on standing still, and one that hangs is shown too. A
 * screenshot with a scale would set another device for the page while it is taken.
 */
export class CdpThumbnails {
  readonly #tab: Page;
  /** Settles when the last one has let go of the tab, which a page that hangs does not let it. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(tab: Page) {
    this.#tab = tab;
  }

  /** @returns undefined if the one before does not let go */
  async take(options: PictureOptions, signal: AbortSignal): Promise<Thumbnail | undefined> {
    if (!(await settledWithin(this.#last, leaveMs))) return undefined;
    const opening = this.#tab.context().newCDPSession(this.#tab);
    try {
      return await abortable(
        opening.then((session) => firstFrame(session, options)),
        signal,
      );
    } finally {
      this.#last = opening.then((session) => session.detach()).catch(() => {}); // gone with the tab
    }
  }
}

async function firstFrame(
  session: CDPSession,
  { maxWidth, maxHeight, quality }: PictureOptions,
): Promise<Thumbnail | undefined> {
  const frame = new Promise<{ readonly data: string }>((resolve) => session.once('Page.screencastFrame', resolve));
  const [{ data }, { targetInfo }] = await Promise.all([
    frame,
    session.send('Target.getTargetInfo'),
    session.send('Page.startScreencast', { format: 'jpeg', quality, maxWidth, maxHeight }),
  ]);
  const { title, url } = targetInfo;
  // A document without a title is called by its address.
  return { jpeg: Buffer.from(data, 'base64'), title: url.replace(/^\w+:\/\//, '').startsWith(title) ? '' : title };
}
