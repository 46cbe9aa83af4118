import { type ErrorCode, MooringError, wireCodeOf } from './errors.js';

/** What the log keeps of an error. */
export interface LoggedError {
  readonly type: string;
  /** Of the catalogue, or the system's (`ECONNREFUSED`). */
  readonly code?: string;
  readonly message?: string;
  /** Where it was thrown: the frames alone. */
  readonly stack: string;
  readonly cause?: LoggedError;
}

/** Codes whose sentences repeat what a caller sent, or what a page says. */
const quotingCodes = new Set<ErrorCode>([
  'INVALID_PARAMETER',
  'UNKNOWN_COMMAND',
  'ELEMENT_NOT_FOUND',
  'UNKNOWN_KEY',
  'INVALID_BODY',
]);

const maxMessageLength = 300;
/** Looking for URLs takes the square of a text's length. */
const maxSearchedLength = 2000;
const maxCauses = 5;

/**
 * An error as it may be logged, at any level. Errors carry more than their sentence: what a request had brought by then
 * (`partial`), what a page threw, URLs with passwords and tokens. Nothing of that is kept.
 */
export function logError(error: unknown, depth = 0): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, stack: '' };
  const message = messageOf(error);
  // What callers are told, so that a line of theirs is found here; Node's errors have a code too.
  const { code } = error instanceof MooringError ? { code: wireCodeOf(error.code) } : (error as { code?: unknown });
  return {
    type: error.name,
    ...(typeof code === 'string' ? { code } : {}),
    ...(message === undefined ? {} : { message }),
    stack: framesOf(error),
    ...(error.cause !== undefined && depth < maxCauses ? { cause: logError(error.cause, depth + 1) } : {}),
  };
}

function messageOf(error: Error): string | undefined {
  if (error instanceof MooringError) return quotingCodes.has(error.code) ? undefined : tidy(error.detail);
  // The driver's errors begin with the call that failed; of an evaluation, the rest is what the page threw.
  if (/^\s*\S*eval/i.test(error.message)) return undefined;
  return tidy(error.message);
}

/** The first line, with every URL reduced to where it leads. */
function tidy(text: string): string {
  const [line = ''] = text.split('\n', 1);
  return line
    .slice(0, maxSearchedLength)
    .replace(/\b([a-z][a-z0-9+.-]*:\/\/)([^\s"'`<>]*)/gi, reduceUrl)
    .slice(0, maxMessageLength);
}

function reduceUrl(_all: string, scheme: string, rest: string): string {
  const [address = ''] = rest.slice(rest.lastIndexOf('@') + 1).split(/[/?#;,)]/, 1);
  return `${scheme}${address}`;
}

/** Frames of programs on this machine: those of a page have its addresses in them. */
const framesOf = ({ stack = '' }: Error): string =>
  stack
    .split('\n')
    .filter((line) => /^\s+at .*(file:\/\/|node:|\(\/| \/)/.test(line))
    .map((line) => line.trim())
    .join('\n');
