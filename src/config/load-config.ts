import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { errorMessage } from '../errors.js';
import { resolveSettings, type SettingSource } from './resolve-settings.js';
import { type Config, fileName, flagName, type SettingKey, settingKeys, settingRow } from './settings.js';

/** Values of the command line, by the key of the setting. */
export type Flags = Readonly<Partial<Record<SettingKey, string>>>;

/** The variable that names the config file. */
export const configFileVariable = 'MOORING_CONFIG';
const defaultConfigFiles = ['mooring.config.yaml', 'mooring.config.json'];

/** Variables that scripts of this project read, which are no settings of the server. */
const foreignVariables = new Set([configFileVariable]);

/** The variable of a setting. */
export const variableOf = (key: SettingKey): string => settingRow(key).env[0];

/**
 * Reads every setting: the command line first, then the environment, then the config file (JSON or YAML;
 * `MOORING_CONFIG`, or `mooring.config.yaml` / `.json` in the working folder), then the default.
 *
 * @throws ConfigError naming every unknown or bad setting
 */
export function loadConfig(
  env: NodeJS.ProcessEnv = process.env,
  folder: string = process.cwd(),
  flags: Flags = {},
): Config {
  const problems: string[] = [];
  const file = readConfigFile(env, folder, problems);
  const known = new Set(settingKeys.flatMap((key) => settingRow(key).env));
  for (const name of Object.keys(env)) {
    if (name.startsWith('MOORING_') && !known.has(name) && !foreignVariables.has(name)) {
      problems.push(`${name} is not a setting; known are ${[...known].filter((n) => n !== 'PORT').join(', ')}.`);
    }
  }
  const fileNames = new Set(settingKeys.map(fileName));
  for (const name of Object.keys(file.values)) {
    if (!fileNames.has(name)) {
      problems.push(`\`${name}\` in ${file.path} is not a setting; known are ${[...fileNames].join(', ')}.`);
    }
  }
  const ofCommandLine: SettingSource = { read: (key) => flags[key], labelOf: (key) => `--${flagName(key)}` };
  const ofFile: SettingSource = {
    read: (key) => file.values[fileName(key)] ?? undefined,
    labelOf: (key) => `\`${fileName(key)}\` in ${file.path}`,
  };
  return resolveSettings([ofCommandLine, environmentSource(env), ofFile], variableOf, problems);
}

function environmentSource(env: NodeJS.ProcessEnv): SettingSource {
  const variable = (key: SettingKey): string | undefined =>
    settingRow(key).env.find((name) => env[name] !== undefined && env[name] !== '');
  return {
    read: (key) => {
      const name = variable(key);
      return name === undefined ? undefined : env[name];
    },
    labelOf: (key) => variable(key) ?? variableOf(key),
  };
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
