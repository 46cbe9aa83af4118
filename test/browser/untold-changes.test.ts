import { afterAll, beforeAll, expect, it } from 'vitest';
import type { EngineContext } from '../../src/engine/engine.js';
import { chromiumProfile } from '../../src/engine/playwright/browsers/chromium.js';
import { cdpStorageChanges } from '../../src/engine/playwright/channel/storage-changes.js';
import { PlaywrightEngine } from '../../src/engine/playwright/playwright-engine.js';
import { chosenChromium } from '../support/chromium.js';
import { ManySites } from '../support/many-sites.js';

const never = new AbortController().signal;
const origin = 'http://a.test';
const sites = new ManySites();
let engine: PlaywrightEngine;

beforeAll(async () => {
  await sites.start();
  const profile = chromiumProfile({
    binary: await chosenChromium(),
    env: process.env,
    sandbox: process.getuid?.() !== 0,
  });
  // A browser on a busy machine: what it tells of databases comes after it was asked for.
  const changes = { ...cdpStorageChanges, onDatabases() {} };
  engine = new PlaywrightEngine({
    profile: { ...profile, storage: { ...profile.storage, changes } },
    contextsPerBrowser: 50,
    observer: { launched() {}, crashed() {}, hung() {}, launchFailed() {} },
  });
  await engine.start();
});
afterAll(async () => {
  await engine.close();
  await sites.close();
});

it('a database that has just changed, which the browser has not told yet – is captured as it is', async () => {
  const context: EngineContext = await engine.newContext({ proxyServer: sites.proxyServer }, never);
  const page = await context.newPage(never);
  await page.navigate(
    { url: `${origin}/`, method: 'GET', headers: {}, loadTimeoutMs: 10_000, maxBodyBytes: 1_000_000 },
    never,
  );
  const put = (value: string): Promise<unknown> =>
    page.actor().evaluate(
      `new Promise((resolve, reject) => {
        const opening = indexedDB.open('db', 1);
        opening.onupgradeneeded = () => opening.result.createObjectStore('values');
        opening.onsuccess = () => {
          const transaction = opening.result.transaction('values', 'readwrite');
          transaction.objectStore('values').put('${value}', 'key');
          transaction.oncomplete = () => resolve(opening.result.close());
          transaction.onabort = () => reject(transaction.error);
        };
      })`,
      { timeoutMs: 10_000, signal: never },
    );
  const captured = async (): Promise<unknown> => {
    const { state, unread } = await context.captureState({ indexedDb: true, maxBytes: 1_000_000 }, never);
    expect(unread).toEqual([]);
    return state.origins[0]?.indexedDB?.[0]?.stores[0]?.records;
  };
  expect(await captured()).toBeUndefined();
  for (const value of ['one', 'two', 'three']) {
    await put(value);
    expect(await captured()).toMatchObject([{ key: 'key', value }]);
  }
});
