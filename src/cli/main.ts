import { ConfigError } from '../config/config-error.js';
import { configFileVariable, loadConfig, variableOf } from '../config/load-config.js';
import { fileName, flagName, settingKeys } from '../config/settings.js';
import { errorMessage } from '../errors.js';
import { StartError } from '../start-error.js';
import { packageVersion } from '../version.js';
import { type CommandLine, parseCommandLine, UsageError } from './command-line.js';

try {
  await run(parseCommandLine(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`mooring: ${error.message}`);
  process.exit(2);
}

async function run(commandLine: CommandLine): Promise<void> {
  switch (commandLine.command) {
    case 'version':
      return console.log(packageVersion());
    case 'help': {
      const { helpText } = await import('./help.js');
      return void process.stdout.write(helpText(packageVersion()));
    }
    case 'serve': {
      const { serve } = await import('./serve.js');
      return orSayWhy(commandLine, () => serve(configOf(commandLine)));
    }
    case 'browsers': {
      const { browsers } = await import('./browsers.js');
      return orSayWhy(commandLine, async () => {
        const { install, isAgreed } = commandLine;
        process.exitCode = await browsers({ config: configOf(commandLine), env: process.env, install, isAgreed });
      });
    }
  }
}

type WithSettings = Extract<CommandLine, { readonly flags: unknown }>;

function configOf({ flags, configFile }: WithSettings): ReturnType<typeof loadConfig> {
  const env = configFile === undefined ? process.env : { ...process.env, [configFileVariable]: configFile };
  return loadConfig(env, process.cwd(), flags);
}

/** What a person can mend is told in one sentence, under the name by which it was set. */
async function orSayWhy({ flags }: WithSettings, start: () => Promise<void>): Promise<void> {
  try {
    await start();
  } catch (error) {
    if (error instanceof ConfigError) console.error(`Mooring cannot start:\n${errorMessage(error)}`);
    else if (error instanceof StartError) {
      const key = settingKeys.find((candidate) => fileName(candidate) === error.setting);
      const name = key && (flags[key] === undefined ? variableOf(key) : `--${flagName(key)}`);
      console.error(`Mooring cannot start:\n${name === undefined ? '' : `${name}: `}${error.detail}`);
    } else console.error(error);
    process.exit(1);
  }
}
