import { MooringError } from '../errors.js';

/** Tries again while there was no usable response. */
export async function withRetries<T>(attempts: number, work: () => Promise<T>): Promise<T> {
  for (let left = attempts - 1; ; left--) {
    try {
      return await work();
    } catch (error) {
      if (left <= 0 || !isWorthRetrying(error)) throw error;
    }
  }
}

const isWorthRetrying = (error: unknown): boolean =>
  isNetworkFailure(error) || (error instanceof MooringError && error.code === 'PROXY_TIMEOUT');

/** Failures of which the browser knows only that they happened. */
export function isNetworkFailure(error: unknown): error is MooringError {
  return (
    error instanceof MooringError && ['PROXY_TUNNEL_REFUSED', 'NO_RESPONSE', 'PROXY_UNREACHABLE'].includes(error.code)
  );
}
