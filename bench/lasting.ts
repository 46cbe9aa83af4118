import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';
import { App } from '../src/app.js';
import { loadConfig } from '../src/config/load-config.js';
import type { BrowserEngine } from '../src/engine/engine.js';
import type { ChromiumBinary } from '../src/engine/executables/chromium.js';
import { chromiumProfile } from '../src/engine/playwright/browsers/chromium.js';
import { PlaywrightEngine } from '../src/engine/playwright/playwright-engine.js';
import { createLogger } from '../src/logger.js';
import { FileSnapshotStore } from '../src/snapshots/file-snapshot-store.js';
import { FakeEngine } from '../test/support/fake-engine.js';
import { usedBytes } from './memory.js';

type Reply = Record<string, unknown>;

/** A server that keeps its sessions, in a folder of its own. */
class LastingApp {
  readonly #app: App;
  readonly #address: string;
  readonly #folder: string;

  private constructor(app: App, address: string, folder: string) {
    this.#app = app;
    this.#address = address;
    this.#folder = folder;
  }

  static async start(engine: BrowserEngine): Promise<LastingApp> {
    const folder = mkdtempSync(join(tmpdir(), 'mooring-bench-'));
    const limitBytes = 1024 ** 3;
    const snapshots = await FileSnapshotStore.open({
      folder,
      keys: ['5e'.repeat(32)],
      sync: false,
      limitBytes,
      limitPerOwnerBytes: limitBytes,
    });
    const settings = { MOORING_PORT: '0', MOORING_MAX_SESSIONS: '2000', MOORING_LOG_LEVEL: 'silent' };
    const app = new App({
      config: loadConfig(settings, tmpdir()),
      logger: createLogger('silent'),
      version: 'bench',
      store: { snapshots, isSealed: true },
      engines: () => [engine],
    });
    return new LastingApp(app, await app.start(), folder);
  }

  async send(body: Reply): Promise<Reply> {
    const response = await request(`${this.#address}/api/v1`, { method: 'POST', body: JSON.stringify(body) });
    const reply = (await response.body.json()) as Reply;
    if (reply.data !== 'success') throw new Error(String(reply.error));
    return reply;
  }

  async untilAsleep(count: number): Promise<void> {
    for (;;) {
      const { sessions } = (await this.send({ cmd: 'sessions.list' })) as { sessions: readonly { state: string }[] };
      if (sessions.filter(({ state }) => state === 'asleep').length === count) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async close(): Promise<void> {
    await this.#app.close();
    rmSync(this.#folder, { recursive: true });
  }
}

/** A usual state: 20 cookies, and 20 KB of storage. */
const usualState = (url: string) => ({
  cookies: Array.from({ length: 20 }, (_, i) => ({
    name: `cookie-${i}`,
    value: `value-${i}`.repeat(8),
    domain: new URL(url).hostname,
    path: '/',
  })),
  origins: [
    {
      origin: new URL(url).origin,
      localStorage: Array.from({ length: 20 }, (_, i) => ({ name: `item-${i}`, value: 'some text '.repeat(100) })),
    },
  ],
});

/** Sessions of a real browser that sleep. */
export class SleepingSessions {
  readonly #app: LastingApp;
  readonly #url: string;
  #next = 0;

  private constructor(app: LastingApp, url: string) {
    this.#app = app;
    this.#url = url;
  }

  /** @param url the site whose cookies and storage they have, and whose page they show */
  static async start(binary: ChromiumBinary, url: string, count: number): Promise<SleepingSessions> {
    const profile = chromiumProfile({ binary, env: { ...process.env }, sandbox: process.getuid?.() !== 0 });
    const observer = { launched() {}, crashed() {}, hung() {}, launchFailed() {} };
    const app = await LastingApp.start(new PlaywrightEngine({ profile, contextsPerBrowser: 2000, observer }));
    for (let i = 0; i < count; i++) {
      const session = `sleeping-${i}`;
      await app.send({ cmd: 'sessions.create', session, persist: true, session_ttl: 1, state: usualState(url) });
      await app.send({ cmd: 'request.get', session, url });
    }
    await app.untilAsleep(count);
    return new SleepingSessions(app, url);
  }

  /** Asks the next one for a page; it stays awake after that. */
  async wakeNext(): Promise<void> {
    const session = `sleeping-${this.#next++}`;
    const reply = await this.#app.send({ cmd: 'request.get', session, url: this.#url, session_ttl: 3000 });
    if (reply.restored !== true) throw new Error(`expected a session that sleeps; ${session} was awake`);
  }

  close(): Promise<void> {
    return this.#app.close();
  }
}

/** What one session costs this process while it sleeps, in bytes of heap and of buffers outside it. */
export async function sleepingSessionBytes(count: number, kind: 'stored' | 'unstored'): Promise<number> {
  const engine = new FakeEngine();
  const app = await LastingApp.start(engine);
  const create = async (from: number, to: number): Promise<void> => {
    const isStored = kind === 'stored';
    const options = { persist: isStored, ...(isStored ? { session_ttl: 1 } : {}) };
    const state = usualState('https://example.com');
    for (let i = from; i < to; i++) await app.send({ cmd: 'sessions.create', session: `s-${i}`, ...options, state });
    // One that is not to last sleeps when its browser is lost.
    if (!isStored) for (const context of [...engine.contexts]) context.crash();
    await app.untilAsleep(to);
  };
  await create(0, 50);
  const before = await usedBytes();
  await create(50, 50 + count);
  const bytes = (await usedBytes()) - before;
  await app.close();
  return bytes / count;
}
