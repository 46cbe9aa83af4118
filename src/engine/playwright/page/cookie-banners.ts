import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import type { StepLimits } from '../../engine.js';
import { bannerState } from '../injected/banner-state.js';

/**
 * The rules of DuckDuckGo's autoconsent, with what carries them out in a page: it finds the banners of the consent
 * platforms it knows, and what looks like one, and says no to them.
 *
 * @see https://github.com/duckduckgo/autoconsent
 */
function readScript(): Promise<string> {
  // The file stands beside the package's entry; its `exports` do not name it.
  const entry = createRequire(import.meta.url).resolve('@duckduckgo/autoconsent');
  return readFile(join(dirname(entry), 'autoconsent.standalone.js'), 'utf8');
}

/** How long a page that shows no banner is looked at, and one that shows one is waited for. */
const lookMs = 1500;
const answerMs = 8000;
const pollMs = 100;

/** Answers the cookie banners of every document that the page loads from now on. Dispose what it returns to stop. */
export async function blockCookieBanners(page: Page): Promise<AsyncDisposable> {
  return page.addInitScript({ content: await readScript() });
}

/** Waits until the banner that the page shows, if it does, is answered. */
export async function untilNoBanner(page: Page, { timeoutMs, signal }: StepLimits): Promise<void> {
  const startedAt = performance.now();
  const limitMs = Math.min(answerMs, timeoutMs);
  for (;;) {
    const state = await page.evaluate(bannerState).catch(() => 'over' as const); // the page went elsewhere
    const elapsedMs = performance.now() - startedAt;
    if (state === 'over' || elapsedMs > limitMs || (state === 'looking' && elapsedMs > lookMs)) return;
    await sleep(pollMs, undefined, { signal });
  }
}
