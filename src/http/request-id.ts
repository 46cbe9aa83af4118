import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** The header that carries a request's ID, both ways. */
export const requestIdHeader = 'x-request-id';

/** What a caller may choose as an ID: it stands in the log and in replies as it came. */
const callersOwn = /^[A-Za-z0-9._-]{1,64}$/;

/** The ID of a request: the caller's own, if it sends a usable one, or a random one. */
export function requestIdOf(request: IncomingMessage): string {
  const sent = request.headers[requestIdHeader];
  return typeof sent === 'string' && callersOwn.test(sent) ? sent : newRequestId();
}

export const newRequestId = (): string => randomBytes(8).toString('hex');
