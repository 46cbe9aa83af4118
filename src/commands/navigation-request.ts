import type { CookieToSet, HttpMethod } from '../engine/engine.js';
import { MooringError } from '../errors.js';
import type { RequestName } from '../protocol/commands.js';
import { type CookieInput, parseCookieString } from '../protocol/fields.js';
import type { RequestFields } from '../protocol/requests.js';

/** The HTTP side of a request: what the browser is to send. */
export interface HttpRequest {
  readonly method: HttpMethod;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly referer?: string;
  /** What was left out, a sentence each. */
  readonly warnings: readonly string[];
}

const methods: Readonly<Record<RequestName, HttpMethod>> = {
  'request.get': 'GET',
  'request.post': 'POST',
  'request.put': 'PUT',
  'request.delete': 'DELETE',
  'request.patch': 'PATCH',
};

/** Headers of the connection, which belong to whoever opens it (RFC 9110 §7.6.1). Copied requests carry them. */
const connectionHeaders = new Set([
  'host',
  'content-length',
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'te',
  'trailer',
  'upgrade',
]);

/**
 * The request to send for a command's fields.
 *
 * @throws MooringError `INVALID_PARAMETER` when a list is to be sent as form fields
 */
export function httpRequestOf(cmd: RequestName, fields: RequestFields): HttpRequest {
  const headers: Record<string, string> = {};
  const warnings: string[] = [];
  let referer = fields.referer;
  for (const [name, value] of Object.entries(fields.customHeaders ?? {})) {
    const lower = name.toLowerCase();
    if (lower === 'cookie') continue; // set as cookies of the session
    if (lower === 'referer') referer ??= value;
    else if (connectionHeaders.has(lower))
      warnings.push(`\`customHeaders.${name}\` was left out: the browser sets it itself.`);
    else headers[lower] = value;
  }
  const method = methods[cmd];
  const body = method === 'GET' ? undefined : encodeBody(fields.postData, headers);
  return {
    method,
    headers,
    warnings,
    ...(body === undefined ? {} : { body }),
    ...(referer === undefined ? {} : { referer }),
  };
}

/** The body as text; sets the content type when the caller did not. */
function encodeBody(postData: RequestFields['postData'], headers: Record<string, string>): string | undefined {
  if (postData === undefined) return undefined;
  const asJson = /json/i.test(headers['content-type'] ?? '');
  headers['content-type'] ??= 'application/x-www-form-urlencoded';
  if (typeof postData === 'string') return postData;
  if (asJson) return JSON.stringify(postData);
  if (Array.isArray(postData)) {
    throw new MooringError(
      'INVALID_PARAMETER',
      '`postData`: expected text or an object (or a content-type of JSON in `customHeaders`); came a list.',
    );
  }
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(postData)) {
    for (const item of Array.isArray(value) ? value : [value]) form.append(name, formText(item));
  }
  return form.toString();
}

function formText(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** The cookies that a request wants set, for the URL it goes to or stays at. */
export function cookiesToSet(fields: RequestFields, url: string): CookieToSet[] {
  const header = Object.entries(fields.customHeaders ?? {}).find(([name]) => name.toLowerCase() === 'cookie')?.[1];
  const inputs: readonly CookieInput[] = [
    ...(header === undefined ? [] : parseCookieString(header)),
    ...(fields.cookiejar ?? []),
    ...(fields.cookies ?? []),
  ];
  return inputs.map((input) => cookieToSet(input, url));
}

function cookieToSet(input: CookieInput, url: string): CookieToSet {
  const { name, value, domain, path, expires, httpOnly, secure, sameSite } = input;
  // Of a URL the browser takes the folder as the path; the default is the whole site.
  const place =
    domain === undefined && path === undefined
      ? { url: new URL('/', url).href }
      : { domain: domain ?? new URL(url).hostname, path: path ?? '/' };
  return {
    name,
    value,
    ...place,
    ...(expires === undefined ? {} : { expires }),
    ...(httpOnly === undefined ? {} : { httpOnly }),
    ...(secure === undefined ? {} : { secure }),
    // A browser drops a cookie that is SameSite=None without Secure; exports of http sites are full of them.
    ...(sameSite === undefined || (sameSite === 'None' && !secure) ? {} : { sameSite }),
  };
}
