import { errorMessage } from '../errors.js';

/** What Chromium calls a failure of the system, which we meet in its place: names and connections are ours to make. */
const namesOfSystemErrors: Readonly<Record<string, string>> = {
  ENOTFOUND: 'ERR_NAME_NOT_RESOLVED',
  EAI_AGAIN: 'ERR_NAME_NOT_RESOLVED',
  ECONNREFUSED: 'ERR_CONNECTION_REFUSED',
  ECONNRESET: 'ERR_CONNECTION_RESET',
  EPIPE: 'ERR_CONNECTION_RESET',
  EHOSTUNREACH: 'ERR_ADDRESS_UNREACHABLE',
  ENETUNREACH: 'ERR_ADDRESS_UNREACHABLE',
  ETIMEDOUT: 'ERR_CONNECTION_TIMED_OUT',
};

/** @returns Chromium's name for what went wrong on the network, `ERR_…`, if the error or a cause of it tells */
export function networkErrorName(error: Error): string | undefined {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const seen = /\bERR_[A-Z_]+[A-Z]\b/.exec(errorMessage(at))?.[0];
    if (seen !== undefined) return seen;
    // Node has a code for that too, the one of a reset.
    if (at.message === 'socket hang up') return 'ERR_EMPTY_RESPONSE';
    const { code } = at as { code?: unknown }; // Node's errors have one
    if (typeof code === 'string' && Object.hasOwn(namesOfSystemErrors, code)) return namesOfSystemErrors[code];
  }
  return undefined;
}
