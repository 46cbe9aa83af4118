import { describe, expect, it } from 'vitest';
import { parseCommandLine, UsageError } from '../../../src/cli/command-line.js';
import { helpText } from '../../../src/cli/help.js';
import { flagName, settingKeys } from '../../../src/config/settings.js';

const problemOf = (...args: string[]): string => {
  try {
    parseCommandLine(args);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  return 'no problem';
};

describe('parseCommandLine', () => {
  it('no command – is serve', () => {
    expect(parseCommandLine([])).toEqual({ command: 'serve', flags: {}, configFile: undefined });
  });

  it('flags – in both spellings, before or after the command, the last one counts', () => {
    const expected = {
      command: 'serve',
      flags: { port: '8422', logLevel: 'debug', idleTimeoutMs: '5m' },
      configFile: 'a.yaml',
    };
    const flags = ['--port', '1', '--port=8422', '--log-level', 'debug', '--idle-timeout=5m', '--config', 'a.yaml'];
    expect(parseCommandLine([...flags, 'serve'])).toEqual(expected);
    expect(parseCommandLine(['serve', ...flags])).toEqual(expected);
  });

  it.each(settingKeys)('%s – has a flag', (key) => {
    expect(parseCommandLine([`--${flagName(key)}`, 'x'])).toMatchObject({ flags: { [key]: 'x' } });
  });

  it('--help and --version – go before all else', () => {
    for (const flag of ['--help', '-h']) expect(parseCommandLine(['serve', flag])).toEqual({ command: 'help' });
    for (const flag of ['--version', '-v'])
      expect(parseCommandLine(['browsers', flag])).toEqual({ command: 'version' });
  });

  it('browsers – lists, or installs one, chromium if none is named', () => {
    expect(parseCommandLine(['browsers'])).toMatchObject({ command: 'browsers', install: undefined, isAgreed: false });
    expect(parseCommandLine(['browsers', 'install'])).toMatchObject({ install: 'chromium' });
    expect(parseCommandLine(['browsers', 'install', '--yes', 'webkit', '--firefox', '/f'])).toMatchObject({
      install: 'webkit',
      isAgreed: true,
      flags: { firefox: '/f' },
    });
  });

  it.each([
    [['--prot', '8422'], '--prot is not a flag. Did you mean `--port`?'],
    [['--idletimeout=5m'], '--idletimeout is not a flag. Did you mean `--idle-timeout`?'],
    [['--something-else'], '--something-else is not a flag. See `mooring --help`.'],
    [['-x'], '-x is not a flag. See `mooring --help`.'],
    [['--port'], '--port: expected a value; got none.'],
    [['--host', '--port', '1'], '--host: expected a value; got --port. Write --host=--port if that is the value.'],
    [['--yes=no'], '--yes: expected no value; got "no".'],
    [['sevre'], 'sevre is not a command. Did you mean `serve`?'],
    [['constructor'], 'constructor is not a command. See `mooring --help`.'],
    [['--constructor'], '--constructor is not a flag. See `mooring --help`.'],
    [['serve', '8422'], 'expected flags after `serve`; got "8422".'],
    [['serve', '--yes'], '--yes belongs to `mooring browsers install`.'],
    [['browsers', 'instal'], 'browsers instal is not a command. Did you mean `browsers install`?'],
    [['browsers', 'install', 'fierfox'], 'fierfox is not a browser. Did you mean `firefox`?'],
    [['browsers', 'install', 'firefox', 'webkit'], 'expected one browser to install; got "webkit", too.'],
    [['browsers', '--port', '1'], '--port belongs to `mooring serve`, not to `browsers`.'],
  ])('%j – is refused in one sentence', (args, sentence) => {
    expect(problemOf(...args)).toBe(sentence);
  });
});

it('helpText – names every flag, in lines of at most 120 columns', () => {
  const lines = helpText('1.2.3').split('\n');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(120);
  for (const key of settingKeys)
    expect(lines.filter((line) => line.startsWith(`  --${flagName(key)} <`))).toHaveLength(1);
});
