import { type ErrorCode, errorMessage, MooringError } from '../../errors.js';
import { tooLargeAnswer } from './driver/driver-transport.js';

interface Row {
  readonly pattern: RegExp;
  readonly code: ErrorCode;
  readonly expected: string;
}

/** What a browser or its driver says, and the code for it. The first row that fits counts. */
const rows: readonly Row[] = [
  { pattern: new RegExp(tooLargeAnswer), code: 'RESPONSE_TOO_LARGE', expected: 'less to come out of the page' },
  // Chromium: nothing listens at the proxy's address, or it is not reachable.
  { pattern: /ERR_PROXY_CONNECTION_FAILED/, code: 'PROXY_UNREACHABLE', expected: 'the proxy to take the connection' },
  // Chromium: CONNECT was answered with something else than 200.
  {
    pattern: /ERR_TUNNEL_CONNECTION_FAILED|ERR_PROXY_AUTH/,
    code: 'PROXY_TUNNEL_REFUSED',
    expected: 'a tunnel through the proxy',
  },
  { pattern: /ERR_SOCKS_CONNECTION/, code: 'PROXY_TUNNEL_REFUSED', expected: 'a connection through the SOCKS proxy' },
  // The site took too long to connect or answer, as the network stack counts it.
  { pattern: /ERR_(CONNECTION_)?TIMED_OUT/, code: 'NAVIGATION_TIMEOUT', expected: 'an answer in time' },
  // Playwright, when the renderer or the browser is gone.
  {
    pattern:
      /Page crashed|Target crashed|Target (page, context or browser has been )?closed|has been closed|Session closed|Connection closed/i,
    code: 'BROWSER_FAILED',
    expected: 'the tab to stay alive',
  },
  // Firefox.
  {
    pattern: /NS_ERROR_PROXY_CONNECTION_REFUSED/,
    code: 'PROXY_UNREACHABLE',
    expected: 'the proxy to take the connection',
  },
  { pattern: /NS_ERROR_PROXY/, code: 'PROXY_TUNNEL_REFUSED', expected: 'a tunnel through the proxy' },
  { pattern: /NS_ERROR_NET_TIMEOUT/, code: 'NAVIGATION_TIMEOUT', expected: 'an answer in time' },
  // The whole browser, where a headless shell would show the page of the 401.
  {
    pattern: /ERR_INVALID_AUTH_CREDENTIALS/,
    code: 'NO_RESPONSE',
    expected: 'a user name and password (`user:password@` in the URL, or an `authorization` header)',
  },
  // Every other failure of the network or of TLS: no usable response.
  {
    pattern: /net::ERR_\w+|NS_ERROR_\w+|NS_BINDING_ABORTED|(SSL|SEC|MOZILLA_PKIX)_ERROR_\w+|deniedPortAccess/,
    code: 'NO_RESPONSE',
    expected: 'a usable HTTP response',
  },
];

/**
 * The catalogue's error for what the driver threw; anything else is passed on as it is.
 *
 * @param failedUrl the URL that failed, where that may be another than the subject
 */
export function translateFailure(error: unknown, subject: string, failedUrl?: string): unknown {
  if (error instanceof MooringError) return error;
  const message = errorMessage(error);
  const row = rows.find(({ pattern }) => pattern.test(message));
  if (!row) return error;
  const seen =
    /(?:net::)?((?:NS_|SSL_|SEC_|MOZILLA_PKIX_)?ERR(?:OR)?_\w+|NS_BINDING_ABORTED|deniedPortAccess)/.exec(
      message,
    )?.[1] ?? (row.code === 'RESPONSE_TOO_LARGE' ? tooLargeAnswer : 'browser has been closed, or its tab crashed');
  return new MooringError(row.code, `expected ${row.expected} for ${subject}; the browser says ${seen}.`, {
    cause: error,
    ...(failedUrl === undefined ? {} : { url: failedUrl }),
  });
}

/** Whether an error says that the tab, its context or the browser is gone. */
export function isGone(error: unknown): boolean {
  const failure = translateFailure(error, 'a tab');
  return failure instanceof MooringError && failure.code === 'BROWSER_FAILED';
}

export const tabGoneError = (why: string): MooringError =>
  new MooringError(
    'BROWSER_FAILED',
    `expected the tab to stay alive, but ${why}; the next request gets a new one with the same cookies.`,
  );

/** Whether the driver gave up for want of time. */
export const isTimeout = (error: unknown): boolean => error instanceof Error && error.name === 'TimeoutError';
