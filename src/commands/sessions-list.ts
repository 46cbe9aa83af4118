import type { SessionManager } from '../sessions/session-manager.js';
import type { CommandHandler } from './executor.js';

/** The open sessions of this key. Looking does not renew them. */
export const sessionsListHandler =
  ({ sessions }: { readonly sessions: SessionManager }): CommandHandler<'sessions.list'> =>
  async (_command, { owner }) => {
    const rows = sessions.list(owner);
    return {
      solution: {},
      data: 'success',
      sessions: rows,
      open: rows.filter(({ state }) => state !== 'asleep').length,
      limit: sessions.limit,
    };
  };
