import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex, Readable } from 'node:stream';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify, type HTTPMethods } from 'fastify';
import type { ArtifactStore } from '../artifacts/artifact-store.js';
import type { AttachTickets } from '../attach/attach-tickets.js';
import type { Thumbnails } from '../attach/view/thumbnails.js';
import type { ViewLinks } from '../attach/view/view-links.js';
import type { CommandExecutor } from '../commands/executor.js';
import { MooringError } from '../errors.js';
import type { Logger } from '../logger.js';
import type { Metrics } from '../observability/metrics.js';
import type { Readiness } from '../observability/readiness.js';
import { RequestLog } from '../observability/request-log.js';
import { notFoundSentence, wrongMethodSentence } from '../protocol/dialects/flaresolverr.js';
import { openApiDocument } from '../protocol/openapi/openapi-document.js';
import { ByteBudget } from '../util/byte-budget.js';
import { settledWithin } from '../util/deadline.js';
import { type DrainControl, registerAdminRoutes } from './admin-routes.js';
import { registerFileRoute } from './artifact-route.js';
import { type AttachRouteOptions, attachUpgrade, registerAttachRoutes } from './attach-route.js';
import { type Authenticate, assertNoForeignPage, createAuthenticate } from './authenticate.js';
import { BodyReader } from './body-reader.js';
import { giveUpUntaken } from './caller-signal.js';
import { RunningCommands, registerCommandRoute, replyContextOf } from './command-route.js';
import { answerAndClose, ConnectionLimits, lingerMs } from './connection-limits.js';
import { registerDocsRoutes } from './docs/docs-routes.js';
import { errorReply, type HttpErrorReply } from './error-reply.js';
import { registerFlareSolverrRoutes } from './flaresolverr-route.js';
import { KeyBrake } from './key-brake.js';
import { newRequestId, requestIdHeader, requestIdOf } from './request-id.js';
import { registerUiRoutes } from './ui-routes.js';
import { isViewPath, registerViewRoutes, type ViewRouteOptions, viewUpgrade } from './view-route.js';

/** How long commands that were given up may take to end. */
const cancelGraceMs = 2000;

export interface HttpServerOptions {
  readonly host: string;
  readonly port: number;
  readonly keys: readonly string[];
  readonly bodyLimitBytes: number;
  /** How much the bodies of all commands may hold together. */
  readonly bufferLimitBytes: number;
  /** How long a request may take to arrive, its body included. */
  readonly bodyTimeoutMs: number;
  /** How long a caller may take nothing of its response. */
  readonly writeTimeoutMs: number;
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  readonly version: string;
  readonly executor: CommandExecutor;
  /** What replies link to. */
  readonly files: ArtifactStore;
  /** Addresses to attach to sessions with. */
  readonly tickets: AttachTickets;
  /** Links to live views. */
  readonly links: ViewLinks;
  /** How often attached clients and watchers are asked whether they are there. If undefined, 10 s. */
  readonly heartbeatMs: number | undefined;
  /** Small pictures of sessions' pages. */
  readonly thumbnails: Thumbnails;
  readonly metrics: Metrics;
  /** The only key that reads them. If undefined, every API key does. */
  readonly metricsKey: string | undefined;
  /** What drains the server; if undefined, the first key. */
  readonly adminKey: string | undefined;
  /** Drains the server, or tells how far that is. */
  readonly drain: DrainControl;
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

  /** Commands that run now. */
  get running(): number {
    return this.#running.size;
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
  const brake = new KeyBrake();
  const bodies = new BodyReader({
    limitBytes: options.bodyLimitBytes,
    budget: new ByteBudget(options.bufferLimitBytes),
  });
  const { heartbeatMs } = options;
  const attach: AttachRouteOptions = {
    tickets: options.tickets,
    heartbeatMs,
    messageLimitBytes: options.bodyLimitBytes,
    wantsKey: options.keys.length > 0,
  };
  const view: ViewRouteOptions = { links: options.links, wantsKey: attach.wantsKey, heartbeatMs };
  const toAttach = attachUpgrade(attach);
  const toView = viewUpgrade(view);
  const onServer = (listening: Server): void => {
    listening.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      (isViewPath(request.url) ? toView : toAttach)(request, socket, head),
    );
  };
  const server = fastify({
    logger: false, // request logs would hold the query string, and the key in it
    forceCloseConnections: true,
    genReqId: requestIdOf,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: maxKeyLength },
    serverFactory: serverFactory(options, onServer),
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
    endUnread(request, reply);
    if (takesCommands(request)) log.open(request, reply.raw);
    assertNoForeignPage(request, options.keys.length > 0);
    if (request.is404) throw notFound(request);
    // The body is JSON whatever the type says, and however broken that is.
    request.raw.headers['content-type'] = 'application/json';
  });
  server.addHook('onSend', async (_request, reply) => giveUpUntaken(reply, options.writeTimeoutMs));
  server.addHook('preParsing', (request, reply) => bodies.admit(request, reply));
  // Whatever the content type says: some clients send JSON under another, or under none.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', (request: FastifyRequest, payload: Readable) => bodies.read(request, payload));

  server.setErrorHandler((error, request, reply) => {
    const failure = errorReply(error, replyContextOf(request, logger));
    log.failed(request, failure.body.code);
    return reply.code(failure.status).headers(failure.headers).send(inDialectOf(request, failure));
  });
  server.setNotFoundHandler((request) => {
    throw notFound(request);
  });

  const admit = admitting(authenticate, brake);
  const { executor, writeTimeoutMs } = options;
  const commands = { executor, authenticate, admit, metrics, logger, log, writeTimeoutMs };
  registerCommandRoute(server, running, commands);
  registerFlareSolverrRoutes(server, running, {
    ...commands,
    version: options.version,
    userAgent: options.userAgent,
  });
  registerHealthRoutes(server, running, options);
  registerFileRoute(server, options.files);
  registerAttachRoutes(server, attach);
  registerViewRoutes(server, view);

  const { metricsKey } = options;
  const mayRead = metricsKey === undefined ? admit : admitting(createAuthenticate([metricsKey]), brake);
  server.get('/metrics', { onRequest: mayRead }, async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.text()),
  );
  const admin = options.adminKey ?? options.keys[0];
  const mayDrain = admin === undefined ? admit : admitting(createAuthenticate([admin]), brake);
  registerAdminRoutes(server, { admit: mayDrain, drain: options.drain });
  registerDocsRoutes(server, openApiDocument(options.version), options.keys.length > 0);
  registerUiRoutes(server, {
    keys: options.keys,
    version: options.version,
    authenticate,
    admit,
    brake,
    thumbnails: options.thumbnails,
  });
  refuseOtherMethods(server, methods);
  return server;
}

/** Looks at the key before a body is read, for a request without one is to cost nothing. */
function admitting(authenticate: Authenticate, brake: KeyBrake): (request: FastifyRequest) => Promise<void> {
  return async (request) => {
    try {
      authenticate(request);
    } catch (error) {
      await brake.failed(request);
      throw error;
    }
  };
}

/** How long the head of a request may take to arrive. */
const headTimeoutMs = 20_000;
/** How long a connection may be idle between requests: longer than proxies before a server keep theirs. */
const keepAliveMs = 72_000;
/** How often connections are looked at. */
const checkMs = 1000;

/** Every server that listens is bounded in time and number; for a name there may be several. */
function serverFactory(
  { bodyTimeoutMs, maxConnections, maxConnectionsPerAddress, logger }: HttpServerOptions,
  onServer: (server: Server) => void,
) {
  const context = ({ localAddress, localPort }: Socket) => ({
    baseUrl: `http://${localAddress}:${localPort}`,
    requestId: newRequestId(),
    startedAt: performance.now(),
    logger,
  });
  const limits = new ConnectionLimits({ max: maxConnections, maxPerAddress: maxConnectionsPerAddress, context });
  return (handler: RequestListener): Server => {
    const server = createServer(
      {
        headersTimeout: Math.min(headTimeoutMs, bodyTimeoutMs),
        requestTimeout: bodyTimeoutMs,
        keepAliveTimeout: keepAliveMs,
        connectionsCheckingInterval: Math.min(checkMs, bodyTimeoutMs),
      },
      handler,
    );
    limits.guard(server);
    onServer(server);
    server.on('clientError', (error: NodeJS.ErrnoException, duplex) => {
      const socket = duplex as Socket; // of an HTTP server it is one
      if (error.code === 'ECONNRESET' || isAnswered(socket)) {
        socket.destroy();
        return;
      }
      const [status, sentence] = malformed(error.code, bodyTimeoutMs);
      const { body } = errorReply(new MooringError('INVALID_BODY', sentence, { cause: error }), context(socket));
      answerAndClose(socket, status, body);
    });
    return server;
  };
}

/** What is no request: the status, and what to say. */
function malformed(code: string | undefined, bodyTimeoutMs: number): [status: string, sentence: string] {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return ['408 Request Timeout', `expected the whole request within ${bodyTimeoutMs} ms; it did not come.`];
  if (code === 'HPE_HEADER_OVERFLOW')
    return ['431 Request Header Fields Too Large', 'expected headers of at most 16 KB in all; got more.'];
  return ['400 Bad Request', 'expected an HTTP request; got something that cannot be read as one.'];
}

/** Whether a response has begun on this connection for the request that it carries. */
function isAnswered(socket: Socket): boolean {
  const { _httpMessage: response } = socket as { _httpMessage?: { headersSent?: boolean } | null }; // as Node's own handler looks
  return response?.headersSent === true;
}

/** Closes the connection of a request that was answered before its body was read, when its sender had time to see it. */
function endUnread({ raw }: FastifyRequest, reply: FastifyReply): void {
  reply.raw.once('finish', () => {
    if (raw.complete) return;
    const timer = setTimeout(() => raw.socket.destroy(), lingerMs);
    raw.once('end', () => clearTimeout(timer));
    raw.socket.once('close', () => clearTimeout(timer));
  });
}

const notFound = (request: FastifyRequest): MooringError =>
  new MooringError(
    'NOT_FOUND',
    `expected POST /api/v1 or a page of this server; got ${request.method} ${pathOf(request)}.`,
  );

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
