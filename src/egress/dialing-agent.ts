import { Agent, type ClientRequestArgs } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Destination } from './dial.js';

export interface DialingAgentOptions {
  readonly open: (to: Destination) => Promise<Socket>;
  /** Whether connections are used again. */
  readonly keepAlive: boolean;
}

/** How long an unused connection is kept. */
const idleMs = 60_000;

/** Gives HTTP requests connections that are opened by dialling. */
export class DialingAgent extends Agent {
  readonly #open: (to: Destination) => Promise<Socket>;

  constructor({ open, keepAlive }: DialingAgentOptions) {
    super({ keepAlive, maxFreeSockets: 16, timeout: idleMs });
    this.#open = open;
  }

  override createConnection(
    options: ClientRequestArgs,
    callback?: (error: Error | null, socket: Duplex) => void,
  ): undefined {
    const done = callback as (error: Error | null, socket?: Duplex) => void; // Node's agent always passes one
    this.#open({ host: options.host ?? '', port: Number(options.port) }).then(
      (socket) => done(null, socket),
      (error: Error) => done(error),
    );
  }
}
