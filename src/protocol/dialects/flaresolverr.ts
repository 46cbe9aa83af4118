import { z } from 'zod';
import { MooringError } from '../../errors.js';
import { networkErrorName } from '../../util/network-error-name.js';
import type { RequestCommand } from '../commands/request.js';
import type { Command, TimedReply } from '../commands.js';
import { cookieList } from '../fields/cookies.js';
import { boundedText, flag, integer, optional } from '../fields/scalars.js';
import { meansProxy } from '../names/guarded-fields.js';
import { parseCommand } from '../parse-command.js';
import { type CookieOutput, cookieOutputSchema, type Solution } from '../replies/solution.js';

/**
 * The second dialect: what FlareSolverr's clients send, said in our commands, and our replies said as they expect them, with
 * the real status and headers, which the original does not give. Its sentences are the original's: clients compare them.
 *
 * @see https://github.com/FlareSolverr/FlareSolverr#commands
 * @see docs/decisions/0012-flaresolverr-dialect.md
 */

const text = (max = maxBody) =>
  z.string({ error: 'expected text' }).max(max, `expected text of at most ${max} characters`);

const proxySchema = z.object({
  url: optional(boundedText()),
  username: optional(boundedText()),
  password: optional(boundedText()),
});

/** As large as a body may be; the setting `MOORING_BODY_LIMIT` is smaller. */
const maxBody = 500_000_000;

/** Seconds, fractions too. */
const seconds = () => {
  const error = 'expected seconds, at most 600';
  return z.preprocess(
    (value) => (typeof value === 'string' && value.length <= 40 && value.trim() !== '' ? Number(value) : value),
    z.number({ error }).max(600, { error }),
  );
};

const commands = ['sessions.create', 'sessions.list', 'sessions.destroy', 'request.get', 'request.post'] as const;

/** The fields of the dialect; what else its clients send has no effect, as there. */
export const dialectSchema = z.object({
  cmd: z.enum(commands),
  session: optional(text(1000)),
  url: optional(text()),
  postData: optional(text()),
  maxTimeout: optional(integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)),
  session_ttl_minutes: optional(integer(0, 525_600)),
  cookies: optional(cookieList()),
  returnOnlyCookies: optional(flag()),
  returnScreenshot: optional(flag()),
  waitInSeconds: optional(seconds()),
  disableMedia: optional(flag()),
  proxy: optional(
    z.preprocess(
      (value) => (typeof value === 'string' ? { url: value } : value),
      z.object(proxySchema.shape, { error: 'expected {"url": "http://host:port", "username": …, "password": …}' }),
    ),
  ),
});
type DialectBody = z.infer<typeof dialectSchema>;

/** The time that the original gives a request. */
const defaultTimeoutMs = 60_000;
const maxTimeoutMs = 3_600_000;

/** A command of the dialect in ours. */
export interface Translated {
  readonly command: Command;
  /** Whether the caller named the session. */
  readonly named: boolean;
  readonly returnsOnlyCookies: boolean;
}

/** @throws MooringError in the words of the original, and as `parseCommand` */
export function translateRequest(body: Readonly<Record<string, unknown>>): Translated {
  const fields = parseFields(body);
  assertComplete(fields);
  const { session } = fields;
  const proxy = proxyUrl(fields.proxy);
  const own = {
    cmd: fields.cmd,
    ...(session ? { session } : {}),
    ...(proxy === undefined ? {} : { proxy }),
    ...requestFields(fields),
  };
  const command = parseCommand(own);
  return {
    command: isRequest(command) ? onOpenSession(command, fields) : command,
    named: Boolean(session),
    returnsOnlyCookies: fields.returnOnlyCookies ?? false,
  };
}

const namesByCase = new Map(Object.keys(dialectSchema.shape).map((name) => [name.toLowerCase(), name]));

/** The fields under their own names, whatever their case. @throws MooringError when one is a misspelt `proxy` */
function withOwnNames(body: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(body)) {
    const known = namesByCase.get(name.toLowerCase());
    if (known !== undefined) fields[known] ??= value;
    else if (meansProxy(name, value)) {
      throw refusal(`Request parameter '${name}' is not known; expected 'proxy', for ignoring it would be unsafe.`);
    }
  }
  return fields;
}

function parseFields(given: Readonly<Record<string, unknown>>): DialectBody {
  const body = withOwnNames(given);
  const { cmd } = body;
  if (cmd === undefined || cmd === null) throw refusal("Request parameter 'cmd' is mandatory.");
  if (!commands.some((name) => name === cmd)) {
    const got = typeof cmd === 'string' ? cmd.slice(0, 80) : typeof cmd;
    throw refusal(`Request parameter 'cmd' = '${got}' is invalid.`);
  }
  const parsed = dialectSchema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const expected = issue?.message.startsWith('expected') ? issue.message : 'expected another value';
  throw refusal(`Request parameter '${issue?.path.join('.') ?? ''}': ${expected}.`);
}

function assertComplete({ cmd, url, postData }: DialectBody): void {
  if (cmd.startsWith('request.') && url === undefined) {
    throw refusal(`Request parameter 'url' is mandatory in '${cmd}' command.`);
  }
  if (cmd === 'request.get' && postData !== undefined) {
    throw refusal("Cannot use 'postBody' when sending a GET request.");
  }
  if (cmd === 'request.post' && postData === undefined) {
    throw refusal("Request parameter 'postData' is mandatory in 'request.post' command.");
  }
}

const isRequest = (command: Command): command is RequestCommand => 'request' in command;

/** What a request finds there stays as it was made, but for its age. */
function onOpenSession(command: RequestCommand, { session_ttl_minutes: minutes }: DialectBody): RequestCommand {
  return { ...command, onOpenSession: { keepOptions: true, ...(minutes ? { renewAfterMs: minutes * 60_000 } : {}) } };
}

function requestFields(fields: DialectBody): Record<string, unknown> {
  if (!fields.cmd.startsWith('request.')) return {};
  const isPost = fields.cmd === 'request.post';
  return {
    url: fields.url,
    // It sends a form, whatever the text looks like, and takes a query with its question mark.
    ...(isPost ? { postData: fields.postData?.replace(/^\?/, ''), customHeaders: formHeaders } : {}),
    timeout: timeoutOf(fields),
    cookies: fields.cookies,
    screenshot: fields.returnScreenshot,
    disableMedia: fields.disableMedia,
    // A request without a session has one for itself there.
    closeAfterUse: !fields.session,
    ...pauseOf(fields),
  };
}

const formHeaders = { 'content-type': 'application/x-www-form-urlencoded' };

const timeoutOf = ({ maxTimeout = 0 }: DialectBody): number =>
  maxTimeout < 1 ? defaultTimeoutMs : Math.min(maxTimeout, maxTimeoutMs);

/** There is no pause where the page is not returned. Below 101, the action would read seconds. */
function pauseOf({ waitInSeconds = 0, returnOnlyCookies }: DialectBody): Record<string, unknown> {
  if (waitInSeconds <= 0 || returnOnlyCookies) return {};
  return { browserActions: [{ type: 'wait', wait: Math.max(101, Math.round(waitInSeconds * 1000)) }] };
}

/** @throws MooringError when the user is named twice, or there is one and no address */
function proxyUrl({ url = '', username = '', password = '' }: z.infer<typeof proxySchema> = {}): string | undefined {
  if (username === '') return url === '' ? undefined : url;
  const [, scheme = '', rest = ''] = /^([a-z0-9]+:\/\/)([^@]+)$/i.exec(url) ?? [];
  if (scheme === '') {
    throw refusal(
      "Request parameter 'proxy.url': expected a URL such as http://host:port, without credentials where 'proxy.username' is given.",
    );
  }
  return `${scheme}${encoded(username)}:${encoded(password)}@${rest}`;
}

/** Half of a surrogate pair cannot be encoded. */
const encoded = (part: string): string => encodeURIComponent(Buffer.from(part).toString());

/** A refusal in the words of the dialect. */
export const refusal = (sentence: string): MooringError => new MooringError('INVALID_PARAMETER', sentence);

const timeFields = {
  startTimestamp: z.int().describe('Milliseconds since 1970.'),
  endTimestamp: z.int(),
  version: z.string().describe('Of this server.'),
};

/** What `translateReply` makes, for the document. */
export const dialectReplySchema = z.object({
  status: z.literal('ok'),
  message: z.string(),
  session: z.string().optional().describe('With `sessions.create`.'),
  sessions: z.array(z.string()).optional().describe('With `sessions.list`.'),
  solution: z
    .object({
      url: z.string(),
      status: z.int(),
      headers: z.record(z.string(), z.string()).optional().describe('Absent with `returnOnlyCookies`.'),
      response: z.string().optional().describe('Absent with `returnOnlyCookies`.'),
      cookies: z.array(
        z.object({
          ...cookieOutputSchema.omit({ expires: true }).shape,
          expiry: z.int().optional().describe('Seconds since 1970; absent: it ends with the session.'),
          expires: z.int().optional().describe('The same.'),
        }),
      ),
      userAgent: z.string(),
      screenshot: z.string().optional().describe('A PNG as base64; with `returnScreenshot`.'),
    })
    .optional()
    .describe('With `request.*`.'),
  ...timeFields,
});
/** What `translateError` makes. */
export const dialectFailureSchema = z.object({ status: z.literal('error'), message: z.string(), ...timeFields });

export interface DialectTimes {
  /** Milliseconds since 1970. */
  readonly startTimestamp: number;
  readonly endTimestamp: number;
  /** Of this server. */
  readonly version: string;
}

const messages = {
  'sessions.create': 'Session created successfully.',
  'sessions.list': '',
  'sessions.destroy': 'The session has been removed.',
} as const;
/** What is always so: this server solves none. */
const requestMessage = 'Challenge not detected!';

/** A success as the dialect's clients expect it. */
export function translateReply(reply: TimedReply, { command, returnsOnlyCookies }: Translated, times: DialectTimes) {
  const { cmd } = command;
  return {
    status: 'ok',
    message: cmd in messages ? messages[cmd as keyof typeof messages] : requestMessage, // as checked
    ...('sessions' in reply ? { sessions: reply.sessions.map(({ session }) => session) } : {}),
    ...('session' in reply && cmd === 'sessions.create' ? { session: reply.session } : {}),
    ...(isRequest(command)
      ? { solution: translateSolution(reply.solution as Partial<Solution>, returnsOnlyCookies) }
      : {}), // of a request
    ...times,
  };
}

/** What the dialect says of a create for a session that is open; its options stay as they are. */
export const sessionExistsReply = (session: string, times: DialectTimes) => ({
  status: 'ok',
  message: 'Session already exists.',
  session,
  ...times,
});

function translateSolution(solution: Partial<Solution>, onlyCookies: boolean) {
  const { currentUrl = '', statusCode = 0, cookies = [], userAgent = '', screenshot } = solution;
  return {
    url: currentUrl,
    status: statusCode,
    cookies: cookies.map(translateCookie),
    userAgent,
    ...(onlyCookies ? {} : { headers: solution.responseHeaders ?? {}, response: solution.response ?? '' }),
    ...(screenshot === undefined ? {} : { screenshot }),
  };
}

/** Its cookies say `expiry`, and leave it out with the session. */
function translateCookie({ expires, ...rest }: CookieOutput) {
  return { ...rest, ...(expires === -1 ? {} : { expiry: expires, expires }) };
}

/** A failure as the dialect's clients expect it. `command`: what failed, if it was understood. */
export function translateError(error: MooringError, command: Command | undefined, times: DialectTimes) {
  const sentence =
    command && isRequest(command) ? `Error solving the challenge. ${outcome(error, command)}` : said(error);
  return { status: 'error', message: `Error: ${sentence}`, ...times };
}

/** The dialect's own refusals have no code. */
const said = ({ code, message, detail }: MooringError): string => (code === 'INVALID_PARAMETER' ? detail : message);

function outcome(error: MooringError, { request: { timeout = defaultTimeoutMs } }: RequestCommand): string {
  const network = networkErrorOf(error);
  if (network !== undefined) return `Message: unknown error: net::${network} (${error.message})`;
  if (error.code === 'NAVIGATION_TIMEOUT') return `Timeout after ${pythonNumber(timeout / 1000)} seconds.`;
  return said(error);
}

/** As Python prints a float. */
const pythonNumber = (value: number): string => (Number.isInteger(value) ? value.toFixed(1) : String(value));

/** What Chromium calls a failure of the proxy. */
const namesOfCodes: Partial<Record<MooringError['code'], string>> = {
  PROXY_TUNNEL_REFUSED: 'ERR_TUNNEL_CONNECTION_FAILED',
  SOCKS4_CREDENTIALS_REFUSED: 'ERR_SOCKS_CONNECTION_FAILED',
  SOCKS5_CREDENTIALS_REFUSED: 'ERR_SOCKS_CONNECTION_FAILED',
  PROXY_UNREACHABLE: 'ERR_PROXY_CONNECTION_FAILED',
};

/** Chromium's name for what went wrong on the network, if that is where it went wrong. */
const networkErrorOf = (error: MooringError): string | undefined => namesOfCodes[error.code] ?? networkErrorName(error);

/** What the original says of a path that it does not have. */
export const notFoundSentence = (path: string): string => `Not found: '${path}'`;
/** And of a method. */
export const wrongMethodSentence = 'Method not allowed.';
