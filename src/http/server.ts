import { type FastifyInstance, fastify } from 'fastify';
import type { CommandExecutor } from '../commands/handler.js';
import { errorMessage, MooringError } from '../errors.js';
import type { FileStore } from '../files/file-store.js';
import type { Logger } from '../logger.js';
import { openApiDocument } from '../protocol/openapi.js';
import { settledWithin } from '../util/deadline.js';
import { assertNoForeignPage, createAuthenticate } from './authenticate.js';
import { baseUrlOf, RunningCommands, registerCommandRoute } from './command-route.js';
import { errorsPage, referencePage } from './docs-pages.js';
import { errorReply } from './error-reply.js';
import { registerFileRoute } from './file-route.js';
import { registerFlareSolverrRoutes } from './flaresolverr-route.js';
import type { Metrics } from './metrics.js';
import type { Readiness } from './readiness.js';

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
  const server = fastify({
    bodyLimit: options.bodyLimitBytes,
    logger: false, // request logs would hold the query string, and the key in it
    forceCloseConnections: true,
    routerOptions: { ignoreTrailingSlash: true },
    frameworkErrors: (error, request, reply) => {
      const known = new MooringError('NOT_FOUND', `expected a well-formed path (${error.code}).`);
      const failure = errorReply(known, { baseUrl: baseUrlOf(request), startedAt: performance.now(), logger });
      reply.raw.writeHead(failure.status, { 'content-type': 'application/json' }).end(JSON.stringify(failure.body));
    },
  });

  server.addHook('onRequest', async (request) => {
    assertNoForeignPage(request, options.keys.length > 0);
    // The body is JSON whatever the type says, and however broken that is.
    request.raw.headers['content-type'] = 'application/json';
  });
  // Whatever the content type says: some clients send JSON under another, or under none.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, body === '' ? undefined : JSON.parse(String(body)));
    } catch (error) {
      done(
        new MooringError('INVALID_BODY', `expected a JSON object as the body; it is no JSON (${errorMessage(error)}).`),
      );
    }
  });

  server.setErrorHandler((error, request, reply) => {
    const tooLarge = (error as { code?: unknown }).code === 'FST_ERR_CTP_BODY_TOO_LARGE'; // Fastify's own errors carry a code
    const known = tooLarge
      ? new MooringError('BODY_TOO_LARGE', `expected a body of at most ${options.bodyLimitBytes} bytes.`)
      : error;
    const failure = errorReply(known, { baseUrl: baseUrlOf(request), startedAt: performance.now(), logger });
    return reply.code(failure.status).headers(failure.headers).send(failure.body);
  });
  server.setNotFoundHandler((request) => {
    const path = request.url.split('?', 1)[0] ?? '';
    throw new MooringError(
      'NOT_FOUND',
      `expected POST /api/v1 or a page of this server; came ${request.method} ${path}.`,
    );
  });

  registerCommandRoute(server, running, { executor: options.executor, authenticate, metrics, logger });
  registerFlareSolverrRoutes(server, running, {
    executor: options.executor,
    authenticate,
    metrics,
    logger,
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
  const reference = referencePage(openapi);
  server.get('/docs', async (request, reply) =>
    reply.type('text/html; charset=utf-8').send(reference(baseUrlOf(request))),
  );
  const errors = errorsPage();
  server.get('/docs/errors', async (_request, reply) => reply.type('text/html; charset=utf-8').send(errors));
  return server;
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
