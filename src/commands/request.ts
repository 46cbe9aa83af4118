import type { EnginePage, NavigationRequest, NavigationResult } from '../engine/engine.js';
import { MooringError } from '../errors.js';
import type { RequestCommand } from '../protocol/commands.js';
import type { RequestReply } from '../protocol/replies.js';
import type { RequestFields } from '../protocol/requests.js';
import type { LeasedSession } from '../sessions/session-lease.js';
import type { SessionManager } from '../sessions/session-manager.js';
import { Deadline } from '../util/deadline.js';
import type { CommandHandler } from './handler.js';
import { cookiesToSet, type HttpRequest, httpRequestOf } from './navigation-request.js';
import { filterSolution, readSolution } from './solution.js';

export interface RequestHandlerOptions {
  readonly sessions: SessionManager;
  readonly requestTimeoutMs: number;
  readonly responseLimitBytes: number;
}

/**
 * Clients use the same number for their socket as for `timeout`, so the answer has to be on its way a little before:
 * 2 % of the time, at least 25 ms and at most a second.
 */
const answerMarginMs = (timeoutMs: number): number => Math.min(1000, Math.max(25, timeoutMs * 0.02));

/** The part of the time that is kept for reading the page once it shows something. */
const readReserveMs = (remainingMs: number): number => Math.min(3000, remainingMs * 0.2);

/** `request.get`, `.post`, `.put`, `.delete`, `.patch`: goes to a page in a session, or stays, and tells what it shows. */
export const requestHandler =
  (options: RequestHandlerOptions): CommandHandler<RequestCommand> =>
  async (command, context) => {
    const { sessions } = options;
    const { request } = command;
    const http = httpRequestOf(command.cmd, request);
    assertHasPage(sessions, command, context.owner);
    const timeoutMs = request.timeout ?? options.requestTimeoutMs;
    using deadline = new Deadline({
      ms: timeoutMs - answerMarginMs(timeoutMs),
      reason: () =>
        new MooringError(
          'CODE-0025',
          `expected the request to finish within its \`timeout\` of ${timeoutMs} ms; it did not.`,
        ),
      parent: context.signal,
    });
    try {
      using lease = await sessions.lease({ ...command, id: command.session, owner: context.owner }, deadline.signal);
      deadline.follow(lease.session.over);
      return await runRequest(command, http, lease.session, deadline, options.responseLimitBytes);
    } finally {
      if (request.closeAfterUse) await sessions.destroy(context.owner, command.session);
    }
  };

/** To stay on a page there must be one; refused before a session is opened for it. */
function assertHasPage(sessions: SessionManager, { request, session }: RequestCommand, owner: string): void {
  if (request.url !== undefined || sessions.isActive(owner, session)) return;
  if (sessions.hasEnded(owner, session)) return; // which is what the caller has to know
  throw new MooringError(
    'INVALID_PARAMETER',
    '`keepSamePage`: expected a session that shows a page, or `url` to go to; this session is new.',
  );
}

async function runRequest(
  { request, session }: RequestCommand,
  http: HttpRequest,
  leased: LeasedSession,
  deadline: Deadline,
  maxBytes: number,
): Promise<RequestReply> {
  const { signal } = deadline;
  const shown = request.keepSamePage ? leased.page?.lastDocument : undefined;
  const url = shown ? (leased.page?.url ?? shown.url) : request.url;
  if (url === undefined) {
    throw new MooringError(
      'INVALID_PARAMETER',
      '`keepSamePage`: expected a session that shows a page, or `url` to go to; it shows none yet.',
    );
  }
  const cookies = cookiesToSet(request, url);
  if (cookies.length > 0) await leased.context.addCookies(cookies);
  const page = await leased.openPage(signal);
  const result = shown ?? (await navigate(leased, page, { ...http, url }, maxBytes, deadline));
  const screenshot = await screenshotOf(page, request, maxBytes, signal);
  const solution = await readSolution({ page, context: leased.context, result, screenshot, maxBytes, signal });
  const warnings = [...http.warnings, ...loadWarnings(result)];
  return {
    solution: filterSolution(solution, request.filter),
    data: 'success',
    session,
    ...(warnings.length > 0 ? { warnings } : {}),
  };
}

/** Goes there. What failed at the session's own door is told as the door saw it: the browser knows only that it failed. */
async function navigate(
  leased: LeasedSession,
  page: EnginePage,
  http: Omit<NavigationRequest, 'loadTimeoutMs' | 'maxBodyBytes'>,
  maxBodyBytes: number,
  deadline: Deadline,
): Promise<NavigationResult> {
  const startedAt = performance.now();
  const loadTimeoutMs = deadline.remainingMs - readReserveMs(deadline.remainingMs);
  try {
    return await page.navigate({ ...http, loadTimeoutMs, maxBodyBytes }, deadline.signal);
  } catch (error) {
    if (leased.over.aborted) throw error;
    throw leased.egress.failureSince(startedAt, new URL(http.url).hostname.replace(/^\[|\]$/g, '')) ?? error;
  }
}

function loadWarnings(result: NavigationResult): string[] {
  if (result.loaded) return [];
  return ['The page had not finished loading when the time was over; the reply shows it as it stood.'];
}

async function screenshotOf(
  page: EnginePage,
  request: RequestFields,
  maxBytes: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (!request.screenshot) return undefined;
  const { screenshotWidth = 1280, screenshotHeight = 1024, fullPage = false } = request;
  const png = await page.screenshot({ width: screenshotWidth, height: screenshotHeight, fullPage }, signal);
  if (png.byteLength > maxBytes) {
    throw new MooringError(
      'RESPONSE_TOO_LARGE',
      `expected a screenshot of at most ${maxBytes} bytes (MOORING_RESPONSE_LIMIT); it has ${png.byteLength}.`,
    );
  }
  return Buffer.from(png).toString('base64');
}
