import { setTimeout as sleep } from 'node:timers/promises';
import type { Download, Page, Request, Response } from 'playwright-core';
import { MooringError } from '../../../errors.js';
import { abortable, Deadline, settledWithin } from '../../../util/deadline.js';
import type { NavigationHeaders, NavigationRequest, NavigationResult, Redirect } from '../../engine.js';
import type { NavigationOverride } from '../channel/navigation-override.js';
import type { PageProtocol } from '../channel/page-channel.js';
import { translateFailure } from '../driver-errors.js';
import { storeLocally } from '../injected/store-locally.js';
import { assertFits, discardDownload, LimitedDownload } from './downloads.js';
import { isSameDocument, type MainFrame } from './main-frame.js';
import { sentHeaders } from './sent-headers.js';

/** What a navigation acts on. */
export interface NavigationSubject {
  readonly page: Page;
  readonly protocol: PageProtocol;
  readonly mainFrame: MainFrame;
}

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
      request.localStorage && (await storeBeforeScripts(subject.protocol, request.url, request.localStorage));
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
      await settledWithin(subject.protocol.stopLoading(), eventTimeoutMs);
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
  const { page, protocol, mainFrame } = subject;
  const { method, url } = request;
  const leave = () => leavePage(page, leftMs());
  for (let overtakings = 0; ; overtakings++) {
    const override = protocol.override(request);
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
      if (mainFrame.document && protocol.isStandIn(mainFrame.document.request())) await leavePage(page, leaveTimeoutMs);
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
  { page, protocol, mainFrame }: NavigationSubject,
  request: NavigationRequest,
  override: NavigationOverride | undefined,
  leftMs: () => number,
  signal: AbortSignal,
): Promise<'arrived' | 'overtaken' | NavigationResult> {
  signal.throwIfAborted(); // nothing is sent for a caller who has been told that it failed
  const committed = new AbortController();
  void endScriptsInTheWay(protocol, committed.signal);
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
async function endScriptsInTheWay(protocol: PageProtocol, committed: AbortSignal): Promise<void> {
  for (;;) {
    await sleep(inTheWayPollMs, undefined, { signal: committed }).catch(() => {}); // it has been left
    if (committed.aborted) return;
    const answers = await settledWithin(protocol.evaluateInPage('0'), inTheWayPollMs);
    if (!answers && !committed.aborted) await protocol.terminate().catch(() => {}); // the page went meanwhile
  }
}

/** Sets `localStorage` of one origin in the next document, before any of its scripts. @returns how to stop that */
function storeBeforeScripts(
  protocol: PageProtocol,
  url: string,
  entries: Readonly<Record<string, string>>,
): Promise<() => Promise<void>> {
  const script = `(${storeLocally})(${JSON.stringify(new URL(url).origin)}, ${JSON.stringify(entries)})`;
  return protocol.beforeScripts(script);
}

/** What is to be told of a document that the page came to by itself. */
export function describeDocument(response: Response): NavigationResult {
  return {
    kind: 'document',
    status: response.status(),
    method: response.request().method(),
    url: response.url(),
    headers: headersOf(response),
    redirects: redirectsOf(response),
    loaded: true,
  };
}

/** The answers before this one, the first one first. */
function redirectsOf(response: Response): Promise<Redirect[]> {
  const requests: Request[] = [];
  for (let at = response.request().redirectedFrom(); at; at = at.redirectedFrom()) requests.unshift(at);
  const redirects = Promise.all(
    requests.map(async (request) => ({ url: request.url(), status: (await request.response())?.status() ?? 0 })),
  );
  redirects.catch(() => {}); // whoever reads them gets the failure
  return redirects;
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

/** Waits until the page has come far enough. Tells whether it has; a document whose parsing is over may do with that. */
async function waitForLoad(
  { page, protocol }: NavigationSubject,
  leftMs: () => number,
  { url, loadState = 'load' }: NavigationRequest,
): Promise<boolean> {
  const over = new AbortController();
  try {
    const waiting = page.waitForLoadState(loadState, { timeout: leftMs() });
    await (loadState === 'networkidle'
      ? waiting
      : Promise.race([waiting, untilReady(protocol, loadState, over.signal)]));
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
  protocol: PageProtocol,
  loadState: keyof typeof readyStates,
  signal: AbortSignal,
): Promise<void> {
  const states: readonly unknown[] = readyStates[loadState];
  let isReady = false;
  while (!isReady) {
    await sleep(readyPollMs, undefined, { signal }).catch(() => {}); // it is over
    if (signal.aborted) return;
    isReady = await protocol.evaluate('document.readyState').then(
      (state) => states.includes(state),
      () => false, // between two documents, or gone
    );
  }
}

const isTimeout = (error: unknown): boolean => error instanceof Error && error.name === 'TimeoutError';

async function documentResult(
  response: Response | undefined,
  page: Page,
  request: NavigationRequest,
  loaded: boolean,
  leftMs: number,
): Promise<NavigationResult> {
  if (!response) {
    throw new MooringError(
      'NO_RESPONSE',
      `expected an HTTP response for ${request.url}; the browser shows ${page.url()} without one.`,
    );
  }
  const body = await binaryBody(response, request, leftMs);
  return { ...describeDocument(response), method: request.method, loaded, ...(body ? { body } : {}) };
}

/** A document that is larger than a reply would keep the browser busy for nothing. @throws MooringError */
function assertReadable(response: Response | undefined, request: NavigationRequest): void {
  const headers = response?.headers() ?? {};
  // What is packed may be of any size once it is unpacked; reading it tells.
  if (headers['content-encoding'] !== undefined) return;
  assertFits(Number(headers['content-length'] ?? 0), request.maxBodyBytes, request.url);
}

/** Types that the page itself shows as markup or text, or plays: of any other the bytes are worth having. */
const shown = /^(text\/|audio\/|video\/|application\/(json|javascript|xml|xhtml\+xml|ecmascript))|\+(json|xml)\b/i;

async function binaryBody(
  response: Response,
  request: NavigationRequest,
  leftMs: number,
): Promise<Uint8Array | undefined> {
  const { 'content-type': type = '', 'content-length': length = '0' } = response.headers();
  if (!request.wantsBody && (type === '' || shown.test(type))) return undefined;
  assertFits(Number(length), request.maxBodyBytes, request.url);
  using patience = new Deadline({
    ms: leftMs,
    reason: () =>
      new MooringError('NAVIGATION_TIMEOUT', `expected the bytes of ${request.url} in time; they were still arriving.`),
  });
  try {
    const body = await abortable(response.body(), patience.signal);
    assertFits(body.byteLength, request.maxBodyBytes, request.url);
    return body;
  } catch (error) {
    if (error instanceof MooringError) throw error;
    // The browser keeps bodies of a few megabytes for whoever asks later, and drops larger ones.
    throw new MooringError('RESPONSE_TOO_LARGE', `expected a file that the browser keeps; ${request.url} is larger.`, {
      cause: error,
    });
  }
}

async function downloadResult(
  download: Download | undefined,
  mainFrame: MainFrame,
  request: NavigationRequest,
  signal: AbortSignal,
): Promise<NavigationResult | undefined> {
  const response = mainFrame.lastResponse;
  const isOurs = download !== undefined && mainFrame.leadsTo(download.url());
  if (download && !(isOurs && response)) discardDownload(download);
  if (download && !isOurs) return undefined; // of the page that is being left
  if (!download || !response) {
    throw new MooringError('NO_RESPONSE', `expected the download of ${request.url} to begin; it did not.`);
  }
  try {
    assertFits(Number(response.headers()['content-length'] ?? 0), request.maxBodyBytes, request.url);
  } catch (error) {
    discardDownload(download);
    throw error;
  }
  return {
    ...describeDocument(response),
    kind: 'download',
    method: request.method,
    url: download.url(),
    fileName: download.suggestedFilename(),
    body: await new LimitedDownload(download, request.maxBodyBytes).read(signal),
  };
}

function headersOf(response: Response): Promise<NavigationHeaders> {
  const headers = Promise.all([response.request().allHeaders(), response.allHeaders()]).then(([request, answer]) => ({
    request: sentHeaders(request),
    response: answer,
  }));
  headers.catch(() => {}); // whoever reads them gets the failure
  return headers;
}
