import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { isLoopback } from '../util/loopback.js';
import { ConfigError } from './config-error.js';
import { type Config, isSecret, type SettingKey, settingKeys, settingRow } from './settings.js';

/** One place that values of settings come from. */
export interface SettingSource {
  /** The value as it is written there; `undefined` if there is none. */
  readonly read: (key: SettingKey) => unknown;
  /** What the setting is called there. */
  readonly labelOf: (key: SettingKey) => string;
}

/**
 * The value of every setting: of the first source that has one, or else the default.
 *
 * @param sources the first takes precedence
 * @param nameOf what a setting is called in advice
 * @param problems what was wrong already
 * @throws ConfigError naming every problem
 */
export function resolveSettings(
  sources: readonly SettingSource[],
  nameOf: (key: SettingKey) => string,
  problems: readonly string[] = [],
): Config {
  const found: string[] = [...problems];
  const values: Partial<Record<SettingKey, unknown>> = {};
  for (const key of settingKeys) {
    const source = sources.find(({ read }) => read(key) !== undefined);
    if (!source && key === 'apiKeys') {
      values[key] = [];
      continue;
    }
    const raw = source ? source.read(key) : defaultOf(key);
    if (raw === undefined) {
      values[key] = undefined;
      continue;
    }
    const parsed = settingRow(key).schema.safeParse(raw);
    if (parsed.success) values[key] = parsed.data;
    else {
      const got = isSecret(key) ? '' : ` (got: ${show(raw)})`;
      const label = source?.labelOf(key) ?? 'the default';
      found.push(`${label}: ${parsed.error.issues[0]?.message ?? 'bad value'}${got}.`);
    }
  }
  const config = values as Config; // each row's schema made its value
  if (found.length === 0 && config.apiKeys.length === 0 && !isLoopback(config.host)) {
    found.push(
      `${nameOf('host')} is ${config.host}, which others can reach, and no key is set: set ${nameOf('apiKeys')}, or listen on 127.0.0.1.`,
    );
  }
  if (found.length > 0) throw new ConfigError(found);
  return config;
}

function show(value: unknown): string {
  if (value === null || ['number', 'boolean'].includes(typeof value)) return String(value);
  if (typeof value === 'string') return JSON.stringify(value);
  return Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`;
}

function defaultOf(key: SettingKey): unknown {
  if (key === 'dataDir') return defaultDataDir();
  if (key === 'cacheDir') return userFolder('XDG_CACHE_HOME', '.cache');
  return settingRow(key).default;
}

/** The data folder of a server that is told none. */
export const defaultDataDir = (): string => userFolder('XDG_DATA_HOME', '.local/share');

const userFolder = (variable: string, fallback: string): string => {
  const base = process.env[variable];
  return join(base && isAbsolute(base) ? base : join(homedir(), fallback), 'mooring');
};
