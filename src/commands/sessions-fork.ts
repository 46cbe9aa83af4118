import type { SessionManager } from '../sessions/session-manager.js';
import { restoringWarnings } from '../sessions/session-record.js';
import type { CommandHandler } from './executor.js';
import { fingerprintOf } from './fingerprint.js';
import { openingWarnings, requestDeadline } from './request.js';

export interface SessionsForkOptions {
  readonly sessions: SessionManager;
  /** The time that it has for the turn of the session and the opening of its copy. */
  readonly requestTimeoutMs: number;
}

/** Opens a copy of a session. The place of its page goes along: the first request that stays on it goes there. */
export const sessionsForkHandler =
  ({ sessions, requestTimeoutMs }: SessionsForkOptions): CommandHandler<'sessions.fork'> =>
  async ({ session: id, newSession, named }, { owner, signal }) => {
    using deadline = requestDeadline(requestTimeoutMs, signal);
    const record = await sessions.recordOf(owner, id, deadline.signal);
    const session = await sessions.fork(record, { owner, id: newSession, named }, deadline.signal);
    const warnings = [...openingWarnings(session), ...restoringWarnings(record)];
    return {
      solution: { verified: session.verified },
      data: 'success',
      session: session.id,
      forkedFrom: id,
      fingerprint: fingerprintOf(session),
      ...(warnings.length > 0 ? { warnings } : {}),
    };
  };
