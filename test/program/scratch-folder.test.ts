import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { BrowserProfile } from '../../src/engine/playwright/browsers/browser-profile.js';
import { chromiumProfile } from '../../src/engine/playwright/browsers/chromium.js';
import { firefoxProfile } from '../../src/engine/playwright/browsers/firefox.js';
import { PlaywrightEngine } from '../../src/engine/playwright/playwright-engine.js';
import { chosenChromium } from '../support/chromium.js';
import { chosenFirefox } from '../support/firefox.js';
import { Origin } from '../support/origin.js';
import { browserProcesses } from '../support/processes.js';

const never = new AbortController().signal;
const observer = { launched() {}, crashed() {}, hung() {}, launchFailed() {} };
const env = process.env;
const sandbox = process.getuid?.() !== 0;
const firefox = await chosenFirefox();

const profiles: Record<string, (scratchDir: string) => Promise<BrowserProfile>> = {
  Chromium: async (scratchDir) => chromiumProfile({ binary: await chosenChromium(), env, scratchDir, sandbox }),
  ...(firefox ? { Firefox: async (scratchDir) => firefoxProfile({ binary: firefox, env, scratchDir }) } : {}),
};

describe.each(Object.entries(profiles))('scratch folder of %s', (_name, profileOf) => {
  const origin = new Origin();
  let scratchDir = '';
  let systemDir = '';
  let engine: PlaywrightEngine;

  beforeAll(() => origin.start());
  afterAll(() => origin.close());
  beforeEach(async () => {
    scratchDir = mkdtempSync(join(tmpdir(), 'mooring-scratch-'));
    // As the driver would have it.
    systemDir = mkdtempSync(join(tmpdir(), 'mooring-system-'));
    vi.stubEnv('TMPDIR', systemDir);
    engine = new PlaywrightEngine({ profile: await profileOf(scratchDir), contextsPerBrowser: 5, observer });
  });
  afterEach(async () => {
    await engine.close();
    vi.unstubAllEnvs();
    for (const folder of [scratchDir, systemDir]) rmSync(folder, { recursive: true, force: true });
  });

  it('while a browser runs – holds its profile and downloads, and the system’s folder nothing', async () => {
    await engine.start();
    const context = await engine.newContext({}, never);
    const page = await context.newPage(never);
    const file = { url: `${origin.url}/file`, method: 'GET', headers: {}, loadTimeoutMs: 9000 } as const;
    expect((await page.navigate({ ...file, maxBodyBytes: 1_000_000 }, never)).kind).toBe('download');
    const [folder = ''] = readdirSync(scratchDir).filter((name) => /^(chromium|firefox)-/.test(name));
    expect(readdirSync(join(scratchDir, folder))).toContain('profile');
    expect(readFileSync(`/proc/${browserProcesses()[0]}/environ`, 'utf8')).toContain(`TMPDIR=${scratchDir}\0`);
    expect(readdirSync(systemDir)).toEqual([]);
    await context.close();
  });

  it.each(['is closed', 'is killed'])('when its browser %s – its folder is removed', async (end) => {
    await engine.start();
    const context = await engine.newContext({}, never);
    if (end === 'is killed') for (const id of browserProcesses()) process.kill(id, 'SIGKILL');
    await engine.close();
    await context.close();
    await expect.poll(() => readdirSync(scratchDir).filter((name) => /^(chromium|firefox)-/.test(name))).toEqual([]);
  });
});
