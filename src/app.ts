import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { getHeapStatistics } from 'node:v8';
import { ArtifactStore } from './artifacts/artifact-store.js';
import { AttachTickets } from './attach/attach-tickets.js';
import { LiveViews } from './attach/view/live-views.js';
import { Thumbnails } from './attach/view/thumbnails.js';
import { ViewLinks } from './attach/view/view-links.js';
import { createExecutor } from './commands/command-table.js';
import type { Config } from './config/settings.js';
import { AddressGuard, type AddressGuardOptions } from './egress/address-guard.js';
import { EgressGateway } from './egress/egress-gateway.js';
import { destinationOf } from './egress/egress-policy.js';
import { ProxyPool } from './egress/proxy-pool.js';
import { ProxySelector } from './egress/proxy-selector.js';
import type { BrowserPoolObserver } from './engine/browser-pool.js';
import type { BrowserEngine } from './engine/engine.js';
import { EngineRegistry } from './engine/engine-registry.js';
import { affordableSessions } from './engine/process-budget.js';
import { errorMessage } from './errors.js';
import type { DrainControl } from './http/admin-routes.js';
import { HttpServer } from './http/server.js';
import { IdentityResolver } from './identity/identity-resolver.js';
import type { Logger } from './logger.js';
import { browserVitals } from './observability/browser-vitals.js';
import { EventLog } from './observability/event-log.js';
import { Metrics } from './observability/metrics.js';
import { cachedReadiness, type Readiness } from './observability/readiness.js';
import { SessionManager } from './sessions/session-manager.js';
import type { SnapshotStore } from './snapshots/snapshot-store.js';
import { StartError } from './start-error.js';
import { Deadline } from './util/deadline.js';
import { Disposables } from './util/disposables.js';
import { faults } from './util/faults.js';
import { systemProblem } from './util/system-problem.js';

export interface AppOptions {
  readonly config: Config;
  readonly logger: Logger;
  readonly version: string;
  /** Makes the engines, the default first; they report what happens to their processes. */
  readonly engines: (observer: BrowserPoolObserver) => readonly BrowserEngine[];
  /** Where files of this run are kept: it is removed with it. If omitted, the system's temporary folder. */
  readonly scratchDir?: string;
  /** Where sessions are kept that are to last; it is closed with the server. If omitted, none can be kept. */
  readonly store?: SessionStore;
  /** Every address of a name. Default: as the system resolves it. */
  readonly resolve?: AddressGuardOptions['resolve'];
  /** How long a person keeps a session that they do nothing with. Default: two minutes. */
  readonly controlIdleMs?: number;
  /** How often attached clients and watchers are asked whether they are there. Default: 10 s. */
  readonly heartbeatMs?: number;
}

/** A store of sessions, and whether it seals them. */
export interface SessionStore {
  readonly snapshots: SnapshotStore;
  readonly isSealed: boolean;
  /** How many sessions may sleep until no other is taken in that is to last. Default: 50 000. */
  readonly limit?: number;
}

/** Sessions that sleep, in all: some kilobytes of disk and less than one of memory each. */
const defaultKeptLimit = 50_000;
const checkTimeoutMs = 10_000;
const keepReadinessMs = 5000;

/** The whole server: every object once, started in the order of dependence and closed in reverse. */
export class App {
  readonly #options: AppOptions;
  readonly #resources = new Disposables();
  #http: HttpServer | undefined;
  #engines: EngineRegistry | undefined;
  #drained: Promise<void> | undefined;
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
   * Refuses new commands, lets those that run finish for as long as the setting allows, then closes everything.
   * Idempotent: repeated calls return the same promise.
   */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** Ends browser processes that no longer answer. */
  async endHungBrowsers(): Promise<void> {
    await this.#engines?.endHung();
  }

  async #start(): Promise<string> {
    const { config, logger, version } = this.#options;
    const onFault = (error: unknown): void => logger.error({ err: error }, 'unforeseen: the server goes on');
    faults.subscribe(onFault);
    this.#resources.defer(() => void faults.unsubscribe(onFault));
    const metrics = new Metrics();
    const events = new EventLog(logger);
    const made = this.#options.engines(browserObserver(metrics, events));
    const engines = this.#resources.use(new EngineRegistry(made), (it) => it.close());
    await engines.start();
    this.#engines = engines;
    this.#assertOpen();
    metrics.watchBrowsers(browserVitals());

    const guard = new AddressGuard({
      privateNetworks: config.privateNetworks ?? { kind: config.apiKeys.length > 0 ? 'deny' : 'named' },
      ...(this.#options.resolve ? { resolve: this.#options.resolve } : {}),
    });
    const pool = config.proxies === undefined ? undefined : this.#openPool(config.proxies, metrics);
    const proxyCa = config.proxyCa === undefined ? undefined : readAuthorities(config.proxyCa);
    const proxies = new ProxySelector({
      guard,
      pool,
      check: config.proxyCheck ? { target: config.proxyCheckTarget, timeoutMs: config.proxyCheckTimeoutMs } : undefined,
      proxyCa,
    });
    const egress = new EgressGateway({ guard, connectTimeoutMs: config.connectTimeoutMs, proxyCa });
    metrics.watchEgress(() => egress.totals());

    const { store } = this.#options;
    if (store) this.#resources.use(store.snapshots, (it) => it.close());
    const keptLimit = store?.limit ?? defaultKeptLimit;
    const maxSessions = config.maxSessions ?? affordableSessions(engines.default.info);
    const sessions = this.#resources.use(
      new SessionManager({
        idleTimeoutMs: config.idleTimeoutMs,
        maxLifetimeMs: config.maxLifetimeMs,
        maxSessions,
        sleepsForRoom: config.maxSessions === undefined,
        maxSessionsPerKey: config.maxSessionsPerKey ?? sessionShareOf(config, maxSessions),
        queueTimeoutMs: config.queueTimeoutMs,
        queueLimit: config.queueLimit,
        laneLimit: config.laneLimit,
        pauseAfterMs: config.pauseAfterMs,
        store: store?.snapshots,
        keptLimit,
        keptLimitPerOwner: Math.floor(keptLimit * ownerShareOf(config)),
        isSealed: store?.isSealed ?? false,
        persistTtlMs: config.persistTtlMs,
        restoresCrashed: config.crashRestore,
        engines,
        identities: new IdentityResolver({
          engines: engines.infos,
          strict: config.engineStrict,
          processesOf: (engine) => engines.named(engine).processes,
        }),
        proxies,
        egress,
        observer: {
          ...metrics.sessions,
          ended: (reason, session) => {
            metrics.sessions.ended(reason);
            events.sessionEnded(reason, session);
          },
          fellAsleep: (session, isLost) => {
            metrics.sessions.fellAsleep(session, isLost);
            events.sessionFellAsleep(session, isLost);
          },
          closeFailed: (session, error) => logger.error({ err: error, session }, 'closing a session failed'),
        },
      }),
      (it) => it.close(),
    );
    metrics.watchSessions(() => sessions.counts);
    await sessions.start();

    const files = this.#resources.use(
      new ArtifactStore({
        limitBytes: config.filesLimitBytes,
        limitPerOwnerBytes:
          config.filesLimitPerKeyBytes ?? config.filesLimitBytes / (config.apiKeys.length > 1 ? 2 : 1),
        keepMs: config.filesKeepMs,
        scratchDir: this.#options.scratchDir,
      }),
      (it) => it.close(),
    );
    const bufferBytes = config.bufferLimitBytes ?? Math.floor(getHeapStatistics().heap_size_limit / 8);
    const tickets = new AttachTickets(sessions);
    const links = new ViewLinks(
      new LiveViews({
        sessions,
        maxUploadBytes: config.bodyLimitBytes,
        controlIdleMs: this.#options.controlIdleMs,
        heartbeatMs: this.#options.heartbeatMs,
      }),
    );
    const executor = createExecutor({
      files,
      tickets,
      links,
      sessions,
      requestTimeoutMs: config.requestTimeoutMs,
      responseLimitBytes: config.responseLimitBytes,
      bufferLimitBytes: bufferBytes,
    });
    const http = new HttpServer({
      host: config.host,
      port: config.port,
      bodyLimitBytes: config.bodyLimitBytes,
      bufferLimitBytes: Math.max(bufferBytes, config.bodyLimitBytes),
      bodyTimeoutMs: config.bodyTimeoutMs,
      writeTimeoutMs: config.writeTimeoutMs,
      maxConnections: config.maxConnections,
      maxConnectionsPerAddress: config.maxConnectionsPerAddress,
      keys: config.apiKeys,
      userAgent: () => engines.default.info.userAgent,
      version,
      executor,
      files,
      tickets,
      links,
      heartbeatMs: this.#options.heartbeatMs,
      thumbnails: new Thumbnails({ sessions }),
      metrics,
      metricsKey: config.metricsKey,
      adminKey: config.adminKey,
      drain: this.#drainControl(sessions),
      logger,
      requestLog: config.requestLog,
      readiness: cachedReadiness(() => checkEngine(engines.default), keepReadinessMs),
    });
    const address = await http.start().catch((error: unknown) => {
      throw listenError(error, config);
    });
    if (this.#closed) await http.close();
    this.#assertOpen();
    this.#http = http;
    guard.ownPorts.add(destinationOf(address).port);
    return address;
  }

  /** @throws when it was closed while it started */
  #assertOpen(): void {
    if (this.#closed) throw new StartError('expected a server that stays open; it was closed while it started.');
  }

  #openPool(path: string, metrics: Metrics): ProxyPool {
    const { logger } = this.#options;
    const pool = new ProxyPool({
      path,
      observer: {
        loaded: (count) => logger.info({ path, count }, 'proxy pool read'),
        badEdit: (problem) =>
          logger.error({ problem }, 'the proxy pool has changed and cannot be used; the old one is kept'),
        setAside: (address, forMs) => logger.warn({ address, forMs }, 'a proxy fails and is set aside'),
        backAgain: (address) => logger.info({ address }, 'a proxy works again'),
      },
    });
    try {
      pool.start();
    } catch (error) {
      throw new StartError(`expected a file with proxies at ${path}; ${systemProblem(error) ?? errorMessage(error)}.`, {
        setting: 'proxies',
        cause: error,
      });
    }
    const { apiKeys, metricsKey } = this.#options.config;
    const namesProxies = apiKeys.length === 0 || metricsKey !== undefined;
    metrics.watchPool(() => pool.status(), namesProxies);
    return this.#resources.use(pool, (it) => it.close());
  }

  #drainControl(sessions: SessionManager): DrainControl {
    let startedAt: number | undefined;
    let done = false;
    return {
      start: () => {
        if (startedAt !== undefined) return;
        startedAt = performance.now();
        const { logger } = this.#options;
        logger.info('draining: running commands may finish, sessions with `persist` fall asleep');
        void this.#drain()
          .then(() => sessions.close())
          .then(
            () => logger.info('drained: the process may end'),
            (error: unknown) => logger.error({ err: error }, 'draining failed'),
          )
          .finally(() => {
            done = true;
          });
      },
      progress: () => {
        const { open, busy, paused, asleep } = sessions.counts;
        return {
          draining: startedAt !== undefined,
          done,
          running: this.#http?.running ?? 0,
          sessions: { open: open + busy + paused, asleep },
          elapsedMs: startedAt === undefined ? 0 : Math.round(performance.now() - startedAt),
        };
      },
    };
  }

  /** Lets running commands finish for as long as the setting allows. Idempotent: repeated calls return the same promise. */
  #drain(): Promise<void> {
    this.#drained ??= this.#http?.drain(this.#options.config.drainTimeoutMs) ?? Promise.resolve();
    return this.#drained;
  }

  async #close(): Promise<void> {
    // It listens while commands finish, to tell callers; then sessions and browsers close; then the HTTP server.
    await this.#drain();
    try {
      await this.#resources.dispose();
    } finally {
      await this.#http?.close();
    }
  }
}

/** Which part of what there is one key may have: where several share the server, none takes the last fifth. */
export const ownerShareOf = ({ apiKeys }: Config): number => (apiKeys.length > 1 ? 0.8 : 1);

function sessionShareOf(config: Config, maxSessions: number): number | undefined {
  const share = ownerShareOf(config);
  return share < 1 ? Math.max(1, Math.floor(maxSessions * share)) : undefined;
}

/** The authorities of Node and those of a file. @throws StartError */
function readAuthorities(path: string): string[] {
  try {
    return [...rootCertificates, readFileSync(path, 'utf8')];
  } catch (error) {
    throw new StartError(
      `expected a file with certificates (PEM) at ${path}; ${systemProblem(error) ?? 'it cannot be read'}.`,
      { setting: 'proxyCa', cause: error },
    );
  }
}

/** Why the server cannot listen, where a setting is the reason. */
function listenError(error: unknown, { host, port }: Config): unknown {
  const { code } = error as { code?: unknown }; // Node's errors have one
  if (code === 'EADDRINUSE') {
    return new StartError(
      `expected a free port; ${port} is in use by another program. End that one, or set another port (0 takes any free one).`,
      { setting: 'port', cause: error },
    );
  }
  const problem = systemProblem(error);
  if (problem === undefined) return error;
  if (code === 'EACCES') {
    const detail = `expected a port that this user may listen on; ${port} is not: ${problem}.`;
    return new StartError(detail, { setting: 'port', cause: error });
  }
  return new StartError(`expected an address of this machine; ${host} is none: ${problem}.`, {
    setting: 'host',
    cause: error,
  });
}

/** Counted, and logged. */
const browserObserver = ({ browsers }: Metrics, events: EventLog): BrowserPoolObserver => ({
  launched: (ms) => {
    browsers.launched(ms);
    events.launched(ms);
  },
  crashed: (process) => {
    browsers.crashed();
    events.crashed(process);
  },
  hung: (process) => events.hung(process),
  launchFailed: (error) => {
    browsers.launchFailed();
    events.launchFailed(error);
  },
});

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
