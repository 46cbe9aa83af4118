import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { errorMessage } from '../errors.js';
import { isLoopback } from '../util/loopback.js';
import { type Config, fileName, type Setting, settings } from './settings.js';

/** A setting that stops the start; the message has one sentence for each. */
export class ConfigError extends Error {
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'ConfigError';
  }
}

/** The variable that names the config file. */
export const configFileVariable = 'MOORING_CONFIG';
const defaultConfigFiles = ['mooring.config.yaml', 'mooring.config.json'];

/** Variables that scripts of this project read, which are no settings of the server. */
const foreignVariables = new Set([configFileVariable]);

/**
 * Reads every setting: the environment first, then the config file (JSON or YAML; `MOORING_CONFIG`, or
 * `mooring.config.yaml` / `.json` in the working folder), then the default.
 *
 * @throws ConfigError naming every unknown or bad setting
 */
export function loadConfig(env: NodeJS.ProcessEnv = process.env, folder: string = process.cwd()): Config {
  const problems: string[] = [];
  const file = readConfigFile(env, folder, problems);
  const rows = Object.entries(settings) as [string, Setting<unknown>][];

  const known = new Set(rows.flatMap(([, row]) => row.env));
  for (const name of Object.keys(env)) {
    if (name.startsWith('MOORING_') && !known.has(name) && !foreignVariables.has(name)) {
      problems.push(`${name} is not a setting; known are ${[...known].filter((n) => n !== 'PORT').join(', ')}.`);
    }
  }
  const fileNames = new Set(rows.map(([name]) => fileName(name)));
  for (const name of Object.keys(file.values)) {
    if (!fileNames.has(name)) {
      problems.push(`\`${name}\` in ${file.path} is not a setting; known are ${[...fileNames].join(', ')}.`);
    }
  }

  const values: Record<string, unknown> = {};
  for (const [name, row] of rows) {
    const variable = row.env.find((candidate) => env[candidate] !== undefined && env[candidate] !== '');
    const fromFile = file.values[fileName(name)] ?? undefined;
    const [source, raw] =
      variable !== undefined
        ? [variable, env[variable]]
        : fromFile !== undefined
          ? [`\`${fileName(name)}\` in ${file.path}`, fromFile]
          : ['the default', defaultOf(name, row)];
    if (raw === undefined && name !== 'apiKeys') {
      values[name] = undefined;
      continue;
    }
    const parsed = row.schema.safeParse(raw ?? []);
    if (parsed.success) values[name] = parsed.data;
    else {
      const came = name === 'apiKeys' || name === 'metricsKey' ? '' : ` (got: ${JSON.stringify(raw)})`;
      problems.push(`${source}: ${parsed.error.issues[0]?.message ?? 'bad value'}${came}.`);
    }
  }

  const config = values as Config; // each row's schema made its value
  if (problems.length === 0 && config.apiKeys.length === 0 && !isLoopback(config.host)) {
    problems.push(
      `MOORING_HOST is ${config.host}, which others can reach, and no key is set: set MOORING_API_KEYS, or listen on 127.0.0.1.`,
    );
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

const userFolder = (variable: string, fallback: string): string => {
  const base = process.env[variable];
  return join(base && isAbsolute(base) ? base : join(homedir(), fallback), 'mooring');
};

function defaultOf(name: string, row: Setting<unknown>): string | undefined {
  if (name === 'dataDir') return userFolder('XDG_DATA_HOME', '.local/share');
  if (name === 'cacheDir') return userFolder('XDG_CACHE_HOME', '.cache');
  return row.default;
}

interface ConfigFile {
  readonly path: string;
  readonly values: Record<string, unknown>;
}

function readConfigFile(env: NodeJS.ProcessEnv, folder: string, problems: string[]): ConfigFile {
  const named = env[configFileVariable];
  const path = named
    ? resolve(folder, named)
    : defaultConfigFiles.map((name) => join(folder, name)).find((candidate) => existsSync(candidate));
  if (!path) return { path: '', values: {} };
  try {
    const content: unknown = parseYaml(readFileSync(path, 'utf8')) ?? {};
    if (typeof content !== 'object' || Array.isArray(content)) throw new Error('expected an object of settings');
    return { path, values: content as Record<string, unknown> }; // an object, as checked the line above
  } catch (error) {
    problems.push(`The config file ${path} cannot be read: ${errorMessage(error)}.`);
    return { path, values: {} };
  }
}
