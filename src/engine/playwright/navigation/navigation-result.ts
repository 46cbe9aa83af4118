import type { Download, Page, Request, Response } from 'playwright-core';
import { MooringError } from '../../../errors.js';
import { abortable, Deadline } from '../../../util/deadline.js';
import type { NavigationHeaders, NavigationRequest, NavigationResult, Redirect } from '../../engine.js';
import { assertFits, discardDownload, LimitedDownload } from './downloads.js';
import type { MainFrame } from './main-frame.js';
import { sentHeaders } from './sent-headers.js';

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

export async function documentResult(
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
export function assertReadable(response: Response | undefined, request: NavigationRequest): void {
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

export async function downloadResult(
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
