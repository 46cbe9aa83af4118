import type { ActionResults } from '../actions/action-context.js';
import type {
  AbortedRequest,
  CapturedExchange,
  EngineContext,
  EngineCookie,
  EnginePage,
  NavigationResult,
  PageWatch,
  Redirect,
} from '../engine/engine.js';
import type { RequestFields } from '../protocol/fields/request.js';
import type { CookieOutput, ExchangeOutput, Solution } from '../protocol/replies/solution.js';
import { abortable } from '../util/deadline.js';

export interface SolutionSource {
  readonly page: EnginePage;
  readonly context: EngineContext;
  /** The navigation that brought what the page shows. */
  readonly result: NavigationResult;
  readonly listsRedirects: boolean;
  /** The fields that are wanted. If undefined, all. */
  readonly filter: readonly string[] | undefined;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** Reads everything a solution always has, side by side: the page, its cookies, and the headers of its request. */
export async function readSolution(source: SolutionSource): Promise<Partial<Solution>> {
  const { page, context, result, filter, signal } = source;
  const isDocument = result.kind === 'document';
  const [content, cookies, sent, headers, redirects] = await Promise.all([
    page.read(source.maxBytes, signal, { html: isWanted(filter, 'response'), text: isWanted(filter, 'innerText') }),
    context.cookies(undefined, signal),
    context.cookies(isDocument ? page.url : result.url, signal),
    abortable(result.headers, signal),
    source.listsRedirects ? abortable(result.redirects, signal) : [],
  ]);
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
    ...(source.listsRedirects ? redirectFields([...redirects, result]) : {}),
    ...(result.body ? { base64Response: toBase64(result.body) } : {}),
  };
}

/** The answers on the way to a document, as a reply lists them. */
export function redirectFields(steps: readonly Redirect[]): Partial<Solution> {
  return {
    listAllRedirectsResponse: steps.map(({ url }) => url),
    redirects: steps.map(({ url, status }) => ({ url, statusCode: status })),
  };
}

/** What actions brought. */
export function resultFields({ javascriptReturn, screenshots, downloads }: ActionResults): Partial<Solution> {
  return {
    ...(javascriptReturn.length > 0 ? { javascriptReturn } : {}),
    ...(screenshots.length > 0 ? { screenshots } : {}),
    ...(downloads.length > 0 ? { downloads } : {}),
  };
}

/** What was seen of the page besides its document. */
export function watchFields(watch: PageWatch, request: RequestFields): Partial<Solution> {
  const exchanges = watch.captured.flatMap((exchange) => (exchange ? [exchangeOutput(exchange)] : []));
  const first = Array.isArray(request.interceptFetchRequest) ? exchanges : exchanges[0];
  return {
    ...(exchanges.length > 0 ? { interceptFetchRequestResponse: first } : {}),
    ...(request.abortOnDetection ? { abortOnDetectionResponse: watch.aborted.map(abortedOutput) } : {}),
    ...(watch.popups.length > 0 ? { popups: [...watch.popups] } : {}),
  };
}

function exchangeOutput({ response, ...exchange }: CapturedExchange): ExchangeOutput {
  const output = { ...exchange, headers: { ...exchange.headers }, responseHeaders: { ...exchange.responseHeaders } };
  if (!response) return output;
  const type = exchange.responseHeaders['content-type'] ?? 'text/plain';
  if (!isText(type)) return { ...output, response: toBase64(response), base64: true };
  const text = textOf(response, type);
  return { ...output, response: /[/+]json\b/i.test(type) ? parsed(text) : text };
}

/** The value of JSON; the text as it is when it is none, or nested too deep to be written again. */
function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    JSON.stringify(value);
    return value;
  } catch {
    return text;
  }
}

function abortedOutput({ body, headers, ...rest }: AbortedRequest) {
  return { ...rest, headers: { ...headers }, ...(body === undefined ? {} : { payload: body }) };
}

export const toBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

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
    return new TextDecoder().decode(body); // an unknown charset
  }
}

function cookieOutput({ name, value, domain, path, expires, httpOnly, secure, sameSite }: EngineCookie): CookieOutput {
  return { name, value, domain, path, expires: Math.round(expires), httpOnly, secure, sameSite };
}

/** Only the fields that were asked for; all of them without a filter. */
export function filterSolution(solution: Partial<Solution>, filter: readonly string[] | undefined): Partial<Solution> {
  return Object.fromEntries(Object.entries(solution).filter(([name]) => isWanted(filter, name)));
}

const isWanted = (filter: readonly string[] | undefined, name: string): boolean =>
  !filter || filter.length === 0 || filter.includes(name);
