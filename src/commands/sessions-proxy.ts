import type { ProxyCommand } from '../protocol/commands.js';
import type { SessionManager } from '../sessions/session-manager.js';
import type { CommandHandler } from './handler.js';

/** Moves an open session to another exit: its cookies, storage and page stay. */
export const sessionsProxyHandler =
  ({ sessions }: { readonly sessions: SessionManager }): CommandHandler<ProxyCommand> =>
  async (command, { owner, signal }) => {
    const session = await sessions.move(owner, command.session, command.wish, signal);
    const { verified, warnings } = session;
    return {
      solution: { verified },
      data: 'success',
      session: session.id,
      ...(warnings.length > 0 ? { warnings: [...warnings] } : {}),
    };
  };
