import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type DialectTimes, translateError, translateReply, translateRequest } from '../protocol/flaresolverr.js';
import { callerSignal } from './caller-signal.js';
import { asObject, baseUrlOf, type CommandRouteOptions, type RunningCommands, replyContextOf } from './command-route.js';
import { errorReply } from './error-reply.js';

export interface FlareSolverrRouteOptions extends CommandRouteOptions {
  /** Of this server. */
  readonly version: string;
  readonly userAgent: () => string;
}

/** `POST /v1`, `GET /`, `GET /health`: FlareSolverr's dialect, for code that was written for it. */
export function registerFlareSolverrRoutes(
  server: FastifyInstance,
  running: RunningCommands,
  options: FlareSolverrRouteOptions,
): void {
  server.post('/v1', (request, reply) => handle(request, reply, running, options));
  server.get('/', async () => ({ msg: 'Mooring is ready!', version: options.version, userAgent: options.userAgent() }));
  server.get('/health', async () => ({ status: 'ok' }));
}

async function handle(
  request: FastifyRequest,
  reply: FastifyReply,
  running: RunningCommands,
  { executor, authenticate, metrics, logger, version }: FlareSolverrRouteOptions,
): Promise<FastifyReply> {
  const startTimestamp = Date.now();
  const startedAt = performance.now();
  const times = (): DialectTimes => ({ startTimestamp, endTimestamp: Date.now(), version });
  using caller = callerSignal(reply);
  try {
    const owner = authenticate(request);
    const translated = translateRequest(asObject(request.body));
    const { command } = translated;
    const answer = await running.run(caller.controller, () =>
      executor.execute(command, {
        owner,
        signal: caller.controller.signal,
        baseUrl: baseUrlOf(request),
        onProgress: () => {}, // its clients wait for the answer alone
      }),
    );
    metrics.commandDone(command.cmd, 'success', performance.now() - startedAt);
    return await reply.send(translateReply(answer, translated, times()));
  } catch (error) {
    if (caller.gone) return reply.hijack(); // nobody is there to answer
    const failure = errorReply(error, { ...replyContextOf(request, logger), startedAt });
    // Its clients look at the status.
    return await reply
      .code(failure.status === 200 ? 500 : failure.status)
      .send(translateError(failure.body.error, times()));
  }
}
