import type { ViewLinks } from '../attach/view/view-links.js';
import type { SessionManager } from '../sessions/session-manager.js';
import type { CommandHandler } from './executor.js';

export interface SessionsViewOptions {
  readonly sessions: Pick<SessionManager, 'lifeOf'>;
  readonly links: Pick<ViewLinks, 'issue'>;
}

/** Gives a link to look at a session with. Neither renews nor wakes it. */
export const sessionsViewHandler =
  ({ sessions, links }: SessionsViewOptions): CommandHandler<'sessions.view'> =>
  async ({ session, control, ttlMs }, { owner, signal, baseUrl }) => {
    const life = await sessions.lifeOf(owner, session, signal);
    const viewUrl = `${baseUrl}/view/${links.issue({ owner, session, life, control }, ttlMs)}`;
    return { solution: { viewUrl }, data: 'success', session };
  };
