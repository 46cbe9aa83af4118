import type { EngineInfo } from '../engine/engine.js';
import type { CreateCommand } from '../protocol/commands.js';
import type { SessionManager } from '../sessions/session-manager.js';
import type { CommandHandler } from './handler.js';

export interface SessionsCreateOptions {
  readonly sessions: SessionManager;
  readonly engine: () => EngineInfo;
}

/** Opens a session, or gives the open one of the same ID and options. */
export const sessionsCreateHandler =
  ({ sessions, engine }: SessionsCreateOptions): CommandHandler<CreateCommand> =>
  async (command, { owner, signal }) => {
    const session = await sessions.create({ ...command, id: command.session, owner }, signal);
    const { name, version, userAgent } = engine();
    return {
      solution: { verified: true },
      data: 'success',
      session: session.id,
      fingerprint: { userAgent, engine: { name, version }, warnings: [] },
      context: { _type: 'BrowserContext', _guid: `browser-context@${session.context.guid}` },
    };
  };
