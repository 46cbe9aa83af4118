import { once } from 'node:events';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { giveUpUntaken } from './caller-signal.js';
import { requestIdHeader } from './request-id.js';
import { writeJson } from './send-json.js';

/** A line now and then, so that nothing between takes the connection for dead. */
const keepAliveMs = 15_000;

/** Whether the caller asks for progress, not only for the answer. */
export const wantsEvents = (request: FastifyRequest): boolean =>
  /\btext\/event-stream\b/i.test(request.headers.accept ?? '');

/**
 * An answer as a stream of events; the last one is what the answer would have been.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export class EventStream {
  readonly #reply: FastifyReply;
  readonly #timer: NodeJS.Timeout;

  private constructor(reply: FastifyReply) {
    this.#reply = reply;
    this.#timer = setInterval(() => this.#isTaken && this.#write(':\n\n'), keepAliveMs);
  }

  /** Takes the answer over from the server and sends its head. */
  static open(reply: FastifyReply, writeTimeoutMs: number): EventStream {
    reply.hijack();
    reply.raw.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      [requestIdHeader]: reply.request.id,
      'x-accel-buffering': 'no', // nginx would hold events back
    });
    reply.raw.flushHeaders();
    giveUpUntaken(reply, Math.max(writeTimeoutMs, 2 * keepAliveMs));
    return new EventStream(reply);
  }

  /** Sends one event; left out when the caller does not keep up. */
  send(name: string, data: unknown): void {
    if (this.#isTaken) this.#write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  /** Sends one event once the caller has taken those before it. Rejects with the reason of a signal that aborts first. */
  async deliver(name: string, data: unknown, signal: AbortSignal): Promise<void> {
    while (!this.#isTaken) await once(this.#reply.raw, 'drain', { signal }).catch(() => signal.throwIfAborted());
    signal.throwIfAborted();
    this.send(name, data);
  }

  /** Sends the last event. */
  async end(name: string, data: unknown): Promise<FastifyReply> {
    this.close();
    this.#write(`event: ${name}\ndata: `);
    await writeJson(this.#reply.raw, data);
    this.#reply.raw.end('\n\n');
    return this.#reply;
  }

  /** Nobody listens any more. */
  close(): void {
    clearInterval(this.#timer);
  }

  /** Whether the caller keeps up. */
  get #isTaken(): boolean {
    return !this.#reply.raw.writableNeedDrain;
  }

  #write(text: string): void {
    if (!this.#reply.raw.destroyed) this.#reply.raw.write(text);
  }
}
