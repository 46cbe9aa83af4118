import type { ArtifactStore } from '../artifacts/artifact-store.js';
import type { AttachTickets } from '../attach/attach-tickets.js';
import type { CommandName } from '../protocol/commands.js';
import { mayNameUpstream, sessionNamedIn } from '../protocol/refused-body.js';
import { noOptions } from '../protocol/values/session-options.js';
import { ReplyBudget } from '../requests/reply-budget.js';
import type { SessionManager } from '../sessions/session-manager.js';
import { ByteBudget } from '../util/byte-budget.js';
import { commandNote } from './command-note.js';
import type { CommandExecutor, CommandHandler } from './executor.js';
import { requestHandler } from './request.js';
import { requestBatchHandler } from './request-batch.js';
import { sessionsActiveHandler } from './sessions-active.js';
import { sessionsCreateHandler } from './sessions-create.js';
import { sessionsDestroyHandler } from './sessions-destroy.js';
import { sessionsEventsHandler } from './sessions-events.js';
import { sessionsExportHandler } from './sessions-export.js';
import { sessionsForkHandler } from './sessions-fork.js';
import { sessionsIdentityHandler } from './sessions-identity.js';
import { sessionsListHandler } from './sessions-list.js';
import { sessionsProxyHandler } from './sessions-proxy.js';
import { websocketCreateHandler } from './websocket-create.js';

export interface CommandsOptions {
  readonly sessions: SessionManager;
  /** The time for a request whose caller names none. */
  readonly requestTimeoutMs: number;
  /** How much a reply carries. */
  readonly responseLimitBytes: number;
  /** How much all replies may hold together. */
  readonly bufferLimitBytes: number;
  /** What replies link to. */
  readonly files: ArtifactStore;
  /** Addresses to attach to sessions with. */
  readonly tickets: AttachTickets;
}

/** The handler of each command: one that is missing, or of another command, does not compile. */
type CommandTable = {
  // Written out, so that the one handler of the verbs fits each of them: TypeScript compares `CommandHandler` by its name alone.
  readonly [N in CommandName]: (...args: Parameters<CommandHandler<N>>) => ReturnType<CommandHandler<N>>;
};

/** Runs commands in this process. */
export function createExecutor(options: CommandsOptions): CommandExecutor {
  const { responseLimitBytes, bufferLimitBytes } = options;
  const allReplies = new ByteBudget(Math.max(bufferLimitBytes, ReplyBudget.largest(responseLimitBytes)));
  const request = requestHandler(options);
  const table: CommandTable = {
    'sessions.create': sessionsCreateHandler(options),
    'sessions.destroy': sessionsDestroyHandler(options),
    'sessions.list': sessionsListHandler(options),
    'sessions.active': sessionsActiveHandler(options),
    'sessions.proxy': sessionsProxyHandler(options),
    'sessions.events': sessionsEventsHandler(options),
    'sessions.export': sessionsExportHandler(options),
    'sessions.fork': sessionsForkHandler(options),
    'sessions.identity': sessionsIdentityHandler(options),
    'websocket.create': websocketCreateHandler(options),
    'request.get': request,
    'request.post': request,
    'request.put': request,
    'request.delete': request,
    'request.patch': request,
    'request.batch': requestBatchHandler(options),
  };
  return {
    async execute(command, context) {
      const startedAt = performance.now();
      const handler = table[command.cmd] as CommandHandler<CommandName>; // the row of this very `cmd`
      const budget = new ReplyBudget(responseLimitBytes, allReplies);
      context.onAnswered(() => budget.release());
      const note = commandNote(options.sessions, command, context);
      const reply = await note(handler(command, { ...context, budget }));
      const warnings = [...command.warnings, ...(reply.warnings ?? [])];
      return {
        ...reply,
        ...(warnings.length > 0 ? { warnings } : {}),
        timeElapsed: Math.round(performance.now() - startedAt),
      };
    },
    refused(owner, body, error) {
      const session = sessionNamedIn(body);
      if (session === undefined) return;
      const optionsRead = mayNameUpstream(body) ? undefined : noOptions;
      options.sessions.refused(owner, session, body.cmd === 'sessions.create', optionsRead, error);
    },
    balance: async (owner) => options.sessions.freeSlots(owner),
  };
}
