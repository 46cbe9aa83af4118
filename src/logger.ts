import { type DestinationStream, destination, type Logger, pino } from 'pino';

export type { Logger } from 'pino';

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Where a secret could stand in a logged object. Redaction is by path, here and nowhere else. */
const secretPaths = ['key', 'apiKey', 'proxy', 'password', 'authorization', 'cookie'].flatMap((name) => [
  name,
  `*.${name}`,
  `*.*.${name}`,
]);

/** JSON lines on stderr (stdout belongs to the banner); keys, proxies and cookies are never written. */
export function createLogger(level: LogLevel, stream: DestinationStream = destination(2)): Logger {
  return pino({ level, redact: { paths: secretPaths, censor: '[redacted]' }, base: null }, stream);
}
