import { it } from 'vitest';
import { findWebKit } from '../../src/engine/playwright/find-webkit.js';
import { createWebKitEngine } from '../../src/engine/playwright/webkit.js';
import { describeEngine } from './engine-contract.js';

const binary = await findWebKit(process.env);

// Playwright's build is no Debian package: where it is not installed there is nothing to ask, and that is no failure.
if (!binary)
  it('WebKit is not installed here (`npm run browsers -- install webkit`): its contract is not asked', () => {});
else
  describeEngine('WebKit', {
    runsScripts: true,
    lacks: ['referer', 'crash event', 'header refusal', 'script termination', 'worker bypass'],
    create: async () => ({
      engine: createWebKitEngine({
        binary,
        env: process.env,
        contextsPerBrowser: 50,
        observer: { launched() {}, crashed() {}, launchFailed() {} },
      }),
      crashPage: async (page) => page.close(),
      crashBrowser: async () => {
        throw new Error('how this is done is to be found out where there is a WebKit');
      },
    }),
  });
