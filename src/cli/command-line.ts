import { parseArgs } from 'node:util';
import type { Flags } from '../config/load-config.js';
import { flagName, type SettingKey, settingKeys } from '../config/settings.js';
import { nearestName } from '../protocol/names/nearest-name.js';

export const commands = ['serve', 'browsers'] as const;
export const installable = ['chromium', 'firefox', 'webkit'] as const;
export type Installable = (typeof installable)[number];

interface Settings {
  /** Values of settings, as written. */
  readonly flags: Flags;
  /** The config file, if one is named. */
  readonly configFile: string | undefined;
}

/** What the command line asks for. */
export type CommandLine =
  | { readonly command: 'help' | 'version' }
  | ({ readonly command: 'serve' } & Settings)
  | ({
      readonly command: 'browsers';
      /** The browser to install; if omitted, they are listed. */
      readonly install: Installable | undefined;
      readonly isAgreed: boolean;
    } & Settings);

/** The command line is wrong; the message says where. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

const keyOfFlag = new Map(settingKeys.map((key) => [flagName(key), key]));
/** Settings that the command `browsers` has a use for. */
const browserSettings: readonly SettingKey[] = ['chromium', 'chromiumFlavour', 'firefox', 'cacheDir'];

const options = {
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
  yes: { type: 'boolean', short: 'y' },
  config: { type: 'string' },
  ...Object.fromEntries([...keyOfFlag.keys()].map((name) => [name, { type: 'string' as const }])),
} as const;

/** @throws UsageError */
export function parseCommandLine(args: readonly string[]): CommandLine {
  // Its own checks are off: they would speak in sentences that know no nearest name.
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true });
  const words: string[] = [];
  const flags: Partial<Record<SettingKey, string>> = {};
  const switches = new Set<string>();
  const given: string[] = [];
  let configFile: string | undefined;
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value);
    if (token.kind !== 'option') continue;
    const { name, rawName, value, inlineValue } = token;
    const kind = Object.hasOwn(options, name) ? options[name as keyof typeof options].type : undefined;
    if (kind === undefined) throw unknown('flag', rawName, Object.keys(options), (near) => `--${near}`);
    if (kind === 'boolean') {
      if (value !== undefined) throw new UsageError(`${rawName}: expected no value; got "${value}".`);
      switches.add(name);
      continue;
    }
    if (value === undefined || (value === '' && name === 'config'))
      throw new UsageError(`${rawName}: expected a value; got none.`);
    if (value.startsWith('-') && !inlineValue) {
      throw new UsageError(
        `${rawName}: expected a value; got ${value}. Write ${rawName}=${value} if that is the value.`,
      );
    }
    const key = keyOfFlag.get(name);
    if (key === undefined) configFile = value;
    else flags[key] = value;
    given.push(name);
  }
  if (switches.has('help')) return { command: 'help' };
  if (switches.has('version')) return { command: 'version' };
  const [command = 'serve', ...rest] = words;
  if (command === 'serve') {
    if (rest[0] !== undefined) throw new UsageError(`expected flags after \`serve\`; got "${rest[0]}".`);
    if (switches.has('yes')) throw new UsageError('--yes belongs to `mooring browsers install`.');
    return { command, flags, configFile };
  }
  if (command !== 'browsers') throw unknown('command', command, commands, (near) => near);
  const useless = given.find((name) => {
    const key = keyOfFlag.get(name);
    return key !== undefined && !browserSettings.includes(key);
  });
  if (useless !== undefined) throw new UsageError(`--${useless} belongs to \`mooring serve\`, not to \`browsers\`.`);
  return { command, install: browserToInstall(rest), isAgreed: switches.has('yes'), flags, configFile };
}

function browserToInstall([verb, name = 'chromium', ...rest]: readonly string[]): Installable | undefined {
  if (verb === undefined) return undefined;
  if (verb !== 'install') throw unknown('command', `browsers ${verb}`, ['browsers install'], (near) => near);
  const found = installable.find((candidate) => candidate === name);
  if (!found) throw unknown('browser', name, installable, (near) => near);
  if (rest[0] !== undefined) throw new UsageError(`expected one browser to install; got "${rest[0]}", too.`);
  return found;
}

function unknown(kind: string, got: string, known: readonly string[], write: (name: string) => string): UsageError {
  const near = nearestName(got.replace(/^-+/, ''), known);
  const advice = near === undefined ? 'See `mooring --help`.' : `Did you mean \`${write(near)}\`?`;
  return new UsageError(`${got} is not a ${kind}. ${advice}`);
}
