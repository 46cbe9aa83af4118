import type { ActionResults } from '../actions/action-context.js';
import type { EgressRequest } from '../egress/egress-port.js';
import type { EngineContext, EngineCookie, EnginePage, Extracted, NavigationResult } from '../engine/engine.js';
import type { CookieOutput, Solution } from '../protocol/replies.js';
import { abortable } from '../util/deadline.js';

export interface SolutionSource {
  readonly page: EnginePage;
  readonly context: EngineContext;
  /** The navigation that brought what the page shows. */
  readonly result: NavigationResult;
  /** A PNG as base64. */
  readonly screenshot: string | undefined;
  readonly extracted: Extracted;
  readonly results: ActionResults;
  /** Bytes that take the place of the answer's own. */
  readonly bytes: Uint8Array | undefined;
  readonly listsRedirects: boolean;
  readonly egress: EgressRequest;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** Reads everything a solution always has, side by side: the page, its cookies, and the headers of its request. */
export async function readSolution(source: SolutionSource): Promise<Solution> {
  const { page, context, result, results, extracted, screenshot, signal } = source;
  const isDocument = result.kind === 'document';
  const [content, cookies, sent, headers, redirects] = await Promise.all([
    page.read(source.maxBytes, signal),
    context.cookies(undefined, signal),
    context.cookies(isDocument ? page.url : result.url, signal),
    abortable(result.headers, signal),
    source.listsRedirects ? abortable(result.redirects, signal) : [],
  ]);
  const { blocked } = source.egress;
  const bytes = source.bytes ?? result.body;
  return {
    verified: true,
    type: 'browser',
    // A download or an empty answer shows nothing: the page is still the one before.
    response: isDocument ? content.html : '',
    innerText: isDocument ? content.text : textOf(result.body, headers.response['content-type']),
    statusCode: result.status,
    currentUrl: isDocument ? content.url : result.url,
    userAgent: content.userAgent,
    cookies: outputCookies(cookies),
    cookieString: sent.map(({ name, value }) => `${name}=${value}`).join('; '),
    responseHeaders: headers.response,
    requestHeaders: headers.request,
    method: result.method,
    localStorageData: content.localStorage,
    ...extractedFields(extracted),
    ...(source.listsRedirects
      ? {
          listAllRedirectsResponse: [...redirects, result].map(({ url, status }) => ({ url, statusCode: status })),
        }
      : {}),
    ...resultsOf(results),
    ...(blocked.length > 0 ? { blocked: [...blocked] } : {}),
    ...(screenshot === undefined ? {} : { screenshot }),
    ...(bytes === undefined ? {} : { base64Response: Buffer.from(bytes).toString('base64') }),
  };
}

/** What actions brought. */
export function resultsOf({ javascriptReturn, screenshots }: ActionResults): Partial<Solution> {
  return {
    ...(javascriptReturn.length > 0 ? { javascriptReturn } : {}),
    ...(screenshots.length > 0 ? { screenshots } : {}),
  };
}

/** The names that the API gives what was extracted. */
function extractedFields({ elements, ...rest }: Extracted): Partial<Solution> {
  return { ...(elements ? { cssSelector: elements } : {}), ...rest };
}

/** Whether a content type is one of text. */
export const isText = (contentType: string): boolean =>
  /^(text\/|application\/(json|javascript|xml|xhtml\+xml|ecmascript))|\+(json|xml)\b/i.test(contentType);

/** Cookies as a reply prints them. */
export const outputCookies = (cookies: readonly EngineCookie[]): CookieOutput[] => cookies.map(cookieOutput);

/** The text of a download that is text (a CSV file, say). */
export function textOf(body: Uint8Array | undefined, contentType = ''): string {
  if (!body || !isText(contentType)) return '';
  const charset = /charset="?([\w-]+)/i.exec(contentType)?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(charset).decode(body);
  } catch {
    return new TextDecoder().decode(body); // a charset that nobody knows
  }
}

function cookieOutput({ name, value, domain, path, expires, httpOnly, secure, sameSite }: EngineCookie): CookieOutput {
  return { name, value, domain, path, expires: Math.round(expires), httpOnly, secure, sameSite };
}

/** Only the fields that were asked for; all of them without a filter. */
export function filterSolution(solution: Partial<Solution>, filter: readonly string[] | undefined): Partial<Solution> {
  if (!filter || filter.length === 0) return solution;
  return Object.fromEntries(Object.entries(solution).filter(([name]) => filter.includes(name)));
}
