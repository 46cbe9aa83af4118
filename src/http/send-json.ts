import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { jsonOf } from './json-pieces.js';

/** Sends a value as JSON, in pieces where it is large. */
export function sendJson(reply: FastifyReply, value: object): FastifyReply {
  const json = jsonOf(value);
  reply.type('application/json; charset=utf-8');
  return reply.send(typeof json === 'string' ? json : Readable.from(json, { objectMode: false }));
}

/** Writes a value as JSON into a response that is under way. Ends early when the caller goes. */
export async function writeJson(response: ServerResponse, value: unknown): Promise<void> {
  const json = jsonOf(value);
  for await (const piece of typeof json === 'string' ? [json] : json) {
    if (response.destroyed) return;
    if (!response.write(piece)) await Promise.race([once(response, 'drain'), once(response, 'close')]).catch(() => {});
  }
}
