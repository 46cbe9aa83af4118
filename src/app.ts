import { createExecutor } from './commands/registry.js';
import type { Config } from './config.js';
import type { BrowserPoolObserver } from './engine/browser-pool.js';
import type { BrowserEngine } from './engine/engine.js';
import { errorMessage } from './errors.js';
import { Metrics } from './http/metrics.js';
import { cachedReadiness, type Readiness } from './http/readiness.js';
import { HttpServer } from './http/server.js';
import type { Logger } from './logger.js';
import { SessionManager } from './sessions/session-manager.js';
import { Deadline } from './util/deadline.js';
import { Disposables } from './util/disposables.js';

export interface AppOptions {
  readonly config: Config;
  readonly logger: Logger;
  readonly version: string;
  /** Makes the engine; it reports what happens to its processes. */
  readonly engine: (observer: BrowserPoolObserver) => BrowserEngine;
}

const checkTimeoutMs = 10_000;
const keepReadinessMs = 5000;

/** The whole server: every object once, started in the order of dependence and closed in reverse. */
export class App {
  readonly #options: AppOptions;
  readonly #resources = new Disposables();
  #http: HttpServer | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: AppOptions) {
    this.#options = options;
  }

  /**
   * Launches a browser and listens.
   *
   * @returns the address, `http://127.0.0.1:8191`
   * @throws what did not start; all that had started is closed by then
   */
  async start(): Promise<string> {
    try {
      return await this.#start();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /**
   * Refuses new commands, lets those that run finish for as long as the setting allows, then closes everything. Twice is
   * the same promise.
   */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #start(): Promise<string> {
    const { config, logger, version } = this.#options;
    const metrics = new Metrics();
    const engine = this.#resources.use(this.#options.engine(browserObserver(metrics, logger)), (it) => it.close());
    await engine.start();

    const sessions = this.#resources.use(
      new SessionManager({
        ...config,
        engine,
        observer: {
          ...metrics.sessions,
          closeFailed: (session, error) => logger.error({ err: error, session }, 'closing a session failed'),
        },
      }),
      (it) => it.close(),
    );
    metrics.watchSessions(() => sessions.counts);
    sessions.start();

    const executor = createExecutor({
      sessions,
      engine: () => engine.info,
      requestTimeoutMs: config.requestTimeoutMs,
      responseLimitBytes: config.responseLimitBytes,
    });
    const http = new HttpServer({
      ...config,
      keys: config.apiKeys,
      version,
      executor,
      metrics,
      logger,
      readiness: cachedReadiness(() => checkEngine(engine), keepReadinessMs),
    });
    const address = await http.start();
    this.#http = http;
    return address;
  }

  async #close(): Promise<void> {
    // It listens while commands finish, to tell callers; then sessions and browsers close; then the door.
    await this.#http?.drain(this.#options.config.drainTimeoutMs);
    try {
      await this.#resources.dispose();
    } finally {
      await this.#http?.close();
    }
  }
}

function browserObserver(metrics: Metrics, logger: Logger): BrowserPoolObserver {
  return {
    launched: (ms) => {
      metrics.browsers.launched(ms);
      logger.info({ ms: Math.round(ms) }, 'browser launched');
    },
    crashed: () => {
      metrics.browsers.crashed();
      logger.warn('a browser process ended unasked; its sessions have ended as crashed');
    },
    launchFailed: (error) => {
      metrics.browsers.launchFailed();
      logger.error({ err: error }, 'a browser did not start');
    },
  };
}

async function checkEngine(engine: BrowserEngine): Promise<Readiness> {
  const { name, version } = engine.info;
  using deadline = new Deadline({
    ms: checkTimeoutMs,
    reason: () => new Error(`the browser did not answer within ${checkTimeoutMs} ms`),
  });
  try {
    await engine.check(deadline.signal);
    return { ready: true, engine: { name, version } };
  } catch (error) {
    return { ready: false, engine: { name, version }, reason: errorMessage(error) };
  }
}
