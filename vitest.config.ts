import { defineConfig } from 'vitest/config';

/** A suite of its own command line name; real browsers share two cores, so their files run one after another. */
const project = (name: string, include: string[], parallel: boolean, testTimeout: number) => ({
  test: {
    name,
    include,
    pool: 'forks' as const,
    fileParallelism: parallel,
    testTimeout,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
  },
});

export default defineConfig({
  test: {
    projects: [
      project('unit', ['test/unit/**/*.test.ts', 'test/layers.test.ts'], true, 10_000),
      project('api', ['test/api/**/*.test.ts', 'test/contract/fake-*.test.ts'], true, 20_000),
      project(
        'browser',
        ['test/browser/**/*.test.ts', 'test/contract/chromium-*.test.ts', 'test/clients/**/*.test.ts'],
        false,
        60_000,
      ),
    ],
  },
});
