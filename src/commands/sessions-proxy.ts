import type { SessionManager } from '../sessions/session-manager.js';
import type { CommandHandler } from './executor.js';
import { requestDeadline } from './request.js';

export interface SessionsProxyOptions {
  readonly sessions: SessionManager;
  /** The time that it has for its turn and the check of the proxy. */
  readonly requestTimeoutMs: number;
}

/** Moves an open session to another upstream: its cookies, storage and page stay. */
export const sessionsProxyHandler =
  ({ sessions, requestTimeoutMs }: SessionsProxyOptions): CommandHandler<'sessions.proxy'> =>
  async (command, { owner, signal }) => {
    using deadline = requestDeadline(requestTimeoutMs, signal);
    const session = await sessions.move(owner, command.session, command.upstream, deadline.signal);
    const { verified, warnings } = session;
    return {
      solution: { verified },
      data: 'success',
      session: session.id,
      ...(warnings.length > 0 ? { warnings: [...warnings] } : {}),
    };
  };
