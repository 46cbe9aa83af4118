import type { SessionManager } from '../sessions/session-manager.js';
import type { CommandHandler } from './executor.js';

/** Whether a session is open. Asking does not renew it. */
export const sessionsActiveHandler =
  ({ sessions }: { readonly sessions: SessionManager }): CommandHandler<'sessions.active'> =>
  async ({ session }, { owner }) => ({
    solution: {},
    data: 'success',
    session,
    active: sessions.isActive(owner, session),
  });
