import type { AttachTickets } from '../attach/attach-tickets.js';
import { MooringError } from '../errors.js';
import type { SessionManager } from '../sessions/session-manager.js';
import type { CommandHandler } from './executor.js';
import { openingWarnings, restoredOf } from './request.js';

export interface WebsocketCreateOptions {
  readonly sessions: SessionManager;
  readonly tickets: AttachTickets;
}

/** Gives an address to attach to a session with; opens the session if there is none. */
export const websocketCreateHandler =
  ({ sessions, tickets }: WebsocketCreateOptions): CommandHandler<'websocket.create'> =>
  async (command, { owner, signal, baseUrl }) => {
    const target = { owner, id: command.session, named: command.named, options: command.options, state: command.state };
    const created = !sessions.isActive(owner, command.session);
    const session = await sessions.create(target, signal);
    const end = (): void => void session.end('destroyed').catch(() => {}); // told to onEnded
    if (!session.context.openProtocol) {
      if (created) end();
      throw new MooringError(
        'UNSUPPORTED_PARAMETER',
        `\`cmd\`: expected a session on Chromium; ${session.id} runs on ${session.engine.name}, which has no protocol to attach to. Ask for \`browser: chrome\`.`,
      );
    }
    // A caller that is gone before it has the reply will never know the address.
    if (created && signal.aborted) end();
    const ws = `${baseUrl.replace(/^http/, 'ws')}/attach/${tickets.issue(session, command.ttlMs)}`;
    const restored = session.takeRestored();
    const warnings = [...openingWarnings(session), ...(restored?.warnings ?? [])];
    return {
      solution: { verified: session.verified, wsEndpoint: ws, ws },
      data: 'success',
      session: session.id,
      ...restoredOf(restored),
      ...(created ? { created: true as const } : {}),
      ...(warnings.length > 0 ? { warnings } : {}),
    };
  };
