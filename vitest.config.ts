import { defineConfig } from 'vitest/config';

interface ProjectOptions {
  readonly include: string[];
  readonly exclude?: string[];
  /** The engine of suites that run on any: `chromium` (the one a server would choose), `chromium-full`, `firefox`. */
  readonly engine?: string;
  /**
   * How many files run at once: as many as there are processors, two where each has browsers, one where a test measures
   * the machine or fills it.
   */
  readonly load: 'light' | 'browser' | 'alone';
  readonly testTimeout: number;
}

const loads = {
  light: {},
  browser: { maxWorkers: 2, sequence: { groupOrder: 1 } },
  alone: { maxWorkers: 1, sequence: { groupOrder: 2 } },
} as const;

const project = (name: string, { include, exclude = [], engine = 'chromium', load, testTimeout }: ProjectOptions) => ({
  test: {
    name,
    include,
    exclude,
    pool: 'forks' as const,
    ...loads[load],
    testTimeout,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
    // What is waited for is to come, not to come soon: machines are slow at times.
    expect: { poll: { timeout: 10_000 } },
    env: { SUITE_ENGINE: engine },
  },
});
const browserProject = (name: string, include: string[], options: Partial<ProjectOptions> = {}) =>
  project(name, { include, load: 'browser', testTimeout: 90_000, ...options });

const inBrowser = (names: readonly string[]): string[] => names.map((name) => `test/browser/${name}.test.ts`);

/** Suites of what every engine does. */
const engineSuites = [
  ...inBrowser([
    'browser-actions',
    'identity',
    'one-document',
    'page-files',
    'page-surroundings',
    'page-traffic',
    'pause',
    'plain-request',
    'proxied-job',
    'request-options',
    'session-events',
    'view',
    'view-hands',
  ]),
  'test/hostile/adversarial-pages.test.ts',
  'test/hostile/moving-pages.test.ts',
];

/** Suites on the chosen Chromium that are left to `npm test -- --all`. */
const slowSuites = inBrowser([
  'attach-life',
  'attach-puppeteer',
  'attach-scope',
  'docs-page',
  'proxy-matrix',
  'takeover',
  'ui',
  'ui-live',
  'ui-many',
  'ui-storage',
  'view',
  'view-hands',
  'view-life',
  'view-page',
]);
const readme = 'test/program/readme.test.ts';

export default defineConfig({
  test: {
    projects: [
      project('unit', {
        include: ['test/unit/**/*.test.ts', 'test/layers.test.ts', 'test/contract/snapshot-store.test.ts'],
        load: 'light',
        testTimeout: 20_000,
      }),
      project('api', {
        include: ['test/api/**/*.test.ts', 'test/contract/fake-engine.test.ts'],
        load: 'light',
        testTimeout: 30_000,
      }),
      browserProject('chromium', ['test/browser/**/*.test.ts'], { exclude: slowSuites }),
      // As a user meets it: public clients, and the README.
      browserProject('clients', ['test/clients/**/*.test.ts', readme]),
      browserProject('contract', [
        'test/contract/chromium-engine.test.ts',
        'test/contract/snapshot-store-faults.test.ts',
        ...slowSuites,
      ]),
      browserProject('program', ['test/program/**/*.test.ts'], { exclude: [readme] }),
      browserProject('hostile', ['test/hostile/**/*.test.ts'], { load: 'alone' }),
      browserProject('soak', ['test/soak/**/*.test.ts'], { load: 'alone' }),
      browserProject('firefox', [...engineSuites, 'test/contract/firefox-engine.test.ts'], { engine: 'firefox' }),
      // Where the two builds of Chromium differ.
      browserProject('chromium-full', inBrowser(['attach-playwright', 'identity', 'one-document', 'plain-request']), {
        engine: 'chromium-full',
      }),
      browserProject('webkit', ['test/contract/webkit-engine.test.ts']),
    ],
  },
});
