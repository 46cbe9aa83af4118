import { z } from 'zod';
import { MooringError } from '../errors.js';
import { type Command, parseCommand } from './commands.js';
import { cookieList, flag, integer, optional } from './fields.js';
import type { CookieOutput, Solution, TimedReply } from './replies.js';

/**
 * The second dialect: what FlareSolverr's clients send, said in our commands, and our replies said as they expect them,
 * with the real status and headers, which the original does not give.
 *
 * @see https://github.com/FlareSolverr/FlareSolverr#commands
 */

const proxySchema = z.object({
  url: z.string().min(1),
  username: optional(z.string()),
  password: optional(z.string()),
});

/** The fields of the dialect. */
export const dialectSchema = z.object({
  cmd: z.enum(['sessions.create', 'sessions.list', 'sessions.destroy', 'request.get', 'request.post']),
  session: optional(z.string()),
  url: optional(z.string()),
  postData: optional(z.string()),
  maxTimeout: optional(integer(1, 3_600_000)),
  session_ttl_minutes: optional(integer(1, 525_600)),
  cookies: optional(cookieList()),
  returnOnlyCookies: optional(flag()),
  returnScreenshot: optional(flag()),
  waitInSeconds: optional(integer(0, 600)),
  disableMedia: optional(flag()),
  proxy: optional(z.union([proxySchema, z.string().transform((url) => ({ url }))])),
});
type DialectBody = z.infer<typeof dialectSchema>;

/** The time that the original gives a request. */
const defaultTimeoutMs = 60_000;

/** A command of the dialect in ours. */
export interface Translated {
  readonly command: Command;
  readonly returnsOnlyCookies: boolean;
}

/** @throws MooringError as `parseCommand`, in the words of the dialect where the field is one of its own */
export function translateRequest(body: Readonly<Record<string, unknown>>): Translated {
  const parsed = dialectSchema.safeParse(body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new MooringError(
      'INVALID_PARAMETER',
      `\`${issue?.path.join('.') ?? 'cmd'}\`: ${issue?.message ?? 'cannot be read'}.`,
    );
  }
  const fields = parsed.data;
  const options = {
    ...(fields.proxy ? { proxy: proxyUrl(fields.proxy) } : {}),
    ...(fields.session_ttl_minutes ? { session_ttl: fields.session_ttl_minutes * 60 } : {}),
  };
  const own = {
    cmd: fields.cmd,
    ...(fields.session ? { session: fields.session } : {}),
    ...options,
    ...requestFields(fields),
  };
  return { command: parseCommand(own), returnsOnlyCookies: fields.returnOnlyCookies ?? false };
}

function requestFields(fields: DialectBody): Record<string, unknown> {
  if (!fields.cmd.startsWith('request.')) return {};
  return {
    url: fields.url,
    postData: fields.postData,
    timeout: fields.maxTimeout ?? defaultTimeoutMs,
    cookies: fields.cookies,
    screenshot: fields.returnScreenshot,
    disableMedia: fields.disableMedia,
    // A request without a session has one for itself there.
    closeAfterUse: fields.session === undefined,
    ...(fields.waitInSeconds ? { browserActions: [{ type: 'wait', wait: fields.waitInSeconds * 1000 }] } : {}),
  };
}

function proxyUrl({ url, username, password }: z.infer<typeof proxySchema>): string {
  if (!username) return url;
  const [scheme = '', rest = ''] = url.split('://', 2);
  return `${scheme}://${encodeURIComponent(username)}:${encodeURIComponent(password ?? '')}@${rest}`;
}

export interface DialectTimes {
  /** Milliseconds since 1970. */
  readonly startTimestamp: number;
  readonly endTimestamp: number;
  /** Of this server. */
  readonly version: string;
}

/** A success as the dialect's clients expect it. */
export function translateReply(reply: TimedReply, { command, returnsOnlyCookies }: Translated, times: DialectTimes) {
  const message = {
    'sessions.create': 'Session created successfully.',
    'sessions.destroy': 'The session has been removed.',
  };
  return {
    status: 'ok',
    message: message[command.cmd as keyof typeof message] ?? '',
    ...('sessions' in reply ? { sessions: reply.sessions.map(({ session }) => session) } : {}),
    ...('session' in reply && command.cmd !== 'sessions.destroy' ? { session: reply.session } : {}),
    ...(command.cmd.startsWith('request.')
      ? { solution: translateSolution(reply.solution as Partial<Solution>, returnsOnlyCookies) }
      : {}), // of a request
    ...times,
  };
}

function translateSolution(solution: Partial<Solution>, onlyCookies: boolean) {
  const { currentUrl = '', statusCode = 0, cookies = [], userAgent = '' } = solution;
  const base = { url: currentUrl, status: statusCode, cookies: cookies.map(translateCookie), userAgent };
  if (onlyCookies) return base;
  return {
    ...base,
    headers: solution.responseHeaders ?? {},
    response: solution.response ?? '',
    ...(solution.screenshot === undefined ? {} : { screenshot: solution.screenshot }),
  };
}

/** Its cookies say `expiry`, and leave it out with the session. */
function translateCookie({ expires, ...rest }: CookieOutput) {
  return { ...rest, ...(expires === -1 ? {} : { expiry: expires, expires }) };
}

/** A failure as the dialect's clients expect it. */
export function translateError(message: string, times: DialectTimes) {
  return { status: 'error', message: `Error: ${message}`, ...times };
}

/** What the original says of a path that it does not have. */
export const notFoundSentence = (path: string): string => `Not found: '${path}'`;
/** And of a method. */
export const wrongMethodSentence = 'Method not allowed.';
