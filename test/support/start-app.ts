import { tmpdir } from 'node:os';
import { App, type AppOptions } from '../../src/app.js';
import { loadConfig } from '../../src/config/load-config.js';
import type { BrowserEngine } from '../../src/engine/engine.js';
import { createLogger } from '../../src/logger.js';
import type { SnapshotStore } from '../../src/snapshots/snapshot-store.js';
import type { AnyJson } from './any-json.js';
import { FakeEngine } from './fake-engine.js';

type Body = Record<string, unknown>;

/** What the server answered. `body` is the reply, loosely typed: tests look at the wire. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: AnyJson;
}

export interface SendOptions {
  readonly key?: string;
  readonly signal?: AbortSignal;
}

interface AppParts {
  readonly settings?: Record<string, string>;
  readonly engine?: BrowserEngine | readonly BrowserEngine[];
  readonly resolve?: AppOptions['resolve'] | undefined;
  readonly lines?: string[] | undefined;
  readonly store?: SnapshotStore;
  /** How many sessions may sleep. */
  readonly keptLimit?: number;
  readonly controlIdleMs?: number;
  readonly heartbeatMs?: number;
}

/** A server under test, on a free port. */
export class RunningApp {
  readonly url: string;
  readonly #app: App;

  private constructor(url: string, app: App) {
    this.url = url;
    this.#app = app;
  }

  /**
   * @param settings environment variables, over a free port and no logs
   * @param lines where the log goes, line by line; absent: there is none
   */
  static async start(
    settings: Record<string, string> = {},
    engine: BrowserEngine | readonly BrowserEngine[] = new FakeEngine(),
    resolve?: AppOptions['resolve'],
    lines?: string[],
  ): Promise<RunningApp> {
    return RunningApp.startWith({ settings, engine, resolve, lines });
  }

  /** The same with parts by name. @param store where sessions are kept that are to last; absent: nowhere */
  static async startWith({
    settings,
    engine = new FakeEngine(),
    resolve,
    lines,
    store,
    keptLimit,
    ...rest
  }: AppParts): Promise<RunningApp> {
    const config = loadConfig(
      { MOORING_PORT: '0', MOORING_LOG_LEVEL: 'silent', MOORING_MAX_SESSIONS: '100', ...settings },
      tmpdir(),
    );
    const app = new App({
      ...rest,
      config,
      logger: lines
        ? createLogger(config.logLevel, { write: (line) => void lines.push(line) })
        : createLogger('silent'),
      version: '0.0.0-test',
      engines: () => [engine].flat(),
      ...(resolve ? { resolve } : {}),
      ...(store
        ? { store: { snapshots: store, isSealed: false, ...(keptLimit === undefined ? {} : { limit: keptLimit }) } }
        : {}),
    });
    return new RunningApp(await app.start(), app);
  }

  /** Posts one command. */
  async send(body: Body | string, { key, signal }: SendOptions = {}): Promise<Answer> {
    const response = await fetch(`${this.url}/api/v1${key === undefined ? '' : `?key=${key}`}`, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      ...(signal ? { signal } : {}),
    });
    return { status: response.status, headers: response.headers, body: await response.json() };
  }

  /** Posts a command that is to succeed. */
  async ok(body: Body, options: SendOptions = {}): Promise<Answer['body']> {
    const answer = await this.send(body, options);
    if (answer.body.data !== 'success') throw new Error(`expected success, came ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  /** Posts a command that is to fail with this code. @returns the error's sentence */
  async fails(code: string, body: Body, options: SendOptions = {}): Promise<string> {
    const answer = await this.send(body, options);
    if (answer.body.code !== code) throw new Error(`expected ${code}, came ${JSON.stringify(answer.body)}`);
    return answer.body.error as string;
  }

  async get(path: string, headers: Record<string, string> = {}): Promise<Answer & { text: string }> {
    const response = await fetch(`${this.url}${path}`, { headers });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json');
    return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : undefined };
  }

  close(): Promise<void> {
    return this.#app.close();
  }
}
