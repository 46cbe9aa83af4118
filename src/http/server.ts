import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify, type HTTPMethods } from 'fastify';
import type { CommandExecutor } from '../commands/handler.js';
import { errorMessage, MooringError } from '../errors.js';
import type { FileStore } from '../files/file-store.js';
import type { Logger } from '../logger.js';
import { notFoundSentence, wrongMethodSentence } from '../protocol/flaresolverr.js';
import { openApiDocument } from '../protocol/openapi.js';
import { settledWithin } from '../util/deadline.js';
import { assertNoForeignPage, createAuthenticate } from './authenticate.js';
import { baseUrlOf, RunningCommands, registerCommandRoute, replyContextOf } from './command-route.js';
import { errorsPage, referencePage } from './docs-pages.js';
import { errorReply, type HttpErrorReply } from './error-reply.js';
import { registerFileRoute } from './file-route.js';
import { registerFlareSolverrRoutes } from './flaresolverr-route.js';
import type { Metrics } from './metrics.js';
import type { Readiness } from './readiness.js';
import { requestIdHeader, requestIdOf } from './request-id.js';
import { RequestLog } from './request-log.js';

/** How long commands that were given up may take to end. */
const cancelGraceMs = 2000;

export interface HttpServerOptions {
  readonly host: string;
  readonly port: number;
  readonly keys: readonly string[];
  readonly bodyLimitBytes: number;
  readonly version: string;
  readonly executor: CommandExecutor;
  /** What replies link to. */
  readonly files: FileStore;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Whether each command is logged. */
  readonly requestLog: boolean;
  /** What the sites see of the sessions' browser. */
  readonly userAgent: () => string;
  /** Whether a browser works; never rejects. */
  readonly readiness: () => Promise<Readiness>;
}

/** The door: HTTP on one side, commands on the other. */
export class HttpServer {
  readonly #options: HttpServerOptions;
  readonly #running = new RunningCommands();
  readonly #server: FastifyInstance;

  constructor(options: HttpServerOptions) {
    this.#options = options;
    this.#server = build(options, this.#running);
  }

  /** Starts to listen. @returns the address, `http://127.0.0.1:8191` */
  async start(): Promise<string> {
    return this.#server.listen({ host: this.#options.host, port: this.#options.port });
  }

  /**
   * Refuses new commands and waits for those that run, at most this long; then gives them up. It goes on listening, so
   * that callers get an answer rather than a refused connection.
   */
  async drain(timeoutMs: number): Promise<void> {
    this.#running.drain();
    const timer = setTimeout(
      () =>
        this.#running.cancel(
          new MooringError(
            'DRAINING',
            `expected the command to finish within ${timeoutMs} ms of the shutdown; it did not.`,
          ),
        ),
      timeoutMs,
    );
    try {
      // What does not end when it is given up does not hold up the end of everything.
      await settledWithin(this.#running.finished(), timeoutMs + cancelGraceMs);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Stops to listen and closes every connection. */
  async close(): Promise<void> {
    await this.#server.close();
  }
}

function build(options: HttpServerOptions, running: RunningCommands): FastifyInstance {
  const { logger, metrics } = options;
  const authenticate = createAuthenticate(options.keys);
  const log = new RequestLog(options.requestLog ? logger : undefined);
  const server = fastify({
    bodyLimit: options.bodyLimitBytes,
    logger: false, // request logs would hold the query string, and the key in it
    forceCloseConnections: true,
    genReqId: requestIdOf,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: maxKeyLength },
    frameworkErrors: (error, request, reply) => {
      const known = new MooringError('NOT_FOUND', 'expected a well-formed path; got one that cannot be decoded.', {
        cause: error,
      });
      const failure = errorReply(known, replyContextOf(request, logger));
      const headers = { 'content-type': 'application/json', [requestIdHeader]: request.id };
      reply.raw.writeHead(failure.status, headers).end(JSON.stringify(failure.body));
    },
  });
  const methods = collectMethods(server);

  server.addHook('onRequest', async (request, reply) => {
    reply.header(requestIdHeader, request.id);
    if (takesCommands(request)) log.open(request, reply);
    assertNoForeignPage(request, options.keys.length > 0);
    // The body is JSON whatever the type says, and however broken that is.
    request.raw.headers['content-type'] = 'application/json';
  });
  // Whatever the content type says: some clients send JSON under another, or under none.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => {
    try {
      // Some editors and shells put a byte order mark before it.
      const text = String(body).replace(/^\uFEFF/, '');
      done(null, text === '' ? undefined : JSON.parse(text));
    } catch (error) {
      done(
        new MooringError('INVALID_BODY', `expected a JSON object as the body; ${jsonProblem(error)}.`, {
          cause: error,
        }),
      );
    }
  });

  server.setErrorHandler((error, request, reply) => {
    const tooLarge = (error as { code?: unknown }).code === 'FST_ERR_CTP_BODY_TOO_LARGE'; // Fastify's own errors carry a code
    const known = tooLarge
      ? new MooringError(
          'BODY_TOO_LARGE',
          `expected a body of at most ${options.bodyLimitBytes} bytes; got a larger one.`,
        )
      : error;
    const failure = errorReply(known, replyContextOf(request, logger));
    log.failed(request, failure.body.code);
    return reply.code(failure.status).headers(failure.headers).send(inDialectOf(request, failure));
  });
  server.setNotFoundHandler((request) => {
    const path = pathOf(request);
    throw new MooringError(
      'NOT_FOUND',
      `expected POST /api/v1 or a page of this server; got ${request.method} ${path}.`,
    );
  });

  registerCommandRoute(server, running, { executor: options.executor, authenticate, metrics, logger, log });
  registerFlareSolverrRoutes(server, running, {
    executor: options.executor,
    authenticate,
    metrics,
    logger,
    log,
    version: options.version,
    userAgent: options.userAgent,
  });
  registerHealthRoutes(server, running, options);
  registerFileRoute(server, options.files);

  server.get('/metrics', async (request, reply) => {
    authenticate(request);
    return reply.type(metrics.contentType).send(await metrics.text());
  });
  const openapi = openApiDocument(options.version);
  server.get('/openapi.json', async (request) => ({ ...openapi, servers: [{ url: baseUrlOf(request) }] }));
  const reference = referencePage(openapi, options.keys.length > 0);
  server.get('/docs', async (request, reply) =>
    reply.type('text/html; charset=utf-8').send(reference(baseUrlOf(request))),
  );
  const errors = errorsPage();
  server.get('/docs/errors', async (_request, reply) => reply.type('text/html; charset=utf-8').send(errors));
  refuseOtherMethods(server, methods);
  return server;
}

/** Where text stops being JSON, without the words of the parser, which repeat the text. */
function jsonProblem(error: unknown): string {
  const message = errorMessage(error);
  if (/end of JSON|unterminated/i.test(message)) return 'got JSON that ends too early';
  const at = /position (\d+)/.exec(message)?.[1];
  return at === undefined
    ? 'got text that is not JSON'
    : `got text that is not JSON from character ${Number(at) + 1} on`;
}

/** A key may stand in the path. */
const maxKeyLength = 1024;

const pathOf = (request: FastifyRequest): string => request.url.split('?', 1)[0] ?? '';

/** Whether it is for a path that takes commands, served or not. */
const takesCommands = (request: FastifyRequest): boolean => /^\/(api\/)?v1(\/|$)/.test(pathOf(request));

/** Outside `/api`, what this server does not have is told as FlareSolverr tells it, with all that we tell besides. */
function inDialectOf(request: FastifyRequest, { status, body }: HttpErrorReply): object {
  if ((status !== 404 && status !== 405) || /^\/(api|files)(\/|$)/.test(pathOf(request))) return body;
  const error = status === 404 ? notFoundSentence(pathOf(request)) : wrongMethodSentence;
  return { ...body, error, status_code: status };
}

const allMethods: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** The methods of each path that is registered from now on. */
function collectMethods(server: FastifyInstance): Map<string, Set<HTTPMethods>> {
  const methods = new Map<string, Set<HTTPMethods>>();
  server.addHook('onRoute', ({ url, method }) => {
    const served = methods.get(url) ?? new Set();
    for (const one of [method].flat()) served.add(one);
    methods.set(url, served);
  });
  return methods;
}

/** Any other method of a path that is served is refused by name (RFC 9110 §15.5.6). */
function refuseOtherMethods(server: FastifyInstance, methods: ReadonlyMap<string, ReadonlySet<HTTPMethods>>): void {
  for (const [url, served] of [...methods]) {
    const allow = allMethods.filter((method) => served.has(method)).join(', ');
    const refuse = async (request: FastifyRequest, reply: FastifyReply): Promise<never> => {
      reply.header('allow', allow);
      throw new MooringError('METHOD_NOT_ALLOWED', `expected ${allow} for this path; got ${request.method}.`);
    };
    // Before a body is read.
    server.route({
      method: allMethods.filter((method) => !served.has(method)),
      url,
      onRequest: refuse,
      handler: refuse,
    });
  }
}

function registerHealthRoutes(
  server: FastifyInstance,
  running: RunningCommands,
  { readiness, version }: HttpServerOptions,
): void {
  server.get('/livez', async () => ({ status: 'ok', version }));
  server.get('/readyz', async (_request, reply) => {
    if (running.draining) return reply.code(503).send({ status: 'draining', version });
    const { ready, ...rest } = await readiness();
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ok' : 'unavailable', version, ...rest });
  });
}
