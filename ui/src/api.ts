/** A row of `sessions.list`. */
export interface SessionRow {
  readonly session: string;
  readonly state: string;
  readonly lastAccessed: number;
  readonly createdAt: number;
  readonly idleMs: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly persist: boolean;
  readonly waiting: number;
  readonly anonymous: boolean;
  readonly node?: string;
  readonly url?: string;
  readonly browser?: { readonly name: string; readonly version: number };
  readonly operatingSystem?: string;
  readonly device?: string;
  readonly engine?: string;
  readonly upstream?: string;
  readonly country?: string;
}

export interface SessionList {
  readonly sessions: readonly SessionRow[];
  readonly open: number;
  readonly limit: number;
}

/** An event of `sessions.events`. What more it says depends on its kind. */
export interface SessionEvent {
  readonly sequence: number;
  readonly at: number;
  readonly kind: string;
  readonly [field: string]: unknown;
}

export interface Whoami {
  readonly version: string;
  readonly wantsKey: boolean;
  /** A key was given, and is good. */
  readonly hasKey: boolean;
  readonly mayEnter: boolean;
}

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
export type Body = Readonly<Record<string, unknown>>;

/** A request that did not succeed. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** Of the server's catalogue, or `UNREACHABLE`. */
  readonly code: string;
  /** The page that explains it, on this server. */
  readonly info: string | undefined;

  constructor(code: string, message: string, info?: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
    this.info = info;
  }
}

/** Pages of other sites cannot send it: by it the server knows that its cookie is used by its own page. */
const ownPage = { 'x-mooring-ui': '1' };

/** Asks this server. @throws ApiError `UNREACHABLE`. A signal that aborts rejects with its reason */
export async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  try {
    return await fetch(path, { ...init, headers: { ...ownPage, ...init.headers } });
  } catch (cause) {
    init.signal?.throwIfAborted();
    throw new ApiError('UNREACHABLE', 'The server does not answer.', undefined, cause);
  }
}

export function post(path: string, body: Body, init: RequestInit = {}): Promise<Response> {
  const headers = { 'content-type': 'application/json', ...init.headers };
  return ask(path, { ...init, method: 'POST', headers, body: JSON.stringify(body) });
}

/** Sends a command. @returns the reply, whatever it says @throws ApiError `UNREACHABLE` */
export async function sendRaw(body: Body, signal?: AbortSignal): Promise<Record<string, unknown>> {
  return readJson(await post('/api/v1', body, signal ? { signal } : {}));
}

/** Sends a command. @throws ApiError when it fails */
export async function send<T>(body: Body, signal?: AbortSignal): Promise<T> {
  const reply = await sendRaw(body, signal);
  if (reply.data === 'error') throw errorOf(reply);
  return reply as T; // as the command's definition says
}

/** @throws ApiError unless the status is 200 */
export async function succeeded(response: Response): Promise<Response> {
  if (response.ok) return response;
  throw errorOf(await readJson(response));
}

export async function readJson(response: Response): Promise<Record<string, unknown>> {
  try {
    return await response.json();
  } catch (cause) {
    throw new ApiError('UNREACHABLE', `The server's answer broke off, or is none of Mooring's.`, undefined, cause);
  }
}

/** The error that a reply tells; `error` is `CODE: sentence`. */
export function errorOf(reply: Readonly<Record<string, unknown>>): ApiError {
  const code = String(reply.code ?? 'UNKNOWN');
  const text = String(reply.error ?? 'The server gave no reason.');
  const info = typeof reply.info === 'string' && URL.canParse(reply.info) ? new URL(reply.info) : undefined;
  // Its path alone: a proxy before the server may have another name than the server thinks.
  return new ApiError(code, text.replace(`${code}: `, ''), info && `${info.pathname}${info.hash}`);
}

export const asApiError = (error: unknown): ApiError =>
  error instanceof ApiError ? error : new ApiError('UNKNOWN', error instanceof Error ? error.message : String(error));
