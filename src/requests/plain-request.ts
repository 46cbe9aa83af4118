import { type Cookie, CookieJar, domainMatch, pathMatch } from 'tough-cookie';
import type { PlainResponse, RequestCookies } from '../egress/http-client.js';
import type { CookieToSet, EngineContext, EngineCookie } from '../engine/engine.js';
import { MooringError } from '../errors.js';
import { isTrustworthy, navigationHeaders } from '../identity/navigation-headers.js';
import type { RequestReply } from '../protocol/commands/request.js';
import type { RequestFields } from '../protocol/fields/request.js';
import type { Solution } from '../protocol/replies/solution.js';
import type { LeasedSession } from '../sessions/session-lease.js';
import type { Deadline } from '../util/deadline.js';
import { cookiesToSet } from './http-request.js';
import { assertNoPageFields, idleWarnings } from './page-options.js';
import type { PreparedRequest } from './prepared-request.js';
import { filterSolution, isText, outputCookies, redirectFields, textOf, toBase64 } from './solution.js';

/** @throws MooringError `INVALID_PARAMETER` when a field needs a page, or there is no URL */
export function assertNeedsNoPage(request: RequestFields): void {
  assertNoPageFields(request);
  if (request.url === undefined)
    throw new MooringError('INVALID_PARAMETER', '`url`: expected an absolute http(s) URL; there was none.');
}

/** A plain HTTP exchange with the session's cookies, user agent and upstream; its page stays as it is. */
export async function runPlainRequest(
  { command: { request }, domains, http }: PreparedRequest,
  leased: LeasedSession,
  deadline: Deadline,
  maxBytes: number,
): Promise<RequestReply> {
  const { signal } = deadline;
  const { url, authorization } = withoutCredentials(request.url ?? '');
  using egress = leased.egress.beginRequest(domains);
  egress.name(url);
  const cookies = cookiesToSet(request, url);
  if (cookies.length > 0) await leased.context.addCookies(cookies, signal);
  const sent = {
    url,
    method: http.method,
    headers: {
      ...navigationHeaders(leased.identity.identity, new URL(url)),
      ...authorization,
      ...(http.referer === undefined ? {} : { referer: http.referer }),
      ...http.headers,
    },
    ...(http.body === undefined ? {} : { body: http.body }),
    maxBytes,
  };
  const jar = new SessionCookies(leased.context, signal);
  let answer: PlainResponse;
  try {
    answer = await leased.egress.client.request(sent, jar, signal);
  } catch (error) {
    if (signal.aborted || !(error instanceof MooringError) || error.code !== 'NO_RESPONSE') throw error;
    throw egress.failure(error.url ?? url) ?? error;
  }
  leased.events.add('navigation', { url: answer.url, by: 'command', statusCode: answer.status });
  const solution = await solutionOf(answer, request, jar);
  const warnings = [...http.warnings, ...idleWarnings(request)];
  return {
    solution: filterSolution(
      { ...solution, ...(egress.blocked.length > 0 ? { blocked: [...egress.blocked] } : {}) },
      request.filter,
    ),
    data: 'success',
    session: leased.id,
    ...(warnings.length > 0 ? { warnings } : {}),
  };
}

/** A URL without its `user:password@`, and the header that says the same (RFC 7617), as a browser would send it. */
function withoutCredentials(text: string): { url: string; authorization: Record<string, string> } {
  const url = new URL(text);
  if (url.username === '' && url.password === '') return { url: text, authorization: {} };
  const pair = `${decoded(url.username)}:${decoded(url.password)}`;
  url.username = '';
  url.password = '';
  return { url: url.href, authorization: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } };
}

/** What is percent-encoded as what it means; a lone `%` stays. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

async function solutionOf(
  { status, url, method, headers, requestHeaders, body, redirects }: PlainResponse,
  request: RequestFields,
  jar: SessionCookies,
): Promise<Partial<Solution>> {
  if (request.onlyStatusCode) return { verified: true, statusCode: status, currentUrl: url };
  const type = headers['content-type'] ?? '';
  const text = isText(type) || type === '' ? textOf(body, type === '' ? 'text/plain' : type) : '';
  const wantsBytes = request.base64Response || request.base64 || request.binary || (!isText(type) && type !== '');
  const [cookies, cookieString] = await Promise.all([jar.all(), jar.headerFor(url)]);
  return {
    verified: true,
    type: 'request',
    response: text,
    innerText: text,
    statusCode: status,
    currentUrl: url,
    userAgent: requestHeaders['user-agent'] ?? '',
    cookies: outputCookies(cookies),
    cookieString,
    responseHeaders: { ...headers },
    requestHeaders: { ...requestHeaders },
    method,
    localStorageData: {},
    ...(wantsBytes ? { base64Response: toBase64(body) } : {}),
    ...(request.listAllRedirects ? redirectFields([...redirects, { url, status }]) : {}),
  };
}

/**
 * The session's cookies for an exchange that the browser does not make itself: read from it, and given back to it. Which
 * domains a site may set is for the cookie library to say, which knows the public suffixes.
 */
class SessionCookies implements RequestCookies {
  readonly #context: EngineContext;
  readonly #signal: AbortSignal;
  #all: Promise<readonly EngineCookie[]> | undefined;

  constructor(context: EngineContext, signal: AbortSignal) {
    this.#context = context;
    this.#signal = signal;
  }

  /** Every cookie. Asked for once, and again only when an answer has set some. */
  all(): Promise<readonly EngineCookie[]> {
    this.#all ??= this.#context.cookies(undefined, this.#signal);
    return this.#all;
  }

  async headerFor(url: string): Promise<string> {
    const target = new URL(url);
    const cookies = (await this.all()).filter((cookie) => isSentTo(cookie, target));
    // Those of longer paths first (RFC 6265 §5.4).
    cookies.sort((a, b) => b.path.length - a.path.length);
    return cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
  }

  async take(url: string, lines: readonly string[]): Promise<void> {
    const cookies = acceptedCookies(url, lines);
    if (cookies.length === 0) return;
    this.#all = undefined;
    try {
      await this.#context.addCookies(cookies, this.#signal);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      // The browser refuses one of them, and with it all: a site may send what it likes, each counts by itself.
      for (const cookie of cookies) {
        await this.#context.addCookies([cookie], this.#signal).catch((refusal: unknown) => {
          if (!isRefusal(refusal)) throw refusal;
        });
      }
    }
  }
}

const isRefusal = (error: unknown): boolean => error instanceof MooringError && error.code === 'INVALID_PARAMETER';

/** A cookie that says by itself where it belongs. */
type DomainCookie = Extract<CookieToSet, { readonly domain: string }>;

/** What a site's lines come to, in their order: of one cookie the last line counts, and one that is over is deleted. */
function acceptedCookies(url: string, lines: readonly string[]): DomainCookie[] {
  const jar = new CookieJar(undefined, { looseMode: true, rejectPublicSuffixes: true });
  const last = new Map<string, DomainCookie>();
  for (const line of lines) {
    // Nothing comes of a line that the site may not send: for another domain, or for all of a public suffix.
    const cookie = jar.setCookieSync(line, url, { ignoreError: true });
    if (!cookie) continue;
    const taken = toSet(cookie, url);
    last.set([taken.name, taken.domain, taken.path].join('\n'), taken);
  }
  return [...last.values()];
}

/** Whether a browser sends a cookie to a URL that it goes to by itself (RFC 6265 §5.4; browsers trust loopback too). */
function isSentTo({ domain, path, secure, expires }: EngineCookie, url: URL): boolean {
  const host = url.hostname;
  const fits = domain.startsWith('.') ? domainMatch(host, domain.slice(1)) : host === domain;
  const isFresh = expires === -1 || expires > Date.now() / 1000;
  return fits === true && isFresh && (isTrustworthy(url) || !secure) && pathMatch(url.pathname, path);
}

function toSet(cookie: Cookie, url: string): DomainCookie {
  const { key, value, path, secure, httpOnly, sameSite, hostOnly } = cookie;
  const domain = cookie.domain ?? new URL(url).hostname;
  const expiry = cookie.expiryTime() ?? Number.POSITIVE_INFINITY;
  const names = { strict: 'Strict', lax: 'Lax', none: 'None' } as const;
  return {
    name: key,
    value,
    domain: hostOnly === false ? `.${domain}` : domain,
    path: path ?? '/',
    // In the past, where it is over: that deletes it.
    expires: expiry === Number.POSITIVE_INFINITY ? -1 : Math.max(1, Math.round(expiry / 1000)),
    httpOnly,
    secure,
    ...(sameSite && sameSite in names ? { sameSite: names[sameSite as keyof typeof names] } : {}),
  };
}
