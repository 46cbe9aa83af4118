import { readFile, stat } from 'node:fs/promises';
import type { CDPSession, Download, Frame, Page, Request, Response } from 'playwright-core';
import { MooringError } from '../../errors.js';
import { settledWithin } from '../../util/deadline.js';
import type { NavigationHeaders, NavigationRequest, NavigationResult } from '../engine.js';
import { translateFailure } from './failures.js';
import { needsOverride, overrideNextNavigation } from './request-override.js';

const errorPageTimeoutMs = 1000;

/** What a navigation acts on. */
export interface NavigationSubject {
  readonly page: Page;
  readonly cdp: CDPSession;
  readonly mainFrameId: string;
}

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
export async function navigatePage(subject: NavigationSubject, request: NavigationRequest): Promise<NavigationResult> {
  const { page } = subject;
  const seen = watchMainFrame(page);
  const stopOverride = needsOverride(request)
    ? await overrideNextNavigation(subject.cdp, subject.mainFrameId, request)
    : undefined;
  const startedAt = performance.now();
  const leftMs = (): number => Math.max(1, request.loadTimeoutMs - (performance.now() - startedAt));
  try {
    let response: Response | null;
    try {
      response = await page.goto(request.url, {
        waitUntil: 'commit',
        timeout: 0, // the command's signal is the deadline
        ...(request.referer === undefined ? {} : { referer: request.referer }),
      });
    } catch (error) {
      const other = await withoutDocument(error, seen, request, leftMs());
      if (other) return other;
      response = null; // the page moved on by itself before it committed: what it shows now counts
    }
    const loaded = await waitForLoad(page, leftMs, request.url);
    return documentResult(seen.responseFor(page.url()) ?? response, page, request, loaded);
  } finally {
    seen.stop();
    await stopOverride?.();
  }
}

interface MainFrameWatch {
  /** The last answer for the main frame. */
  last(): Response | undefined;
  /** The last answer for the main frame that came from this URL. */
  responseFor(url: string): Response | undefined;
  /** Resolves when the browser shows its error page. */
  readonly errorPage: Promise<void>;
  /** Whether a download has begun. */
  downloads(): boolean;
  /** The download that has begun or is about to. */
  download(timeoutMs: number): Promise<Download | undefined>;
  stop(): void;
}

function watchMainFrame(page: Page): MainFrameWatch {
  const responses: Response[] = [];
  let download: Download | undefined;
  const onResponse = (response: Response): void => {
    if (isForMainFrame(response.request(), page)) responses.push(response);
  };
  const onDownload = (started: Download): void => {
    download = started;
  };
  let onNavigated = (_frame: Frame): void => {};
  const errorPage = new Promise<void>((resolve) => {
    onNavigated = (frame) => {
      if (frame === page.mainFrame() && frame.url().startsWith('chrome-error:')) resolve();
    };
  });
  page.on('response', onResponse);
  page.on('download', onDownload);
  page.on('framenavigated', onNavigated);
  const withoutHash = (url: string): string => url.split('#', 1)[0] ?? url;
  return {
    last: () => responses.at(-1),
    responseFor: (url) => responses.findLast((response) => withoutHash(response.url()) === withoutHash(url)),
    errorPage,
    downloads: () => download !== undefined,
    download: async (timeoutMs) =>
      download ?? (await page.waitForEvent('download', { timeout: timeoutMs }).catch(() => undefined)),
    stop: () => {
      page.off('response', onResponse);
      page.off('download', onDownload);
      page.off('framenavigated', onNavigated);
    },
  };
}

function isForMainFrame(request: Request, page: Page): boolean {
  return request.isNavigationRequest() && request.frame() === page.mainFrame();
}

/** The result of a navigation that failed because it brought no document; `undefined` if another one took over. */
async function withoutDocument(
  error: unknown,
  seen: MainFrameWatch,
  request: NavigationRequest,
  leftMs: number,
): Promise<NavigationResult | undefined> {
  const message = error instanceof Error ? error.message : '';
  const response = seen.last();
  if (/Download is starting/.test(message) || (/ERR_ABORTED/.test(message) && seen.downloads())) {
    return downloadResult(await seen.download(leftMs), response, request);
  }
  if (/ERR_ABORTED/.test(message) && response && (response.status() === 204 || response.status() === 205)) {
    return {
      kind: 'empty',
      status: response.status(),
      method: request.method,
      url: response.url(),
      headers: headersOf(response),
      loaded: true,
    };
  }
  if (/interrupted by another navigation/.test(message)) return undefined;
  // Chromium shows its error page a moment later; if it came during the next navigation, it would break that off.
  if (/net::ERR_/.test(message)) await settledWithin(seen.errorPage, errorPageTimeoutMs);
  throw translateFailure(error, request.url);
}

/** Waits for `load`. Tells whether it came; a document whose parsing is over may go without. */
async function waitForLoad(page: Page, leftMs: () => number, url: string): Promise<boolean> {
  try {
    await page.waitForLoadState('load', { timeout: leftMs() });
    return true;
  } catch (error) {
    if (!isTimeout(error)) throw translateFailure(error, url);
  }
  try {
    await page.waitForLoadState('domcontentloaded', { timeout: 1 });
    return false;
  } catch (error) {
    if (!isTimeout(error)) throw translateFailure(error, url);
    throw new MooringError(
      'CODE-0025',
      `expected the document of ${url} to be complete in time; it was still arriving.`,
    );
  }
}

const isTimeout = (error: unknown): boolean => error instanceof Error && error.name === 'TimeoutError';

async function documentResult(
  response: Response | null,
  page: Page,
  request: NavigationRequest,
  loaded: boolean,
): Promise<NavigationResult> {
  if (!response) {
    throw new MooringError(
      'CODE-0006',
      `expected an HTTP response for ${request.url}; the browser shows ${page.url()} without one.`,
    );
  }
  const body = await binaryBody(response, request);
  return {
    kind: 'document',
    status: response.status(),
    method: request.method,
    url: response.url(),
    headers: headersOf(response),
    loaded,
    ...(body ? { body } : {}),
  };
}

/** Types that the page itself shows as markup or text; of any other the bytes are worth having. */
const shownAsText = /^(text\/|application\/(json|javascript|xml|xhtml\+xml|ecmascript))|\+(json|xml)\b/i;

async function binaryBody(response: Response, request: NavigationRequest): Promise<Uint8Array | undefined> {
  const type = response.headers()['content-type'];
  if (type === undefined || type === '' || shownAsText.test(type)) return undefined;
  const body = await response.body();
  assertFits(body.byteLength, request);
  return body;
}

async function downloadResult(
  download: Download | undefined,
  response: Response | undefined,
  request: NavigationRequest,
): Promise<NavigationResult> {
  if (!download || !response)
    throw new MooringError('CODE-0006', `expected the download of ${request.url} to begin; it did not.`);
  try {
    const path = await download.path();
    assertFits((await stat(path)).size, request);
    return {
      kind: 'download',
      status: response.status(),
      method: request.method,
      url: download.url(),
      headers: headersOf(response),
      body: await readFile(path),
      loaded: true,
    };
  } catch (error) {
    if (error instanceof MooringError) throw error;
    const reason = (await download.failure().catch(() => null)) ?? 'no reason';
    throw new MooringError(
      'CODE-0006',
      `expected the download of ${request.url} to finish; the browser says ${reason}.`,
      { cause: error },
    );
  } finally {
    await download.delete().catch(() => {}); // gone with the context at the latest
  }
}

function assertFits(bytes: number, request: NavigationRequest): void {
  if (bytes <= request.maxBodyBytes) return;
  throw new MooringError(
    'RESPONSE_TOO_LARGE',
    `expected at most ${request.maxBodyBytes} bytes (MOORING_RESPONSE_LIMIT) from ${request.url}; it has ${bytes}.`,
  );
}

function headersOf(response: Response): Promise<NavigationHeaders> {
  const headers = Promise.all([response.request().allHeaders(), response.allHeaders()]).then(([request, answer]) => ({
    // HTTP/2 pseudo-headers are the request line, not headers (RFC 9113 §8.3).
    request: Object.fromEntries(Object.entries(request).filter(([name]) => !name.startsWith(':'))),
    response: answer,
  }));
  headers.catch(() => {}); // whoever reads them gets the failure
  return headers;
}
