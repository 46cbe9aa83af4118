import type { ArtifactStore } from '../artifacts/artifact-store.js';
import { MooringError } from '../errors.js';
import type { RequestCommand, RequestName, RequestReply } from '../protocol/commands/request.js';
import type { BatchReply } from '../protocol/commands/request-batch.js';
import { hostsOf } from '../protocol/values/domain-list.js';
import { httpRequestOf } from '../requests/http-request.js';
import { attemptsOf } from '../requests/page-options.js';
import { PageRequest } from '../requests/page-request.js';
import { assertNeedsNoPage, runPlainRequest } from '../requests/plain-request.js';
import type { PreparedRequest } from '../requests/prepared-request.js';
import type { RequestCaller } from '../requests/request-caller.js';
import { withRetries } from '../requests/retries.js';
import type { LeasedSession, Restored } from '../sessions/session-lease.js';
import type { SessionManager } from '../sessions/session-manager.js';
import type { RequestTarget } from '../sessions/session-target.js';
import type { SessionTurn } from '../sessions/session-turn.js';
import { Deadline } from '../util/deadline.js';
import type { CommandHandler } from './executor.js';

export interface RequestHandlerOptions {
  readonly sessions: SessionManager;
  readonly requestTimeoutMs: number;
  /** What replies link to. */
  readonly files: ArtifactStore;
}

/**
 * Clients use the same number for their socket as for `timeout`, so the answer has to be on its way a little before:
 * 2 % of the time, at least 25 ms and at most a second.
 */
const answerMarginMs = (timeoutMs: number): number => Math.min(1000, Math.max(25, timeoutMs * 0.02));

/** `request.get`, `.post`, `.put`, `.delete`, `.patch`: goes to a page in a session, or stays, and tells what it shows. */
export const requestHandler =
  (options: RequestHandlerOptions): CommandHandler<RequestName> =>
  async (command, context) => {
    const { sessions } = options;
    const { request } = command;
    const target: RequestTarget = {
      owner: context.owner,
      id: command.session,
      named: !command.anonymous,
      options: command.options,
      mustExist: (request.mustExist ?? false) || request.url === undefined,
      dontChangeProxy: request.dontChangeProxy ?? false,
      forceNewProxy: request.forceNewProxy ?? false,
      keepsOptions: command.onOpenSession?.keepOptions ?? false,
    };
    const prepared = sessions.checked(target, () =>
      prepare(sessions, command, () => assertHasPage(sessions, command, context.owner)),
    );
    const isNew = !sessions.isActive(context.owner, command.session);
    // A caller that names no time waits for a place among the sessions, and its time begins with the work.
    const waitMs = isNew && request.timeout === undefined ? waitFactor * options.requestTimeoutMs : undefined;
    using deadline = requestDeadline(request.timeout ?? options.requestTimeoutMs, context.signal, waitMs);
    const { renewAfterMs } = command.onOpenSession ?? {};
    if (renewAfterMs !== undefined) await sessions.renewOlder(target.owner, target.id, renewAfterMs, deadline.signal);
    using turn = await sessions.lease(target, deadline.signal);
    const { session } = turn;
    deadline.follow(session.over);
    // Nobody will know the ID of a session that nobody named, unless the reply tells it.
    let endsSession = command.anonymous;
    try {
      const reply = await runRequest(prepared, session, deadline, context, options);
      if (!request.closeAfterUse) await turn.keep(deadline.signal);
      endsSession = false;
      return afterTurn(reply, turn);
    } finally {
      if (endsSession || request.closeAfterUse) turn.endSession();
    }
  };

/** What whoever opened a session has to know of it. */
export const openingWarnings = ({ warnings, identity }: LeasedSession): string[] => [...warnings, ...identity.warnings];

/** What a reply says of a session that was brought back. */
export const restoredOf = (restored: Restored | undefined): { restored?: true; stateAgeMs?: number } =>
  restored ? { restored: true, stateAgeMs: Math.max(0, Date.now() - restored.takenAt) } : {};

/** A reply with what there is to be told of the turn. */
export function afterTurn<R extends RequestReply | BatchReply>(
  reply: R,
  { session, created, warnings }: SessionTurn,
): R {
  const restored = session.takeRestored();
  const more = [...warnings, ...(created ? openingWarnings(session) : []), ...(restored?.warnings ?? [])];
  return {
    ...reply,
    ...restoredOf(restored),
    ...(created ? { created } : {}),
    ...(more.length > 0 ? { warnings: [...more, ...(reply.warnings ?? [])] } : {}),
  };
}

/**
 * Refuses what no session could serve, before one is opened for it.
 *
 * @param assertMore what else is checked before the body is encoded
 * @throws MooringError
 */
export function prepare(
  sessions: SessionManager,
  command: RequestCommand,
  assertMore: () => void = () => {},
): PreparedRequest {
  const { cmd, request } = command;
  if (request.requestType === 'request') assertNeedsNoPage(request);
  const domains = hostsOf(command.domains);
  if (request.url !== undefined) sessions.assertUrl(request.url);
  assertMore();
  return { command, domains, http: httpRequestOf(cmd, request) };
}

/** How much longer than its own time a request that names none may wait for a place: less than clients wait for an answer. */
const waitFactor = 4;

/**
 * The moment by which a request has to be answered.
 *
 * @param waitMs how long it may wait until its time begins; absent: the time begins now
 */
export function requestDeadline(timeoutMs: number, parent: AbortSignal, waitMs?: number): Deadline {
  return new Deadline({
    ...(waitMs === undefined ? {} : { waitMs }),
    ms: timeoutMs - answerMarginMs(timeoutMs),
    reason: () =>
      new MooringError(
        'NAVIGATION_TIMEOUT',
        `expected the request to finish within its \`timeout\` of ${timeoutMs} ms; it did not.`,
      ),
    parent,
  });
}

/** To stay on a page there must be one; refused before a session is opened for it. */
function assertHasPage(sessions: SessionManager, { request, session }: RequestCommand, owner: string): void {
  if (request.url !== undefined || request.mustExist || sessions.isActive(owner, session)) return;
  if (sessions.isRemembered(owner, session)) return; // which is what the caller has to know
  throw new MooringError(
    'INVALID_PARAMETER',
    '`keepSamePage`: expected a session that shows a page, or `url` to go to; this session is new.',
  );
}

/** Does what a request asks for, with the session's turn at hand. */
export async function runRequest(
  prepared: PreparedRequest,
  leased: LeasedSession,
  deadline: Deadline,
  caller: RequestCaller,
  { files }: RequestHandlerOptions,
): Promise<RequestReply> {
  const reply = await runUnmeasured(prepared, leased, deadline, caller, files);
  await caller.budget.take(reply.solution, deadline.signal);
  return reply;
}

async function runUnmeasured(
  prepared: PreparedRequest,
  leased: LeasedSession,
  deadline: Deadline,
  caller: RequestCaller,
  files: ArtifactStore,
): Promise<RequestReply> {
  const { request } = prepared.command;
  const maxBytes = caller.budget.leftBytes;
  if (request.requestType === 'request') {
    deadline.begin();
    const once = () => runPlainRequest(prepared, leased, deadline, maxBytes);
    return withRetries(attemptsOf(request, prepared.http), once);
  }
  return new PageRequest({ ...prepared, leased, deadline, caller, files, maxBytes }).run();
}
