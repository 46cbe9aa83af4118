import { type DestinationStream, destination, type Logger, pino } from 'pino';
import { logError } from './log-error.js';
import type { LogLevel } from './log-level.js';

export type { Logger } from 'pino';

/** Where a secret could stand in a logged object. Redaction is by path, here and nowhere else. */
const secretPaths = ['key', 'apiKey', 'proxy', 'password', 'authorization', 'cookie'].flatMap((name) => [
  name,
  `*.${name}`,
  `*.*.${name}`,
]);

/** JSON lines on stderr (stdout belongs to the banner); keys, proxies, cookies and what pages say are never written. */
export function createLogger(level: LogLevel, stream: DestinationStream = destination(2)): Logger {
  const options = { level, redact: { paths: secretPaths, censor: '[redacted]' }, base: null };
  return pino({ ...options, serializers: { err: (error: unknown) => logError(error) } }, stream);
}
