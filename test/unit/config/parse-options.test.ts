import { describe, expect, it } from 'vitest';
import { parseOptions } from '../../../src/config/parse-options.js';
import { fileName, settingKeys } from '../../../src/config/settings.js';

const problemOf = (options: unknown): string => {
  try {
    parseOptions(options as object);
  } catch (error) {
    return (error as Error).message;
  }
  return 'no problem';
};

describe('parseOptions', () => {
  it('values as in the config file – are read; what is left out or undefined has its default', () => {
    const options = { port: 0, idleTimeout: '15m', apiKeys: ['a', 'b'], bodyLimit: '1MB', requestLog: false };
    expect(parseOptions({ ...options, host: undefined })).toMatchObject({
      port: 0,
      idleTimeoutMs: 900_000,
      apiKeys: ['a', 'b'],
      bodyLimitBytes: 1024 * 1024,
      requestLog: false,
      host: '127.0.0.1',
      maxSessions: undefined,
    });
  });

  it('the environment – is not read', () => {
    process.env.MOORING_MAX_SESSIONS = '7';
    process.env.MOORING_TYPO = '1';
    try {
      expect(parseOptions({}).maxSessions).toBeUndefined();
    } finally {
      delete process.env.MOORING_MAX_SESSIONS;
      delete process.env.MOORING_TYPO;
    }
  });

  it('several problems – are all told, by the names of the options', () => {
    expect(problemOf({ prot: 1, idleTimeout: 5, maxSessions: 0 }).split('\n')).toEqual([
      expect.stringContaining('`prot` is not an option; known are port, host,'),
      '`idleTimeout`: expected a duration such as 200s, 15m or 500ms (got: 5).',
      '`maxSessions`: expected a whole number from 1 to 100000 (got: 0).',
    ]);
  });

  it('an address that others reach, without keys – is refused', () => {
    expect(problemOf({ host: '0.0.0.0' })).toContain('set `apiKeys`, or listen on 127.0.0.1.');
  });

  it.each([[''], [','], [[]], [['']]])('apiKeys %j – is no key, and lets nobody in by accident', (apiKeys) => {
    expect(problemOf({ apiKeys })).toContain('expected at least one key; leave it out to accept any');
  });

  it.each([
    [{ pageMemory: 2 }, 'expected at least 100MB'],
    [{ pageMemory: '99999999999999999999GB' }, 'expected a size such as 32MB'],
    [{ idleTimeout: '99999999999d' }, 'expected a duration'],
  ])('%j – is out of any reasonable range', (options, expected) => {
    expect(problemOf(options)).toContain(expected);
  });

  it('stateKey – one key, or two for rotation; of any other value nothing is shown', () => {
    const [one, two] = ['ab'.repeat(32), 'CD'.repeat(32)];
    expect(parseOptions({ stateKey: one }).stateKey).toEqual([one]);
    expect(parseOptions({ stateKey: `${one}, ${two}` }).stateKey).toEqual([one, two]);
    for (const stateKey of ['', one.slice(1), `${one}x`, [one, two, one], 'hush'.repeat(16)])
      expect(problemOf({ stateKey })).toMatch(
        /^`stateKey`: expected one or two keys of 64 hex digits, comma-separated\.$/m,
      );
  });

  it('a map, or options that are inherited – are no plain object, and would be overlooked', () => {
    const others = [new Map([['port', 1]]), Object.create({ port: 1 }), new Date()];
    for (const options of others) expect(problemOf(options)).toContain('expected a plain object of options');
    expect(parseOptions(Object.assign(Object.create(null), { port: 5 })).port).toBe(5);
  });

  it.each([null, [], 'port'])('%j – is no object of options', (options) => {
    expect(problemOf(options)).toContain('expected a plain object of options; got');
  });

  it.each(settingKeys.map(fileName))('%s – a value of the wrong type is told in our words, and keys never', (name) => {
    const problem = problemOf({ [name]: { secret: 'hush' } });
    expect(problem).toMatch(new RegExp(`^\`${name}\`: expected `));
    expect(problem).not.toMatch(/Invalid|hush/);
  });
});
