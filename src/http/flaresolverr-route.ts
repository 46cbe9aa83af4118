import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { MooringError } from '../errors.js';
import type { TimedReply } from '../protocol/commands.js';
import {
  type DialectTimes,
  refusal,
  sessionExistsReply,
  type Translated,
  translateError,
  translateReply,
  translateRequest,
} from '../protocol/dialects/flaresolverr.js';
import { parseCommand } from '../protocol/parse-command.js';
import { callerSignal, onAnswered } from './caller-signal.js';
import {
  asObject,
  baseUrlOf,
  type CommandRouteOptions,
  type RunningCommands,
  reading,
  replyContextOf,
} from './command-route.js';
import { errorReply } from './error-reply.js';
import { sendJson } from './send-json.js';

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
  const { version, userAgent, admit: onRequest, logger, log } = options;
  /** What fails before there is a command is told in the dialect too. */
  const errorHandler = (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const { status, headers, body, error: known } = errorReply(error, replyContextOf(request, logger));
    log.failed(request, body.code);
    const now = Date.now();
    const times = { startTimestamp: now, endTimestamp: now, version };
    const dialect = translateError(known, undefined, times);
    return reply
      .code(status === 200 ? 500 : status)
      .headers(headers)
      .send(dialect);
  };
  // Its clients have no place for a key but the address.
  for (const path of ['/v1', '/v1/:key']) {
    server.post(path, { onRequest, errorHandler }, (request, reply) => handle(request, reply, running, options));
  }
  server.get('/', async () => ({ msg: 'FlareSolverr is ready!', version, userAgent: userAgent() }));
  server.get('/health', async () => ({ status: 'ok' }));
}

async function handle(
  request: FastifyRequest,
  reply: FastifyReply,
  running: RunningCommands,
  options: FlareSolverrRouteOptions,
): Promise<FastifyReply> {
  const { authenticate, metrics, logger, log, version } = options;
  const startTimestamp = Date.now();
  const startedAt = performance.now();
  const times = (): DialectTimes => ({ startTimestamp, endTimestamp: Date.now(), version });
  using caller = callerSignal(reply);
  let translated: Translated | undefined;
  let outcome = 'success';
  try {
    const owner = authenticate(request);
    log.from(request, owner);
    const body = asObject(request.body);
    log.asks(request, body);
    const asked = reading(options.executor, owner, body, () => translateRequest(body));
    translated = asked;
    log.runs(request, asked.command);
    const execute: Execute = (command) =>
      options.executor.execute(command, {
        owner,
        signal: caller.controller.signal,
        baseUrl: baseUrlOf(request),
        onProgress: () => {}, // its clients wait for the answer alone
        onAnswered: (done) => onAnswered(reply, done),
      });
    const answer = await running.run(caller.controller, () => answerOf(asked, execute, times));
    return await sendJson(reply, answer);
  } catch (error) {
    if (caller.gone) {
      outcome = 'cancelled';
      return reply.hijack(); // nobody is there to answer
    }
    const failure = errorReply(error, { ...replyContextOf(request, logger), startedAt });
    outcome = failure.body.code;
    log.failed(request, outcome);
    // Its clients look at the status. What it does not know itself, keys, has a status of its own.
    const status = failure.status === 401 ? 401 : 500;
    return await reply
      .code(status)
      .headers(failure.headers)
      .send(translateError(failure.error, translated?.command, times()));
  } finally {
    if (translated) metrics.commandDone(translated.command.cmd, outcome, performance.now() - startedAt);
  }
}

type Execute = (command: Translated['command']) => Promise<TimedReply>;

/** @throws as the executor, and in the words of the dialect */
async function answerOf(translated: Translated, execute: Execute, times: () => DialectTimes) {
  const { command, named } = translated;
  if (named && (command.cmd === 'sessions.create' || command.cmd === 'sessions.destroy')) {
    const { session } = command;
    const { active } = (await execute(parseCommand({ cmd: 'sessions.active', session }))) as { active?: boolean }; // of that command
    if (command.cmd === 'sessions.create' && active) {
      // The original says that all is well, whatever was asked for. A session that connects directly is kept from requests
      // that may believe it to have the proxy that was named here.
      await execute(command).catch((error: unknown) => {
        if (!(error instanceof MooringError) || error.code !== 'SESSION_EXISTS') throw error;
      });
      return sessionExistsReply(session, times());
    }
    if (command.cmd === 'sessions.destroy' && !active) throw refusal("The session doesn't exist.");
  }
  return translateReply(await execute(command), translated, times());
}
