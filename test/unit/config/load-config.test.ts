import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/config/config-error.js';
import { loadConfig } from '../../../src/config/load-config.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mooring-config-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const problemOf = (env: NodeJS.ProcessEnv): string => {
  try {
    loadConfig(env, folder);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'no problem';
};

describe('loadConfig', () => {
  it('nothing set – the defaults, in milliseconds and bytes', () => {
    expect(loadConfig({}, folder)).toMatchObject({
      port: 8191,
      host: '127.0.0.1',
      apiKeys: [],
      idleTimeoutMs: 200_000,
      maxLifetimeMs: undefined,
      maxSessions: undefined,
      maxSessionsPerKey: undefined,
      queueTimeoutMs: 30_000,
      laneLimit: 32,
      requestTimeoutMs: 60_000,
      bodyLimitBytes: 32 * 1024 * 1024,
      logLevel: 'info',
    });
  });

  it('environment – goes before the file, which goes before the default', () => {
    writeFileSync(join(folder, 'mooring.config.yaml'), 'idleTimeout: 15m\nmaxSessions: 7\napiKeys: [a, b]\n');
    const config = loadConfig({ MOORING_MAX_SESSIONS: '9' }, folder);
    expect(config).toMatchObject({ idleTimeoutMs: 900_000, maxSessions: 9, apiKeys: ['a', 'b'], laneLimit: 32 });
  });

  it('flags – go before the environment, and are named in what is wrong with them', () => {
    const env = { MOORING_MAX_SESSIONS: '9', MOORING_LANE_LIMIT: '8' };
    expect(loadConfig(env, folder, { maxSessions: '5' })).toMatchObject({ maxSessions: 5, laneLimit: 8 });
    expect(() => loadConfig(env, folder, { idleTimeoutMs: '200' })).toThrow(
      '--idle-timeout: expected a duration such as 200s, 15m or 500ms (got: "200").',
    );
  });

  it('MOORING_CONFIG – names a JSON file', () => {
    writeFileSync(join(folder, 'other.json'), '{"port": 9000}');
    expect(loadConfig({ MOORING_CONFIG: 'other.json' }, folder).port).toBe(9000);
    expect(problemOf({ MOORING_CONFIG: 'absent.json' })).toContain('cannot be read');
  });

  it('PORT – counts where MOORING_PORT is not set', () => {
    expect(loadConfig({ PORT: '1' }, folder).port).toBe(1);
    expect(loadConfig({ PORT: '1', MOORING_PORT: '2' }, folder).port).toBe(2);
  });

  it.each([
    [
      { MOORING_IDLE_TIMEOUT: '200' },
      'MOORING_IDLE_TIMEOUT: expected a duration such as 200s, 15m or 500ms (got: "200").',
    ],
    [{ MOORING_IDLE_TIMEOUT: '0s' }, 'MOORING_IDLE_TIMEOUT: expected more than 0'],
    [{ MOORING_MAX_SESSIONS: 'many' }, 'MOORING_MAX_SESSIONS: expected auto or a whole number'],
    [{ MOORING_MAX_SESSIONS: '0' }, 'MOORING_MAX_SESSIONS: expected a whole number from 1 to 100000'],
    [{ MOORING_PORT: '70000' }, 'MOORING_PORT: expected a whole number from 0 to 65535'],
    [{ MOORING_QUEUE_TIMEOUT: '2d' }, 'at most 1d'],
    [{ MOORING_LOG_LEVEL: 'loud' }, 'expected one of trace, debug'],
    [{ MOORING_BODY_LIMIT: 'big' }, 'expected a size such as 32MB'],
    [{ MOORING_MAX_SESION: '1' }, 'MOORING_MAX_SESION is not a setting; known are MOORING_PORT'],
    [{ MOORING_HOST: '0.0.0.0' }, 'no key is set: set MOORING_API_KEYS'],
  ])('%j – stops the start with a sentence', (env, sentence) => {
    expect(problemOf(env)).toContain(sentence);
  });

  it('several problems – all are told; keys never', () => {
    writeFileSync(join(folder, 'mooring.config.json'), '{"nope": 1, "apiKeys": 5}');
    const problem = problemOf({ MOORING_PORT: 'x', MOORING_API_KEYS: '' });
    expect(problem.split('\n')).toHaveLength(3);
    expect(problem).toContain('`nope` in');
  });

  it('another address with keys – is fine', () => {
    expect(loadConfig({ MOORING_HOST: '0.0.0.0', MOORING_API_KEYS: 'k' }, folder).apiKeys).toEqual(['k']);
  });
});
