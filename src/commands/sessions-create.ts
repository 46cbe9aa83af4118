import type { SessionManager } from '../sessions/session-manager.js';
import type { CommandHandler } from './executor.js';
import { fingerprintOf } from './fingerprint.js';
import { openingWarnings, restoredOf } from './request.js';

export interface SessionsCreateOptions {
  readonly sessions: SessionManager;
}

/** Opens a session, or gives the open one of the same ID and options. */
export const sessionsCreateHandler =
  ({ sessions }: SessionsCreateOptions): CommandHandler<'sessions.create'> =>
  async (command, { owner, signal }) => {
    const target = { owner, id: command.session, named: command.named, options: command.options, state: command.state };
    const session = await sessions.create(target, signal);
    // A caller that is gone before it has the reply will never know the ID that it holds.
    if (!command.named) onAbort(signal, () => void session.end('destroyed').catch(() => {})); // told to onEnded
    const restored = session.takeRestored();
    const warnings = [...openingWarnings(session), ...(restored?.warnings ?? [])];
    return {
      solution: { verified: session.verified },
      data: 'success',
      session: session.id,
      ...(warnings.length > 0 ? { warnings } : {}),
      ...restoredOf(restored),
      fingerprint: fingerprintOf(session),
      context: { _type: 'BrowserContext', _guid: `browser-context@${session.guid}` },
    };
  };

function onAbort(signal: AbortSignal, listener: () => void): void {
  if (signal.aborted) listener();
  else signal.addEventListener('abort', listener, { once: true });
}
