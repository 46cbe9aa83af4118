import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { findWebKit, listWebKits } from '../../src/engine/executables/webkit.js';
import { webkitProfile } from '../../src/engine/playwright/browsers/webkit.js';
import { PlaywrightEngine } from '../../src/engine/playwright/playwright-engine.js';
import { browserProcesses } from '../support/processes.js';
import { describeEngine } from './engine-contract.js';

it("findWebKit – finds the newest build in Playwright's folder, or none", async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mooring-webkit-'));
  try {
    const env = { PLAYWRIGHT_BROWSERS_PATH: folder };
    expect(await findWebKit(env)).toBeUndefined();
    for (const [build, mode] of [
      ['webkit-2000', 0o755],
      ['webkit-2100', 0o755],
      ['webkit-2200', 0o644],
    ] as const) {
      mkdirSync(join(folder, build));
      writeFileSync(join(folder, build, 'pw_run.sh'), '#!/bin/sh\n', { mode });
    }
    const found = await listWebKits(env);
    expect(found.map(({ executablePath }) => executablePath)).toEqual([
      join(folder, 'webkit-2100', 'pw_run.sh'),
      join(folder, 'webkit-2000', 'pw_run.sh'),
    ]);
    expect(Number.parseInt(found[0]?.version ?? '', 10)).toBeGreaterThan(17);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

const binary = await findWebKit(process.env);

// Playwright's build is no package of any system: where it is not installed its contract is not asked, and none is missing.
if (!binary)
  console.info('The contract of WebKit is not asked: it is not installed here (npm run browsers -- install webkit).');
else
  describeEngine('WebKit', {
    runsScripts: true,
    lacks: [
      'open sockets',
      'referer',
      'crash event',
      'header refusal',
      'script termination',
      'worker bypass',
      'pause',
      'script errors',
      'partitioned cookies',
    ],
    create: async () => ({
      engine: new PlaywrightEngine({
        profile: webkitProfile({ binary, env: process.env }),
        contextsPerBrowser: 50,
        observer: { launched() {}, crashed() {}, hung() {}, launchFailed() {} },
      }),
      crashPage: async (page) => page.close(),
      crashBrowser: async () => {
        for (const id of browserProcesses()) process.kill(id, 'SIGKILL');
      },
    }),
  });
