import { defineConfig } from 'vitest/config';

/** A suite of its own command line name; real browsers share two cores, so their files run one after another. */
const project = (
  name: string,
  include: string[],
  parallel: boolean,
  testTimeout: number,
  env: Record<string, string> = {},
) => ({
  test: {
    name,
    include,
    pool: 'forks' as const,
    fileParallelism: parallel,
    testTimeout,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
    // What is waited for is to come, not to come soon: machines are slow at times.
    expect: { poll: { timeout: 10_000 } },
    env,
  },
});

const requestSuites = ['browser-actions', 'request-options', 'plain-request'].map(
  (name) => `test/browser/${name}.test.ts`,
);

export default defineConfig({
  test: {
    projects: [
      project('unit', ['test/unit/**/*.test.ts', 'test/layers.test.ts'], true, 10_000),
      project('api', ['test/api/**/*.test.ts', 'test/contract/fake-*.test.ts'], true, 20_000),
      project(
        'browser',
        [
          'test/browser/**/*.test.ts',
          'test/hostile/**/*.test.ts',
          'test/contract/{chromium,firefox,webkit}-*.test.ts',
          'test/clients/**/*.test.ts',
        ],
        false,
        60_000,
      ),
      // The request suites again, on the other engines. Actions are the same code on both builds of Chromium.
      project('full', process.env.ALL_ENGINES === 'on' ? requestSuites : requestSuites.slice(1), false, 60_000, {
        SUITE_ENGINE: 'full',
      }),
      project('firefox', requestSuites, false, 60_000, { SUITE_ENGINE: 'firefox' }),
    ],
  },
});
