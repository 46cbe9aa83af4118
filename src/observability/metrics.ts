import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { CommandName } from '../protocol/commands.js';

/** Sessions by state, asked for at each scrape. */
export type SessionCounts = () => Readonly<
  Record<'open' | 'busy' | 'paused' | 'attached' | 'asleep' | 'opening' | 'queued', number>
>;

/** The browsers that run, asked for at each scrape; undefined: the system does not tell. */
export type BrowserVitals = () => { readonly browsers: number; readonly memoryBytes: number } | undefined;

/** Bytes by class of upstream, asked for at each scrape. */
export type EgressTotals = () => Readonly<Record<string, { readonly bytesIn: number; readonly bytesOut: number }>>;

/** The proxies of the pool, asked for at each scrape. */
export type PoolStatus = () => readonly {
  readonly proxy: string;
  readonly class: string;
  readonly country: string | undefined;
  readonly sessions: number;
  readonly failures: number;
  readonly up: boolean;
}[];

const seconds = (ms: number): number => ms / 1000;
const shortBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30];
const longBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

/** What `/metrics` tells. Others report to it through the observers they declare themselves. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #endings = this.#counter('mooring_session_endings_total', 'Sessions that ended, by reason.', ['reason']);
  readonly #launches = this.#counter('mooring_browser_launches_total', 'Browser processes started.', []);
  readonly #crashes = this.#counter('mooring_browser_crashes_total', 'Browser processes that ended unasked.', []);
  readonly #launchFailures = this.#counter(
    'mooring_browser_launch_failures_total',
    'Browser processes that did not start.',
    [],
  );
  readonly #create = this.#histogram(
    'mooring_session_create_seconds',
    'Opening a session, once it had a slot.',
    [],
    shortBuckets,
  );
  readonly #sleeps = this.#counter(
    'mooring_session_sleeps_total',
    'Sessions that fell asleep: `lost` when their browser crashed, else `idle`.',
    ['cause'],
  );
  readonly #wake = this.#histogram(
    'mooring_session_wake_seconds',
    'Opening a session that slept, once it had a slot.',
    [],
    shortBuckets,
  );
  readonly #launch = this.#histogram('mooring_browser_launch_seconds', 'Starting a browser process.', [], shortBuckets);
  readonly #slotWait = this.#histogram(
    'mooring_slot_wait_seconds',
    'Waiting for a free session slot.',
    [],
    shortBuckets,
  );
  readonly #turnWait = this.#histogram('mooring_lane_wait_seconds', "Waiting for a session's turn.", [], shortBuckets);
  readonly #commands = this.#histogram(
    'mooring_command_seconds',
    'Commands from parsed to answered, by command and outcome (`success` or the code).',
    ['cmd', 'outcome'],
    longBuckets,
  );

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
  }

  /** Starts to tell how many sessions there are. */
  watchSessions(counts: SessionCounts): void {
    new Gauge({
      name: 'mooring_sessions',
      help: 'Sessions by state; `queued` are creates that wait for a slot.',
      labelNames: ['state'],
      registers: [this.#registry],
      collect() {
        for (const [state, count] of Object.entries(counts())) this.set({ state }, count);
      },
    });
  }

  /** Starts to tell how many browser processes there are, and their memory. Where the system does not tell, there is nothing. */
  watchBrowsers(vitals: BrowserVitals): void {
    const gauge = (name: string, help: string, value: (of: NonNullable<ReturnType<BrowserVitals>>) => number): void => {
      new Gauge({
        name,
        help,
        registers: [this.#registry],
        collect() {
          const found = vitals();
          if (found) this.set(value(found));
        },
      });
    };
    gauge('mooring_browsers', 'Browsers that run. Linux only.', ({ browsers }) => browsers);
    gauge(
      'mooring_browser_memory_bytes',
      'Memory of their own that all processes of all browsers have. Linux only.',
      ({ memoryBytes }) => memoryBytes,
    );
  }

  /** Starts to tell how many bytes went which way. */
  watchEgress(totals: EgressTotals): void {
    new Counter({
      name: 'mooring_egress_bytes_total',
      help: 'Bytes that sessions moved, by class of exit and direction.',
      labelNames: ['class', 'direction'],
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const [name, { bytesIn, bytesOut }] of Object.entries(totals())) {
          this.inc({ class: name, direction: 'in' }, bytesIn);
          this.inc({ class: name, direction: 'out' }, bytesOut);
        }
      },
    });
  }

  /**
   * Starts to tell how each proxy of the pool does.
   *
   * @param namesProxies whether by its address; else by its number in the list
   */
  watchPool(status: PoolStatus, namesProxies: boolean): void {
    const gauge = (name: string, help: string, value: (row: ReturnType<PoolStatus>[number]) => number): void => {
      new Gauge({
        name,
        help,
        labelNames: ['proxy', 'class', 'country'],
        registers: [this.#registry],
        collect() {
          this.reset();
          for (const [i, row] of status().entries())
            this.set(
              { proxy: namesProxies ? row.proxy : `#${i + 1}`, class: row.class, country: row.country ?? '' },
              value(row),
            );
        },
      });
    };
    gauge('mooring_proxy_up', 'Whether a proxy of the pool is in use (1) or set aside after failures (0).', ({ up }) =>
      Number(up),
    );
    gauge('mooring_proxy_sessions', 'Sessions on a proxy of the pool.', ({ sessions }) => sessions);
    gauge('mooring_proxy_failures', 'Failures of a proxy of the pool since it was read.', ({ failures }) => failures);
  }

  readonly sessions = {
    created: (ms: number): void => this.#create.observe(seconds(ms)),
    fellAsleep: (_session: unknown, isLost: boolean): void => this.#sleeps.inc({ cause: isLost ? 'lost' : 'idle' }),
    woke: (ms: number): void => this.#wake.observe(seconds(ms)),
    ended: (reason: string): void => this.#endings.inc({ reason }),
    waitedForSlot: (ms: number): void => this.#slotWait.observe(seconds(ms)),
    waitedForTurn: (ms: number): void => this.#turnWait.observe(seconds(ms)),
  };

  readonly browsers = {
    launched: (ms: number): void => {
      this.#launches.inc();
      this.#launch.observe(seconds(ms));
    },
    crashed: (): void => this.#crashes.inc(),
    launchFailed: (): void => this.#launchFailures.inc(),
  };

  commandDone(cmd: CommandName, outcome: string, ms: number): void {
    this.#commands.observe({ cmd, outcome }, seconds(ms));
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** The exposition text. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  #counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }

  #histogram(name: string, help: string, labelNames: string[], buckets: number[]): Histogram {
    return new Histogram({ name, help, labelNames, buckets, registers: [this.#registry] });
  }
}
