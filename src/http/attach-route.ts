import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import type { AttachPoint, AttachTickets } from '../attach/attach-tickets.js';
import type { ClientSocket } from '../attach/client-socket.js';
import { errorMessage, MooringError } from '../errors.js';
import { assertNoForeignPage } from './authenticate.js';

/** Answers a request for a WebSocket. */
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

export interface AttachRouteOptions {
  readonly tickets: Pick<AttachTickets, 'find'>;
  /** Most bytes of one message of a client. */
  readonly messageLimitBytes: number;
  readonly wantsKey: boolean;
  /** How often a client is asked whether it is there; one that has not said so by the next time is gone. Default: 10 s. */
  readonly heartbeatMs?: number | undefined;
}

export const defaultHeartbeatMs = 10_000;
/** How long a client may take to say goodbye. */
const goodbyeMs = 1000;
/** What a close frame can carry. */
const maxReasonBytes = 123;

const notThere = (): MooringError =>
  new MooringError(
    'NOT_FOUND',
    'expected an address that `websocket.create` gave; this one was never given, or its time or session is over.',
  );

/**
 * `ws://host/attach/<token>`: a client attaches to a session. The token is the key, so that clients need no other.
 */
export function attachUpgrade(options: AttachRouteOptions): UpgradeHandler {
  const { tickets, messageLimitBytes, wantsKey, heartbeatMs = defaultHeartbeatMs } = options;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: messageLimitBytes, perMessageDeflate: false });
  return (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    try {
      assertNoForeignPage(request, wantsKey);
      const point = tickets.find(tokenOf(request.url ?? '') ?? '');
      if (!point) throw notThere();
      sockets.handleUpgrade(
        request,
        socket,
        head,
        (client) => void point.serve(new WsClient(client, socket, heartbeatMs)),
      );
    } catch (error) {
      refuseUpgrade(socket, error);
    }
  };
}

type TokenRequest = FastifyRequest<{ Params: { token: string } }>;

/** What tools ask for that look for a browser at an HTTP address, below the same token. */
export function registerAttachRoutes(server: FastifyInstance, { tickets }: AttachRouteOptions): void {
  const found = ({ params }: TokenRequest): AttachPoint => {
    const point = tickets.find(params.token);
    if (!point) throw notThere();
    return point;
  };
  server.get('/attach/:token/json/version', async (request: TokenRequest) => {
    const { browserVersion, userAgent } = found(request);
    return {
      Browser: `Chrome/${browserVersion}`,
      'Protocol-Version': '1.3',
      'User-Agent': userAgent,
      webSocketDebuggerUrl: addressOf(request),
    };
  });
  const list = async (request: TokenRequest): Promise<object[]> => {
    const { pageUrl: url } = found(request);
    if (url === undefined) return [];
    return [{ type: 'page', id: 'page', title: '', url, webSocketDebuggerUrl: addressOf(request) }];
  };
  server.get('/attach/:token/json/list', list);
  server.get('/attach/:token/json', list);
}

const addressOf = ({ protocol, host, params }: TokenRequest): string =>
  `${protocol.replace('http', 'ws')}://${host}/attach/${params.token}`;

const tokenOf = (url: string): string | undefined => /^\/attach\/([\w-]{1,200})\/?(?:\?|$)/.exec(url)?.[1];

export function refuseUpgrade(socket: Duplex, error: unknown): void {
  const isKnown = error instanceof MooringError;
  const status = isKnown && error.code === 'NOT_FOUND' ? '404 Not Found' : '401 Unauthorized';
  const text = JSON.stringify({ data: 'error', error: errorMessage(error), code: isKnown ? error.code : undefined });
  const head = [
    `HTTP/1.1 ${status}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(text)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${text}`);
}

/** A client's WebSocket, which is asked again and again whether its other end is there. */
export class WsClient implements ClientSocket {
  readonly #socket: WebSocket;
  readonly #connection: Duplex;
  readonly #closed = new AbortController();
  onMessage: (text: string) => void = () => {};
  onBytes?: (bytes: Buffer) => void;

  /** @param connection what the socket runs over */
  constructor(socket: WebSocket, connection: Duplex, heartbeatMs: number) {
    this.#socket = socket;
    this.#connection = connection;
    let isThere = true;
    const heartbeat = setInterval(() => {
      if (!isThere) {
        socket.terminate();
        return;
      }
      isThere = false;
      socket.ping();
    }, heartbeatMs);
    heartbeat.unref();
    socket.on('pong', () => {
      isThere = true;
    });
    socket.on('message', (data: RawData, isBinary: boolean) => {
      isThere = true;
      if (isBinary && this.onBytes && Buffer.isBuffer(data)) this.onBytes(data);
      else this.onMessage(data.toString());
    });
    socket.on('error', () => {}); // it closes
    socket.once('close', () => {
      clearInterval(heartbeat);
      this.#closed.abort(new Error('the client has left'));
    });
  }

  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  get unsentBytes(): number {
    return this.#socket.bufferedAmount;
  }

  send(message: string | Uint8Array): void {
    // What comes at once goes in one piece: each write is a call of the system.
    if (this.#connection.writableCorked === 0) {
      this.#connection.cork();
      setImmediate(() => this.#connection.uncork());
    }
    this.#socket.send(message);
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, cut(reason));
    const timer = setTimeout(() => this.#socket.terminate(), goodbyeMs);
    this.#socket.once('close', () => clearTimeout(timer));
  }

  terminate(): void {
    this.#socket.terminate();
  }
}

/** As much of a text as a close frame carries, whole characters. */
function cut(text: string): string {
  let cut = text;
  while (Buffer.byteLength(cut) > maxReasonBytes) cut = cut.slice(0, -1);
  return cut;
}
