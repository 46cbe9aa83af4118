import { type ErrorCode, MooringError, wireCodeOf } from '../errors.js';
import type { Logger } from '../logger.js';
import type { ErrorReply } from '../protocol/replies/error-reply.js';

/**
 * Codes that are about the HTTP exchange itself. Every other failure is a 200 with its error in the body: most clients
 * throw on 4xx and 5xx and lose the body.
 */
const httpStatus: Partial<Record<ErrorCode, number>> = {
  INVALID_BODY: 400,
  UNAUTHORIZED: 401,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  BODY_TOO_LARGE: 413,
  DRAINING: 503,
};

export interface ErrorReplyContext {
  /** `http://host:port` as the caller reaches this server. */
  readonly baseUrl: string;
  readonly requestId: string;
  readonly session?: string | undefined;
  readonly startedAt: number;
  readonly logger: Logger;
}

export interface HttpErrorReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ErrorReply;
  /** The failure that the reply tells. */
  readonly error: MooringError;
}

/** The answer to a failed command. What nobody foresaw is logged with the request's ID, which the caller can quote. */
export function errorReply(error: unknown, context: ErrorReplyContext): HttpErrorReply {
  const known = error instanceof MooringError ? error : unforeseen(error, context);
  const { requestId, session, logger } = context;
  if (known.cause !== undefined) logger.debug({ err: known, requestId, session }, 'command failed');
  const retry = known.retryAfterMs;
  return {
    status: httpStatus[known.code] ?? 200,
    headers: retry === undefined ? {} : { 'retry-after': String(Math.ceil(retry / 1000)) },
    body: {
      data: 'error',
      error: known.message,
      code: wireCodeOf(known.code),
      info: `${context.baseUrl}/docs/errors#${wireCodeOf(known.code)}`,
      solution: { verified: false },
      ...(session === undefined ? {} : { session }),
      ...(retry === undefined ? {} : { retryAfterMs: retry }),
      ...(known.partial ? { ...known.partial, partial: true as const } : {}),
      timeElapsed: Math.round(performance.now() - context.startedAt),
      requestId,
    },
    error: known,
  };
}

function unforeseen(error: unknown, { logger, requestId, session }: ErrorReplyContext): MooringError {
  logger.error({ err: error, requestId, session }, 'unforeseen failure');
  return new MooringError(
    'INTERNAL_ERROR',
    `expected no failure of the server; got one, and its log has the cause under ${requestId}.`,
  );
}
