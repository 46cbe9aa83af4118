import { MooringError, wireCodeOfError } from '../errors.js';
import type { Command, CommandName } from '../protocol/commands.js';
import type { SessionManager } from '../sessions/session-manager.js';
import type { CommandContext } from './executor.js';

/** Commands that only look, and the end of a session, which is an event of its own. */
const unnoted: ReadonlySet<CommandName> = new Set([
  'sessions.list',
  'sessions.active',
  'sessions.events',
  'sessions.destroy',
]);

/** Notes among the events of its session what becomes of a command, also when it fails before it has had its turn. */
export function commandNote(
  sessions: SessionManager,
  command: Command,
  { owner, signal }: CommandContext,
): <T>(running: Promise<T>) => Promise<T> {
  if (!('session' in command) || unnoted.has(command.cmd)) return (running) => running;
  const { cmd, session } = command;
  const url = 'request' in command ? command.request.url : undefined;
  const startedAt = performance.now();
  // It may open the session, or end it.
  const before = sessions.findEvents(owner, session);
  const note = (error?: unknown): void => {
    const isCancelled = signal.aborted && !(error instanceof MooringError);
    const failure = isCancelled ? 'cancelled' : wireCodeOfError(error);
    (sessions.findEvents(owner, session) ?? before)?.add('command', {
      command: cmd,
      url,
      outcome: error === undefined ? 'success' : failure,
      elapsedMs: Math.round(performance.now() - startedAt),
    });
  };
  return async (running) => {
    try {
      const result = await running;
      note();
      return result;
    } catch (error) {
      note(error);
      throw error;
    }
  };
}
