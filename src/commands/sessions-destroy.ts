import type { SessionManager } from '../sessions/session-manager.js';
import type { CommandHandler } from './executor.js';

/** Ends a session. One that is not there is ended already: success too. */
export const sessionsDestroyHandler =
  ({ sessions }: { readonly sessions: SessionManager }): CommandHandler<'sessions.destroy'> =>
  async ({ session }, { owner }) => {
    await sessions.destroy(owner, session);
    return { solution: {}, data: 'success', session };
  };
