import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { MooringError, settingName } from '../errors.js';
import { type ErrorReplyContext, errorReply } from './error-reply.js';

export interface ConnectionLimitsOptions {
  /** How many connections there may be at once. */
  readonly max: number;
  /** Of one address. */
  readonly maxPerAddress: number;
  /** What the error replies need. */
  readonly context: (socket: Socket) => ErrorReplyContext;
}

const retryAfterMs = 1000;

/** Refuses connections beyond a number, in all and of one address, with a response that says so. */
export class ConnectionLimits {
  readonly #options: ConnectionLimitsOptions;
  readonly #byAddress = new Map<string, number>();
  #all = 0;

  constructor(options: ConnectionLimitsOptions) {
    this.#options = options;
  }

  /** Stands between a server and its new connections. */
  guard(server: Server): void {
    const served = server.listeners('connection') as ((socket: Socket) => void)[]; // what this event calls
    server.removeAllListeners('connection');
    server.on('connection', (socket: Socket) => {
      const problem = this.#count(socket);
      if (problem === undefined) for (const serve of served) serve.call(server, socket);
      else this.#refuse(socket, problem);
    });
  }

  /** @returns what is too many */
  #count(socket: Socket): string | undefined {
    const { max, maxPerAddress } = this.#options;
    const { remoteAddress: address = '' } = socket;
    const ofAddress = (this.#byAddress.get(address) ?? 0) + 1;
    this.#all += 1;
    this.#byAddress.set(address, ofAddress);
    socket.once('close', () => {
      this.#all -= 1;
      const left = (this.#byAddress.get(address) ?? 1) - 1;
      if (left > 0) this.#byAddress.set(address, left);
      else this.#byAddress.delete(address);
    });
    if (this.#all > max) return `${max} connections (${settingName('maxConnections')})`;
    if (ofAddress > maxPerAddress)
      return `${maxPerAddress} connections of one address (${settingName('maxConnectionsPerAddress')})`;
    return undefined;
  }

  #refuse(socket: Socket, limit: string): void {
    const error = new MooringError('NO_CAPACITY', `expected at most ${limit} at once; this is one more.`, {
      retryAfterMs,
    });
    answerAndClose(socket, '503 Service Unavailable', errorReply(error, this.#options.context(socket)).body);
  }
}

/** How long somebody who is refused has to read why. */
export const lingerMs = 500;

/** Answers on a connection, past the server, and closes it. */
export function answerAndClose(socket: Socket, status: string, body: object): void {
  socket.on('error', () => {}); // it has gone
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const text = JSON.stringify(body);
  const head = [
    `HTTP/1.1 ${status}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(text)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${text}`);
  socket.resume(); // closing on what was not read would reset the connection, and the answer with it
  const timer = setTimeout(() => socket.destroy(), lingerMs);
  socket.once('close', () => clearTimeout(timer));
}
