import { ConfigError } from './config-error.js';
import { resolveSettings } from './resolve-settings.js';
import type { ServerOptions } from './server-options.js';
import { type Config, fileName, settingKeys } from './settings.js';

/**
 * The settings of a server that a program makes. No environment variable and no config file is read.
 *
 * @throws ConfigError naming every unknown or bad option
 */
export function parseOptions(options: ServerOptions): Config {
  if (!isPlain(options)) {
    throw new ConfigError([
      `expected a plain object of options; got ${Array.isArray(options) ? 'a list' : kindOf(options)}.`,
    ]);
  }
  const values = new Map<string, unknown>(Object.entries(options));
  const known = settingKeys.map(fileName);
  const problems = [...values.keys()]
    .filter((name) => !known.includes(name))
    .map((name) => `\`${name}\` is not an option; known are ${known.join(', ')}.`);
  const nameOf = (key: string): string => `\`${fileName(key)}\``;
  return resolveSettings([{ read: (key) => values.get(fileName(key)), labelOf: nameOf }], nameOf, problems);
}

/** Whether all that it says is its own: inherited options would be overlooked. */
function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

const kindOf = (value: unknown): string =>
  typeof value === 'object' && value !== null ? `an object of another kind` : String(value);
