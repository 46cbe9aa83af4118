import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { CommandExecutor } from '../commands/executor.js';
import { drainingError, MooringError } from '../errors.js';
import type { Logger } from '../logger.js';
import type { Metrics } from '../observability/metrics.js';
import type { RequestLog } from '../observability/request-log.js';
import { type Command, commandDefinitions } from '../protocol/commands.js';
import { parseCommand } from '../protocol/parse-command.js';
import { sessionNamedIn } from '../protocol/refused-body.js';
import type { Authenticate } from './authenticate.js';
import { callerSignal, onAnswered } from './caller-signal.js';
import { errorReply } from './error-reply.js';
import { EventStream, wantsEvents } from './event-stream.js';
import { sendJson } from './send-json.js';

export interface CommandRouteOptions {
  readonly executor: CommandExecutor;
  readonly authenticate: Authenticate;
  /** Refuses whoever has no key, before a body is read. @throws MooringError `UNAUTHORIZED` */
  readonly admit: (request: FastifyRequest) => Promise<void>;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly log: RequestLog;
  /** How long a caller may take nothing of its response. */
  readonly writeTimeoutMs: number;
}

/** The commands that run now, for a server that wants to end in order. */
export class RunningCommands {
  readonly #running = new Map<AbortController, Promise<unknown>>();
  readonly #endless = new Set<AbortController>();
  #draining = false;

  /** From now on new commands are refused. */
  drain(): void {
    this.#draining = true;
    for (const controller of this.#endless) controller.abort(drainingError());
  }

  get size(): number {
    return this.#running.size;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** Resolves when no command runs. */
  async finished(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running.values());
  }

  /** Gives up what still runs. */
  cancel(reason: Error): void {
    for (const controller of this.#running.keys()) controller.abort(reason);
  }

  /** Runs what would go on as long as its caller stays: it is given up when the server drains. @throws MooringError `DRAINING` */
  async runUntilDrain<T>(controller: AbortController, work: () => Promise<T>): Promise<T> {
    this.#endless.add(controller);
    return this.run(controller, work).finally(() => this.#endless.delete(controller));
  }

  /** @throws MooringError `DRAINING` */
  async run<T>(controller: AbortController, work: () => Promise<T>): Promise<T> {
    if (this.#draining) throw drainingError();
    const running = work();
    this.#running.set(controller, running);
    try {
      return await running;
    } finally {
      this.#running.delete(controller);
    }
  }
}

/** `POST /api/v1`: one JSON object, one command, one answer. */
export function registerCommandRoute(
  server: FastifyInstance,
  running: RunningCommands,
  options: CommandRouteOptions,
): void {
  const { admit: onRequest } = options;
  server.post('/api/v1', { onRequest }, (request, reply) => handleCommand(request, reply, running, options));
  server.get('/api/v1/balance', { onRequest }, async (request) => {
    const owner = options.authenticate(request);
    options.log.from(request, owner);
    return { balance: await options.executor.balance(owner) };
  });
}

async function handleCommand(
  request: FastifyRequest,
  reply: FastifyReply,
  running: RunningCommands,
  { executor, authenticate, metrics, logger, log, writeTimeoutMs }: CommandRouteOptions,
): Promise<FastifyReply> {
  const startedAt = performance.now();
  using caller = callerSignal(reply);
  const { signal } = caller.controller;
  let command: Command | undefined;
  let session: string | undefined;
  let outcome = 'success';
  let events: EventStream | undefined;
  try {
    const owner = authenticate(request);
    log.from(request, owner);
    const body = asObject(request.body);
    log.asks(request, body);
    session = sessionNamedIn(body); // an ID that nobody named is told by a success alone
    const parsed = reading(executor, owner, body, () => parseCommand(body));
    command = parsed;
    log.runs(request, parsed);
    if (wantsEvents(request)) events = EventStream.open(reply, writeTimeoutMs);
    const stream = events;
    const follows = stream !== undefined && 'follows' in commandDefinitions[parsed.cmd];
    const run = follows ? running.runUntilDrain.bind(running) : running.run.bind(running);
    const done = await run(caller.controller, () =>
      executor.execute(parsed, {
        owner,
        signal,
        baseUrl: baseUrlOf(request),
        onProgress: (event) => events?.send(event.type, event),
        ...(stream ? { tell: (news) => stream.deliver(news.type, news, signal) } : {}),
        onAnswered: (done) => onAnswered(reply, done),
      }),
    );
    const answer = { ...done, requestId: request.id };
    if (events) return await events.end('reply', answer);
    return await sendJson(reply, answer);
  } catch (error) {
    if (caller.gone) {
      outcome = 'cancelled';
      events?.close();
      return reply.hijack(); // nobody is there to answer
    }
    const failure = errorReply(error, { ...replyContextOf(request, logger), session, startedAt });
    outcome = failure.body.code;
    log.failed(request, outcome);
    if (events) return await events.end('reply', failure.body);
    return await sendJson(reply.code(failure.status).headers(failure.headers), failure.body);
  } finally {
    if (command) metrics.commandDone(command.cmd, outcome, performance.now() - startedAt);
  }
}

/** Makes a command of a body; the executor is told of one that is refused. */
export function reading<T>(
  executor: CommandExecutor,
  owner: string,
  body: Readonly<Record<string, unknown>>,
  parse: () => T,
): T {
  try {
    return parse();
  } catch (error) {
    executor.refused(owner, body, error);
    throw error;
  }
}

export function asObject(body: unknown): Readonly<Record<string, unknown>> {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Record<string, unknown>; // as checked
  const came =
    body === undefined
      ? 'got no body'
      : Array.isArray(body)
        ? 'got a list'
        : `got ${body === null ? 'null' : `a ${typeof body}`}`;
  throw new MooringError('INVALID_BODY', `expected a JSON object as the body; ${came}.`);
}

/** What every error reply needs of its request. */
export const replyContextOf = (request: FastifyRequest, logger: Logger) => ({
  baseUrl: baseUrlOf(request),
  requestId: request.id,
  startedAt: performance.now(),
  logger,
});

/** The address under which the caller reaches this server. */
export const baseUrlOf = (request: FastifyRequest): string => `${request.protocol}://${request.host}`;
