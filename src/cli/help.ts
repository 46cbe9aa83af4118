import { configFileVariable, variableOf } from '../config/load-config.js';
import { flagName, type SettingKey, settingGroups, settingKeys, settingRow } from '../config/settings.js';

const column = 38;
const width = 110;

/** What `mooring --help` prints. */
export function helpText(version: string): string {
  const groups = settingGroups.map((group) => {
    const keys = settingKeys.filter((key) => settingRow(key).group === group);
    return `${group}\n${keys.map((key) => line(`--${flagName(key)} <${valueWord(key)}>`, sentence(key))).join('')}`;
  });
  return `Mooring ${version}: browser sessions over HTTP, on your own browsers

Usage
${line('mooring [serve] [flags]', 'serves until SIGTERM or Ctrl-C')}\
${line('mooring browsers', 'lists the browsers that it can run')}\
${line('mooring browsers install [name]', 'installs chromium (if omitted), firefox or webkit; asks first, unless --yes')}
${line('--config <file>', `the config file. Default: ${configFileVariable}, or mooring.config.yaml / .json here`)}\
${line('-h, --help', 'this text')}\
${line('-v, --version', 'the version')}
${groups.join('\n')}
A flag takes precedence over its environment variable (--log-level: ${variableOf('logLevel')}), that over the config file
(logLevel). Keys on a command line show in the list of processes: prefer ${variableOf('apiKeys')}.
Exit code: 0 ended as asked; 1 could not start, or not do what was asked; 2 the command line is wrong.
`;
}

/** What the setting is for, up to its first full stop, with its default. */
function sentence(key: SettingKey): string {
  const row = settingRow(key);
  const [first = ''] = row.sentence.replaceAll('`', '').split(/[.:;] |\.$| \(|, which/);
  return row.default === undefined ? first : `${first} (${row.default})`;
}

/** `port`, `on|off`, `count|auto`. */
function valueWord(key: SettingKey): string {
  if (key === 'logLevel') return 'level';
  const [shape = ''] = settingRow(key).shape.replaceAll('`', '').split(';');
  return shape
    .replace(/, (comma-separated|JSON or YAML|PEM)/g, '')
    .split(/,? (?:or )?/)
    .join('|');
}

function line(left: string, right: string): string {
  const lines: string[] = [];
  for (const word of right.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width - column) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  const [first = '', ...rest] = lines;
  const head = `  ${left}`;
  const start = head.length < column ? head.padEnd(column) + first : `${head}\n${' '.repeat(column)}${first}`;
  return [start, ...rest.map((text) => ' '.repeat(column) + text)].map((text) => `${text}\n`).join('');
}
