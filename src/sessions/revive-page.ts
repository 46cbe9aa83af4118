import type { EgressRequest } from '../egress/session-proxy.js';
import type { EnginePage, StepLimits } from '../engine/engine.js';
import { settledWithin } from '../util/deadline.js';
import type { LeasedSession } from './session-lease.js';

/** How long a page may take to scroll to where it stood. */
const scrollTimeoutMs = 1000;

/**
 * Goes again to where the session's page stood, if that page is gone: its browser or tab was lost, or let go of while the
 * session slept.
 *
 * @param maxBodyBytes the largest body of a download that is taken
 * @returns nothing if there is no such place, or it came by another method than GET: nothing is sent twice
 * @throws MooringError as `EnginePage.navigate`; the place stays, for the next try
 */
export async function revivePage(
  leased: LeasedSession,
  egress: EgressRequest,
  { timeoutMs, signal }: StepLimits,
  maxBodyBytes: number,
): Promise<EnginePage | undefined> {
  const place = leased.lostPlace;
  if (place?.method !== 'GET') return undefined;
  const page = await leased.openPage(signal);
  const { width, height } = place.viewport;
  if (page.viewport.width !== width || page.viewport.height !== height)
    await page.actor().setViewport(width, height, { timeoutMs, signal });
  egress.name(place.url);
  const request = { url: place.url, method: 'GET', headers: {}, loadTimeoutMs: timeoutMs, maxBodyBytes } as const;
  await page.navigate(request, signal);
  await settledWithin(page.scrollTo(place.scroll, signal), scrollTimeoutMs);
  return page;
}
