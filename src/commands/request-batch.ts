import { MooringError } from '../errors.js';
import type { RequestReply } from '../protocol/commands/request.js';
import type { BatchReply } from '../protocol/commands/request-batch.js';
import type { Progress } from '../protocol/replies/progress.js';
import type { RequestTarget } from '../sessions/session-target.js';
import type { CommandHandler } from './executor.js';
import { afterTurn, prepare, type RequestHandlerOptions, requestDeadline, runRequest } from './request.js';

type Result = Pick<RequestReply, 'solution' | 'warnings'> & { timeElapsed: number };

/** Runs several requests of one session in one turn: nobody else's comes between them. */
export const requestBatchHandler =
  (options: RequestHandlerOptions): CommandHandler<'request.batch'> =>
  async (command, context) => {
    const { owner, signal } = context;
    const { sessions, requestTimeoutMs } = options;
    const target: RequestTarget = { ...command, owner, id: command.session, named: !command.anonymous };
    const steps = sessions.checked(target, () => command.requests.map((request) => prepare(sessions, request)));
    const eachMs = command.requests.map(({ request }) => request.timeout ?? requestTimeoutMs);
    using whole = requestDeadline(command.timeoutMs ?? eachMs.reduce((sum, ms) => sum + ms, 0), signal);
    using turn = await sessions.lease(target, whole.signal);
    const { session } = turn;
    whole.follow(session.over);
    const results: Result[] = [];
    let endsSession = command.anonymous; // unless the reply tells its ID
    try {
      for (const [i, step] of steps.entries()) {
        const startedAt = performance.now();
        try {
          using deadline = requestDeadline(eachMs[i] ?? requestTimeoutMs, whole.signal);
          const caller = {
            ...context,
            onProgress: (event: Progress) => context.onProgress({ ...event, request: i }),
          };
          const { solution, warnings } = await runRequest(step, session, deadline, caller, options);
          const timeElapsed = Math.round(performance.now() - startedAt);
          results.push({ solution, ...(warnings ? { warnings } : {}), timeElapsed });
        } catch (error) {
          throw error instanceof MooringError ? error.at(`requests[${i}]`).after({ results }) : error;
        }
      }
      if (!command.closeAfterUse) await turn.keep(whole.signal);
      endsSession = false;
    } finally {
      if (endsSession || command.closeAfterUse) turn.endSession();
    }
    return afterTurn<BatchReply>({ solution: {}, data: 'success', session: command.session, results }, turn);
  };
