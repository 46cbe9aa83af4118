import { MooringError } from '../errors.js';
import type { BatchCommand } from '../protocol/commands.js';
import type { BatchReply, Progress, RequestReply } from '../protocol/replies.js';
import type { CommandHandler } from './handler.js';
import { httpRequestOf } from './navigation-request.js';
import {
  assertServable,
  openingWarnings,
  type RequestHandlerOptions,
  requestDeadline,
  runRequest,
  withWarnings,
} from './request.js';

type Result = Pick<RequestReply, 'solution' | 'warnings'> & { timeElapsed: number };

/** Runs several requests of one session in one turn: nobody else's comes between them. */
export const requestBatchHandler =
  (options: RequestHandlerOptions): CommandHandler<BatchCommand> =>
  async (command, context) => {
    const { owner, signal } = context;
    const { sessions, requestTimeoutMs } = options;
    const steps = command.requests.map((request) => ({
      command: request,
      http: httpRequestOf(request.cmd, request.request),
    }));
    for (const { command: step } of steps) assertServable(sessions, step);
    const eachMs = command.requests.map(({ request }) => request.timeout ?? requestTimeoutMs);
    using whole = requestDeadline(command.timeoutMs ?? eachMs.reduce((sum, ms) => sum + ms, 0), signal);
    const isNew = !sessions.isActive(owner, command.session);
    using lease = await sessions.lease({ ...command, id: command.session, owner }, whole.signal);
    whole.follow(lease.session.over);
    const results: Result[] = [];
    try {
      for (const [i, { command: step, http }] of steps.entries()) {
        const startedAt = performance.now();
        try {
          using deadline = requestDeadline(eachMs[i] ?? requestTimeoutMs, whole.signal);
          const caller = {
            baseUrl: context.baseUrl,
            onProgress: (event: Progress) => context.onProgress({ ...event, request: i }),
          };
          const { solution, warnings } = await runRequest(step, http, lease.session, deadline, caller, options);
          const timeElapsed = Math.round(performance.now() - startedAt);
          results.push({ solution, ...(warnings ? { warnings } : {}), timeElapsed });
        } catch (error) {
          throw error instanceof MooringError ? error.at(`requests[${i}]`).after({ results }) : error;
        }
      }
    } finally {
      if (command.closeAfterUse) void lease.session.end('destroyed').catch(() => {}); // told to onEnded
    }
    const reply = { solution: {}, data: 'success' as const, session: command.session, results };
    return withWarnings<BatchReply>(reply, isNew ? openingWarnings(lease.session) : []);
  };
