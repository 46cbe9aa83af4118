import type { CookieToSet, HttpMethod } from '../engine/engine.js';
import { MooringError } from '../errors.js';
import type { RequestName } from '../protocol/commands/request.js';
import { type CookieInput, parseCookieString } from '../protocol/fields/cookies.js';
import type { RequestFields } from '../protocol/fields/request.js';

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
 * @throws MooringError `INVALID_PARAMETER` when a list is to be sent as form fields, or a body is nested too deep
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

const jsonType = 'application/json';
const formType = 'application/x-www-form-urlencoded';

/** The body as text; sets the content type when the caller did not. */
function encodeBody(postData: RequestFields['postData'], headers: Record<string, string>): string | undefined {
  if (postData === undefined) return undefined;
  const type = headers['content-type'];
  if (typeof postData === 'string') {
    headers['content-type'] ??= isJsonText(postData) ? jsonType : formType;
    return postData;
  }
  const asJson = type === undefined ? !isFlat(postData) : /json/i.test(type);
  headers['content-type'] ??= asJson ? jsonType : formType;
  if (asJson) return jsonText(postData);
  if (Array.isArray(postData)) {
    throw new MooringError(
      'INVALID_PARAMETER',
      '`postData`: expected text or an object, as `content-type` in `customHeaders` is not JSON; got a list.',
    );
  }
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(postData)) {
    for (const item of Array.isArray(value) ? value : [value]) form.append(name, formText(item));
  }
  return form.toString();
}

/** Whether a text is a JSON object or list. Nothing else is parsed to find out. */
function isJsonText(text: string): boolean {
  if (!/^\s*[[{]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Whether form fields can say it: an object whose values are no objects and no lists. */
const isFlat = (data: object): boolean =>
  !Array.isArray(data) && Object.values(data).every((value) => typeof value !== 'object' || value === null);

function formText(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? jsonText(value) : String(value);
}

/** @throws MooringError `INVALID_PARAMETER` when it is nested too deep to be written */
function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new MooringError(
      'INVALID_PARAMETER',
      '`postData`: expected fewer levels of nesting; got too many to write.',
      {
        cause,
      },
    );
  }
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
