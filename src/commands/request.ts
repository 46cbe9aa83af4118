import { ActionResults } from '../actions/action-context.js';
import { runActions } from '../actions/action-runner.js';
import type { EgressRequest } from '../egress/egress-port.js';
import type {
  CookieToSet,
  EngineContext,
  EngineInfo,
  EnginePage,
  NavigationRequest,
  NavigationResult,
  StepLimits,
} from '../engine/engine.js';
import { MooringError } from '../errors.js';
import type { BrowserAction } from '../protocol/actions.js';
import type { RequestCommand } from '../protocol/commands.js';
import type { RequestReply, Solution } from '../protocol/replies.js';
import type { LeasedSession } from '../sessions/session-lease.js';
import type { SessionManager } from '../sessions/session-manager.js';
import { Deadline } from '../util/deadline.js';
import type { CommandHandler } from './handler.js';
import { cookiesToSet, type HttpRequest, httpRequestOf } from './navigation-request.js';
import {
  attemptsOf,
  extractFrom,
  loadingOf,
  loneWarnings,
  screenshotOf,
  splitActions,
  unusedWarnings,
} from './page-options.js';
import { assertNeedsNoPage, runPlainRequest } from './plain-request.js';
import { filterSolution, readSolution, resultsOf } from './solution.js';

export interface RequestHandlerOptions {
  readonly sessions: SessionManager;
  readonly requestTimeoutMs: number;
  readonly responseLimitBytes: number;
  /** The browser whose name a request without a page bears. */
  readonly engine: () => EngineInfo;
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
    assertServable(sessions, command);
    assertHasPage(sessions, command, context.owner);
    using deadline = requestDeadline(request.timeout ?? options.requestTimeoutMs, context.signal);
    const target = { ...command, id: command.session, owner: context.owner };
    using lease = await sessions.lease(target, deadline.signal);
    deadline.follow(lease.session.over);
    try {
      return await runRequest(command, http, lease.session, deadline, options);
    } finally {
      // Its end is not waited for: the caller's deadline is for the answer.
      if (request.closeAfterUse) void lease.session.end('destroyed').catch(() => {}); // told to onEnded
    }
  };

/** Refuses what no session could serve, before one is opened for it. @throws MooringError */
export function assertServable(sessions: SessionManager, { request }: RequestCommand): void {
  if (request.requestType === 'request') assertNeedsNoPage(request);
  sessions.assertRequest(request.url, request);
}

/** The moment by which a request has to be answered. */
export function requestDeadline(timeoutMs: number, parent: AbortSignal): Deadline {
  return new Deadline({
    ms: timeoutMs - answerMarginMs(timeoutMs),
    reason: () =>
      new MooringError(
        'CODE-0025',
        `expected the request to finish within its \`timeout\` of ${timeoutMs} ms; it did not.`,
      ),
    parent,
  });
}

/** To stay on a page there must be one; refused before a session is opened for it. */
function assertHasPage(sessions: SessionManager, { request, session }: RequestCommand, owner: string): void {
  if (request.url !== undefined || sessions.isActive(owner, session)) return;
  if (sessions.hasEnded(owner, session)) return; // which is what the caller has to know
  throw new MooringError(
    'INVALID_PARAMETER',
    '`keepSamePage`: expected a session that shows a page, or `url` to go to; this session is new.',
  );
}

/** Does what a request asks for, with the session's turn at hand. */
export async function runRequest(
  { request, session }: RequestCommand,
  http: HttpRequest,
  leased: LeasedSession,
  deadline: Deadline,
  { engine, responseLimitBytes: maxBytes }: Pick<RequestHandlerOptions, 'engine' | 'responseLimitBytes'>,
): Promise<RequestReply> {
  if (request.requestType === 'request') {
    const once = () => runPlainRequest(request, http, leased, deadline, { engine: engine(), maxBytes });
    return withRetries(attemptsOf(request, http), once);
  }
  const { signal } = deadline;
  using egress = leased.egress.beginRequest(request);
  const stays = request.keepSamePage ? leased.page : undefined;
  const url = stays?.document ? stays.url : request.url;
  if (url === undefined) {
    throw new MooringError(
      'INVALID_PARAMETER',
      '`keepSamePage`: expected a session that shows a page, or `url` to go to; it shows none yet.',
    );
  }
  const unset = await setCookies(leased.context, cookiesToSet(request, url), signal);
  const page = stays?.document ? stays : await leased.openPage(signal);
  const goto = async (
    target: string,
    request: PageRequest = { method: 'GET', headers: {} },
  ): Promise<NavigationResult> => {
    egress.name(target);
    return navigate(egress, page, { ...request, url: target }, maxBytes, deadline);
  };
  const { before, after } = splitActions(request.browserActions ?? []);
  const results = new ActionResults(maxBytes);
  const run = (actions: readonly BrowserAction[]): Promise<void> =>
    runActions(actions, {
      page,
      actor: page.actor(),
      context: leased.context,
      goto: async (target, limits) => {
        egress.name(target);
        const request = { url: target, method: 'GET', headers: {}, maxBodyBytes: maxBytes } as const;
        const going = page.navigate({ ...request, loadTimeoutMs: limits.timeoutMs }, limits.signal);
        await going.catch(async (error: unknown) => {
          // Given up alone, it would hold the next action back.
          if (limits.signal.aborted && !signal.aborted) await page.settle();
          throw asTheDoorSaw(error, egress, target);
        });
      },
      results,
      deadline,
    });
  if (before.length > 0) await run(before);
  let result =
    stays?.document ??
    (await withRetries(attemptsOf(request, http), () => goto(url, { ...http, ...loadingOf(request) })));
  const shows = result.kind === 'document';
  if (shows && request.waitForUrl !== undefined) await page.waitForUrl(request.waitForUrl, stepLimits(deadline));
  if (shows && request.removeIframes) await page.actor().removeFrames(stepLimits(deadline));
  if (after.length > 0)
    await orPartial(
      () => run(after),
      () => ({ ...whereabouts(page, result), ...resultsOf(results) }),
    );
  // The page may stand elsewhere by now.
  if (shows) result = page.document ?? result;
  if (request.onlyStatusCode) {
    const currentUrl = shows ? page.url : result.url;
    return { solution: { verified: true, statusCode: result.status, currentUrl }, data: 'success', session };
  }
  const screenshot = await screenshotOf(page, request, maxBytes, signal);
  const solution = await readSolution({
    page,
    context: leased.context,
    result,
    screenshot,
    extracted: await extractFrom(page, request, signal),
    bytes: request.pdf ? fitting(await page.pdf(signal), maxBytes) : undefined,
    listsRedirects: request.listAllRedirects ?? false,
    results,
    egress,
    maxBytes,
    signal,
  });
  const warnings = [
    ...http.warnings,
    ...(stays?.document ? unusedWarnings(request) : []),
    ...loneWarnings(request),
    ...unset.map((name) => `The cookie ${name} was not taken by the browser.`),
    ...loadWarnings(result),
  ];
  return {
    solution: filterSolution(solution, request.filter),
    data: 'success',
    session,
    ...(warnings.length > 0 ? { warnings } : {}),
  };
}

/** What is sent to get a page. */
type PageRequest = Omit<NavigationRequest, 'url' | 'loadTimeoutMs' | 'maxBodyBytes'>;

/** Tries again while there was no usable response. */
async function withRetries<T>(attempts: number, work: () => Promise<T>): Promise<T> {
  for (let left = attempts - 1; ; left--) {
    try {
      return await work();
    } catch (error) {
      if (left <= 0 || !isWorthRetrying(error)) throw error;
    }
  }
}

const stepLimits = (deadline: Deadline): StepLimits => ({
  timeoutMs: deadline.remainingMs - readReserveMs(deadline.remainingMs),
  signal: deadline.signal,
});

/** @throws MooringError `RESPONSE_TOO_LARGE` */
function fitting(bytes: Uint8Array, maxBytes: number): Uint8Array {
  if (bytes.byteLength <= maxBytes) return bytes;
  throw new MooringError(
    'RESPONSE_TOO_LARGE',
    `expected a PDF of at most ${maxBytes} bytes (MOORING_RESPONSE_LIMIT); it has ${bytes.byteLength}.`,
  );
}

/** Where the session stands. */
function whereabouts(page: EnginePage, result: NavigationResult): Partial<Solution> {
  const shown = page.document ?? result;
  return { statusCode: shown.status, currentUrl: result.kind === 'document' ? page.url : result.url };
}

/** Does the work; if it fails, the error takes along what was known by then. */
async function orPartial(work: () => Promise<void>, known: () => Partial<Solution>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof MooringError)) throw error;
    const partial = { solution: { ...known(), verified: false } };
    throw new MooringError(error.code, error.detail, { cause: error, partial });
  }
}

/** Sets cookies. @returns the names of those that the browser silently left out */
async function setCookies(
  context: EngineContext,
  cookies: readonly CookieToSet[],
  signal: AbortSignal,
): Promise<string[]> {
  if (cookies.length === 0) return [];
  await context.addCookies(cookies, signal);
  const there = new Set((await context.cookies(undefined, signal)).map(({ name }) => name));
  const now = Date.now() / 1000;
  return cookies
    .filter(({ name, expires = -1 }) => !there.has(name) && (expires === -1 || expires > now))
    .map(({ name }) => name);
}

/** Goes there. What failed at the session's own door is told as the door saw it: the browser knows only that it failed. */
async function navigate(
  egress: EgressRequest,
  page: EnginePage,
  http: PageRequest & Pick<NavigationRequest, 'url'>,
  maxBodyBytes: number,
  deadline: Deadline,
): Promise<NavigationResult> {
  const loadTimeoutMs = deadline.remainingMs - readReserveMs(deadline.remainingMs);
  try {
    return await page.navigate({ ...http, loadTimeoutMs, maxBodyBytes }, deadline.signal);
  } catch (error) {
    throw asTheDoorSaw(error, egress, http.url);
  }
}

/** The failure in the words of the session's door, if it was there that it failed. */
const asTheDoorSaw = (error: unknown, egress: EgressRequest, url: string): unknown =>
  (isNetworkFailure(error) && egress.failure(error.url ?? url)) || error;

const isWorthRetrying = (error: unknown): boolean =>
  isNetworkFailure(error) || (error instanceof MooringError && error.code === 'CODE-0024');

/** Failures of which the browser knows only that they happened. */
function isNetworkFailure(error: unknown): error is MooringError {
  return error instanceof MooringError && ['CODE-0005', 'CODE-0006', 'CODE-0019'].includes(error.code);
}

function loadWarnings(result: NavigationResult): string[] {
  if (result.loaded) return [];
  return ['The page had not finished loading when the time was over; the reply shows it as it stood.'];
}
