import { setTimeout as sleep } from 'node:timers/promises';
import type { Page, Response } from 'playwright-core';
import { MooringError } from '../../../errors.js';
import { abortable, settledWithin } from '../../../util/deadline.js';
import type { NavigationRequest, NavigationResult } from '../../engine.js';
import type { NavigationOverride } from '../channel/navigation-override.js';
import type { PageChannel } from '../channel/page-channel.js';
import { isSameDocument } from '../document-request.js';
import { translateFailure } from '../driver-errors.js';
import { storeLocally } from '../injected/store-locally.js';
import type { MainFrame } from './main-frame.js';
import { assertReadable, describeDocument, documentResult, downloadResult } from './navigation-result.js';
import { type NavigationSubject, waitForLoad } from './wait-for-load.js';

/** What a navigation came to, and the answer that brought the document if there is one. */
export interface Arrival {
  readonly result: NavigationResult;
  readonly response: Response | undefined;
}

/** How long the browser's word may come after the driver's. */
const eventTimeoutMs = 500;
const errorPageTimeoutMs = 1000;
const lostTimeoutMs = 2000;

/**
 * One navigation of a page's main frame.
 *
 * ```
 * goto until commit ─▶ document  ─▶ wait for load, as long as there is time ─▶ result
 *                 └──▶ 204, 205  ─▶ empty: the browser stays on its page
 *                 └──▶ download  ─▶ its bytes
 * ```
 *
 * @throws MooringError, or what the driver threw if no row of the failure table fits
 */
export async function navigatePage(
  subject: NavigationSubject,
  request: NavigationRequest,
  signal: AbortSignal,
): Promise<Arrival> {
  const { page, mainFrame } = subject;
  const startedAt = performance.now();
  const leftMs = (): number => Math.max(1, request.loadTimeoutMs - (performance.now() - startedAt));
  try {
    const stopStoring =
      request.localStorage && (await storeBeforeScripts(subject.channel, request.url, request.localStorage));
    const other = await arrive(subject, request, leftMs, signal).finally(() => stopStoring?.());
    if (other) return { result: other, response: undefined };
    mainFrame.end();
    assertReadable(mainFrame.document, request);
    const documents = mainFrame.documents;
    const breaking = mainFrame.broken.then(() => 'broken' as const);
    const response = mainFrame.document;
    const loading = waitForLoad(subject, leftMs, request);
    loading.catch(() => {}); // nobody waits for it once the document has broken off, or another one has come
    const loaded = await abortable(Promise.race([loading, breaking, replaced(mainFrame, documents)]), signal);
    if (mainFrame.documents === documents) mainFrame.noteLoaded();
    if (loaded === 'broken' && response) {
      const result = { ...describeDocument(response), method: request.method, loaded: false, brokeOff: true };
      return { result, response };
    }
    return { result: await documentResult(response, page, request, loaded !== false, leftMs()), response };
  } catch (error) {
    // Or the browser would load to the end what nobody gets.
    if (error instanceof MooringError && error.code === 'RESPONSE_TOO_LARGE')
      await settledWithin(subject.channel.stopLoading(), eventTimeoutMs);
    throw error;
  } finally {
    mainFrame.end();
  }
}

/** Resolves when the page has gone on to another document by itself. */
async function replaced(mainFrame: MainFrame, documents: number): Promise<'replaced'> {
  while (mainFrame.documents === documents) await mainFrame.nextChange;
  return 'replaced';
}

/** How often the page that is to be left may get in between. */
const maxOvertakings = 10;
const leaveTimeoutMs = 3000;

/**
 * Goes there until the browser shows what came of it. The page that is to be left may be on its way elsewhere too, and
 * get there instead: it is led to an empty page then, and left from there.
 *
 * @returns the result if there is no document
 */
async function arrive(
  subject: NavigationSubject,
  request: NavigationRequest,
  leftMs: () => number,
  signal: AbortSignal,
): Promise<NavigationResult | undefined> {
  const { page, channel, mainFrame } = subject;
  const { method, url } = request;
  const leave = () => leavePage(page, leftMs());
  for (let overtakings = 0; ; overtakings++) {
    const override = channel.override(request);
    if (hasToLeave(subject, request, override)) await leave();
    try {
      await override?.start();
      const outcome = await go(subject, request, override, leftMs, signal);
      if (outcome !== 'overtaken') {
        if (!override || override.applied) return outcome === 'arrived' ? undefined : outcome;
        throw new MooringError(
          'NO_RESPONSE',
          `expected the browser to send ${method} to ${url}; it showed ${page.url()} without.`,
        );
      }
    } finally {
      await override?.stop();
      // Where the answer is no document, a page of ours that is still there must not be taken for the site's.
      if (mainFrame.document && channel.isStandIn(mainFrame.document.request())) await leavePage(page, leaveTimeoutMs);
    }
    signal.throwIfAborted();
    const isSent = override?.applied && method !== 'GET';
    if (isSent || overtakings === maxOvertakings) {
      throw new MooringError(
        'NO_RESPONSE',
        `expected ${page.url()} to be left for ${url}; it went elsewhere by itself at the same time.${isSent ? ` ${method} was sent.` : ''}`,
      );
    }
    await leave();
  }
}

/**
 * Whether the page cannot be left for that address directly: where only the fragment differs the browser would send
 * nothing, and a page that reloads itself would send what is meant for ours.
 */
function hasToLeave(
  { page, mainFrame }: NavigationSubject,
  { url }: NavigationRequest,
  override: NavigationOverride | undefined,
): boolean {
  return isSameDocument(url, page.url()) && (url.includes('#') || (override !== undefined && mainFrame.isRestless));
}

/** Leads the page to an empty one. */
async function leavePage(page: Page, leftMs: number): Promise<void> {
  const leave = () => page.goto('about:blank', { timeout: Math.min(leftMs, leaveTimeoutMs) });
  // Overtaken as well, it may still get there and would overtake what comes after it; if the page went, that tells.
  await leave()
    .catch(leave)
    .catch(() => {});
}

/** One round. A result stands for an answer that is no document. */
async function go(
  { page, channel, mainFrame }: NavigationSubject,
  request: NavigationRequest,
  override: NavigationOverride | undefined,
  leftMs: () => number,
  signal: AbortSignal,
): Promise<'arrived' | 'overtaken' | NavigationResult> {
  signal.throwIfAborted(); // nothing is sent for a caller who has been told that it failed
  const committed = new AbortController();
  void endScriptsInTheWay(channel, committed.signal);
  mainFrame.begin(request.url);
  try {
    const going =
      override?.goto?.(request.url) ??
      page.goto(request.url, {
        waitUntil: 'commit',
        timeout: 0, // the command's signal is the deadline
        ...(request.referer === undefined ? {} : { referer: request.referer }),
      });
    const response = await Promise.race([going, lost(mainFrame)]);
    if (response && isSameDocument(response.url(), page.url())) mainFrame.show(response);
  } catch (error) {
    if (override?.refusal) throw override.refusal;
    signal.throwIfAborted();
    const result = await withoutDocument(error, mainFrame, request, leftMs(), signal);
    if (result) return result;
  } finally {
    committed.abort();
  }
  // The driver may take another document for ours, and ours for another. What must not be sent twice is given its time.
  const patienceMs = override?.applied && request.method !== 'GET' ? leftMs() : eventTimeoutMs;
  await settledWithin(abortable(Promise.race([mainFrame.arrived, mainFrame.failed]), signal), patienceMs);
  return mainFrame.hasArrived && (await mainFrame.holds(eventTimeoutMs)) ? 'arrived' : 'overtaken';
}

/** Resolves when a navigation has failed because another one came, should the driver not notice. */
async function lost({ failed, overtaken }: MainFrame): Promise<undefined> {
  await Promise.all([failed, overtaken]);
  await sleep(lostTimeoutMs, undefined, { ref: false });
}

const inTheWayPollMs = 1000;

/** A page that begins to run without end when it is about to be left would hold up what comes after it. */
async function endScriptsInTheWay(channel: PageChannel, committed: AbortSignal): Promise<void> {
  for (;;) {
    await sleep(inTheWayPollMs, undefined, { signal: committed }).catch(() => {}); // it has been left
    if (committed.aborted) return;
    const answers = await settledWithin(channel.evaluateInPage('0'), inTheWayPollMs);
    if (!answers && !committed.aborted) await channel.terminate().catch(() => {}); // the page went meanwhile
  }
}

/** Sets `localStorage` of one origin in the next document, before any of its scripts. @returns how to stop that */
function storeBeforeScripts(
  channel: PageChannel,
  url: string,
  entries: Readonly<Record<string, string>>,
): Promise<() => Promise<void>> {
  const script = `(${storeLocally})(${JSON.stringify(new URL(url).origin)}, ${JSON.stringify(entries)})`;
  return channel.beforeScripts(script);
}

/** The result of a navigation that failed because it brought no document; `undefined` if another one overtook it. */
async function withoutDocument(
  error: unknown,
  mainFrame: MainFrame,
  request: NavigationRequest,
  leftMs: number,
  signal: AbortSignal,
): Promise<NavigationResult | undefined> {
  const message = error instanceof Error ? error.message : '';
  const isAborted = /ERR_ABORTED|NS_BINDING_ABORTED|NS_ERROR_ABORT/.test(message);
  if (/Download is starting/.test(message) || (isAborted && mainFrame.download))
    return downloadResult(await mainFrame.nextDownload(leftMs), mainFrame, request, signal);
  const response = mainFrame.lastResponse;
  if (isAborted && response && (response.status() === 204 || response.status() === 205)) {
    return { ...describeDocument(response), kind: 'empty', method: request.method };
  }
  if (/interrupted by another navigation/.test(message)) return undefined;
  const isSuperseded = isAborted || /new navigation interrupted|Navigation aborted|cancell?ed/i.test(message);
  if (isSuperseded && (await settledWithin(mainFrame.overtaken, eventTimeoutMs))) return undefined;
  // Chromium shows its error page a moment later; if it came during the next navigation, it would break that off.
  if (/net::ERR_/.test(message)) await settledWithin(mainFrame.errorPage, errorPageTimeoutMs);
  throw translateFailure(error, request.url, mainFrame.failedUrl);
}
