import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { MooringError } from '../../../errors.js';
import type { NavigationRequest } from '../../engine.js';
import type { PageChannel } from '../channel/page-channel.js';
import { isTimeout, translateFailure } from '../driver-errors.js';
import type { MainFrame } from './main-frame.js';

/** What a navigation acts on. */
export interface NavigationSubject {
  readonly page: Page;
  readonly channel: PageChannel;
  readonly mainFrame: MainFrame;
}

/** Waits until the page has come far enough. Tells whether it has; a document whose parsing is over may do with that. */
export async function waitForLoad(
  { page, channel }: NavigationSubject,
  leftMs: () => number,
  { url, loadState = 'load' }: NavigationRequest,
): Promise<boolean> {
  const over = new AbortController();
  try {
    const waiting = page.waitForLoadState(loadState, { timeout: leftMs() });
    await (loadState === 'networkidle'
      ? waiting
      : Promise.race([waiting, untilReady(channel, loadState, over.signal)]));
    return true;
  } catch (error) {
    if (!isTimeout(error)) throw translateFailure(error, url);
  } finally {
    over.abort();
  }
  try {
    await page.waitForLoadState('domcontentloaded', { timeout: 1 });
    return false;
  } catch (error) {
    if (!isTimeout(error)) throw translateFailure(error, url);
    throw new MooringError(
      'NAVIGATION_TIMEOUT',
      `expected the document of ${url} to be complete in time; it was still arriving.`,
    );
  }
}

const readyStates = { load: ['complete'], domcontentloaded: ['interactive', 'complete'] } as const;
const readyPollMs = 500;

/**
 * Waits until the document itself says that it has come so far. A page that sets out for elsewhere while it loads, and
 * does not get there (a file, a 204, a request that was held back), completes without the events that the driver waits
 * for.
 */
async function untilReady(
  channel: PageChannel,
  loadState: keyof typeof readyStates,
  signal: AbortSignal,
): Promise<void> {
  const states: readonly unknown[] = readyStates[loadState];
  let isReady = false;
  while (!isReady) {
    await sleep(readyPollMs, undefined, { signal }).catch(() => {}); // it is over
    if (signal.aborted) return;
    isReady = await channel.evaluate('document.readyState').then(
      (state) => states.includes(state),
      () => false, // between two documents, or gone
    );
  }
}
