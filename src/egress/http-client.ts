import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib';
import { ProxyAgent, request } from 'undici';
import { MooringError, settingName } from '../errors.js';
import { networkProblem } from '../util/network-problem.js';

export interface PlainRequest {
  readonly url: string;
  readonly method: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The most bytes that are taken, packed or not. */
  readonly maxBytes: number;
}

/** The cookies of the session, for each step of a request. */
export interface RequestCookies {
  /** The `Cookie` header for a URL; empty: none. */
  headerFor(url: string): Promise<string>;
  /** Takes the `Set-Cookie` lines of an answer. */
  take(url: string, lines: readonly string[]): Promise<void>;
}

export interface PlainResponse {
  readonly status: number;
  readonly url: string;
  readonly method: string;
  /** Lower-case names; several `set-cookie` are parted by a line break. */
  readonly headers: Readonly<Record<string, string>>;
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** The answers that led here. */
  readonly redirects: readonly { readonly url: string; readonly status: number }[];
}

const maxRedirects = 20;

/**
 * HTTP without a page, through a session's own proxy: its rules, its upstream and its meter apply. Connections are kept
 * for the next request.
 */
export class HttpClient {
  readonly #dispatcher: ProxyAgent;

  constructor(proxyUrl: string) {
    // Without a tunnel for plain HTTP, as browsers speak to a proxy.
    this.#dispatcher = new ProxyAgent({ uri: proxyUrl, proxyTunnel: false, maxHeaderSize: 256 * 1024 });
  }

  /**
   * One exchange. Redirects are followed as browsers do, with the session's cookies read and kept at each step.
   *
   * @throws MooringError `NO_RESPONSE`, `RESPONSE_TOO_LARGE`; the signal's reason when it aborts
   */
  async request(first: PlainRequest, cookies: RequestCookies, signal: AbortSignal): Promise<PlainResponse> {
    const redirects: { url: string; status: number }[] = [];
    let current = first;
    for (;;) {
      const answer = await exchange(current, cookies, this.#dispatcher, signal);
      const next = redirected(current, answer);
      if (!next) return { ...answer, redirects };
      redirects.push({ url: current.url, status: answer.status });
      if (redirects.length > maxRedirects) {
        throw new MooringError(
          'NO_RESPONSE',
          `expected at most ${maxRedirects} redirects from ${first.url}; there were more.`,
        );
      }
      current = next;
    }
  }

  /** Lets go of every connection. */
  async close(): Promise<void> {
    await this.#dispatcher.destroy();
  }
}

async function exchange(
  { url, method, headers, body, maxBytes }: PlainRequest,
  cookies: RequestCookies,
  dispatcher: ProxyAgent,
  signal: AbortSignal,
): Promise<Omit<PlainResponse, 'redirects'>> {
  const cookie = await cookies.headerFor(url);
  const sent = { ...headers, ...(cookie === '' ? {} : { cookie }) };
  let answer: Awaited<ReturnType<typeof request>> | undefined;
  try {
    // Any method.
    answer = await request(url, { method: method as 'GET', headers: sent, body: body ?? null, dispatcher, signal });
    const received = answer.headers;
    const lines = received['set-cookie'] ?? [];
    await cookies.take(url, Array.isArray(lines) ? lines : [lines]);
    const packed = await readAll(answer.body, maxBytes, url);
    return {
      status: answer.statusCode,
      url,
      method,
      headers: Object.fromEntries(
        Object.entries(received).map(([name, value]) => [
          name,
          Array.isArray(value) ? value.join('\n') : (value ?? ''),
        ]),
      ),
      requestHeaders: sent,
      body: await unpack(packed, String(received['content-encoding'] ?? ''), maxBytes, url),
    };
  } catch (error) {
    answer?.body.destroy(); // or its connection would wait for whoever reads it
    if (signal.aborted) throw signal.reason;
    if (error instanceof MooringError) throw error;
    throw new MooringError('NO_RESPONSE', `expected a usable HTTP response for ${url}; ${networkProblem(error)}.`, {
      cause: error,
      url,
    });
  }
}

async function readAll(body: AsyncIterable<Uint8Array>, maxBytes: number, url: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > maxBytes) throw tooLarge(url, maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const unpackers = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  br: promisify(brotliDecompress),
} as const;

async function unpack(packed: Buffer, encoding: string, maxBytes: number, url: string): Promise<Buffer> {
  const limit = { maxOutputLength: maxBytes };
  const name = encoding.trim().toLowerCase();
  if (packed.length === 0) return packed;
  try {
    if (name === 'gzip' || name === 'x-gzip' || name === 'br') return await unpackers[name](packed, limit);
    // Servers mean either of two formats by it (RFC 9110 §8.4.1.2).
    if (name === 'deflate')
      return await promisify(inflate)(packed, limit).catch(() => promisify(inflateRaw)(packed, limit));
    return packed;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(url, maxBytes);
    throw error;
  }
}

const tooLarge = (url: string, maxBytes: number): MooringError =>
  new MooringError(
    'RESPONSE_TOO_LARGE',
    `expected at most ${maxBytes} bytes (${settingName('responseLimit')}) from ${url}; it has more.`,
  );

/** The request that an answer sends elsewhere, if it does (RFC 9110 §15.4). */
function redirected(
  from: PlainRequest,
  { status, headers }: Pick<PlainResponse, 'status' | 'headers'>,
): PlainRequest | undefined {
  const { location } = headers;
  if (![301, 302, 303, 307, 308].includes(status) || location === undefined) return undefined;
  if (!URL.canParse(location, from.url)) return undefined;
  const target = new URL(location, from.url);
  if (!target.hash) target.hash = new URL(from.url).hash;
  if (target.protocol !== 'http:' && target.protocol !== 'https:') return undefined;
  const sameOrigin = target.origin === new URL(from.url).origin;
  const headersOn = sameOrigin ? from.headers : only(from.headers, isForAnySite);
  const becomesGet = status === 303 ? from.method !== 'HEAD' : status <= 302 && from.method === 'POST';
  if (!becomesGet) return { ...from, url: target.href, headers: headersOn };
  const { body: _body, ...rest } = from;
  return { ...rest, url: target.href, method: 'GET', headers: only(headersOn, (name) => !name.startsWith('content-')) };
}

/**
 * Whether a header may go on to another origin. Any other that a caller names may hold a secret of the first one: `x-api-key`
 * does, `authorization` and `cookie` too.
 */
const isForAnySite = (name: string): boolean =>
  /^(accept(-[a-z]+)?|user-agent|referer|sec-ch-[a-z-]+|sec-fetch-[a-z]+|upgrade-insecure-requests|priority|dnt|cache-control|pragma|content-(type|language|encoding))$/.test(
    name,
  );

function only(headers: Readonly<Record<string, string>>, isKept: (name: string) => boolean): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => isKept(name)));
}
