import { availableParallelism } from 'node:os';
import { Deadline } from '../util/deadline.js';
import { BrowserPool, type BrowserPoolOptions, type BrowserSeat, type LaunchedBrowser } from './browser-pool.js';

export interface KeyedBrowserPoolOptions<B extends LaunchedBrowser>
  extends Omit<BrowserPoolOptions<B>, 'launch' | 'lingerMs'> {
  /** Launches a process for a key. */
  readonly launch: (key: string) => Promise<B>;
  /** The key that always has a process. If omitted, none has. */
  readonly mainKey: string | undefined;
  /** Most other keys that have a process at once. */
  readonly maxOthers: number;
  /** Most of them that one owner may have asked for. If omitted, all. */
  readonly maxOthersPerOwner?: number | undefined;
  /** Which of these keys, at least one, serves best in place of another. */
  readonly nearest: (key: string, others: readonly string[]) => string;
}

/** A place in a process, which may have been started with another key than was asked for. */
export interface KeyedBrowserPlace<B> extends BrowserSeat<B> {
  /** What the process was started with. */
  readonly key: string;
}

/** How long a process that has no session stays for the next one. */
const lingerMs = 60_000;
/** How long a session waits for a process of its own while there is another one to share. */
const launchPatienceMs = 15_000;

/**
 * Browser processes by what they must be started with (a user agent: some of a browser's threads take theirs from nowhere
 * else). One key always has a process; the others come as they are asked for, linger a while when they are empty, and make
 * room for new ones, the one that was asked for longest ago first. When all are used, or a process does not start, the
 * nearest one is shared: no session fails for want of a process.
 */
export class KeyedBrowserPool<B extends LaunchedBrowser> {
  readonly #options: KeyedBrowserPoolOptions<B>;
  readonly #main: BrowserPool<B> | undefined;
  /** In the order in which they were asked for last. */
  readonly #others = new Map<string, BrowserPool<B>>();
  /** Who made each of them. */
  readonly #madeFor = new WeakMap<BrowserPool<B>, string | undefined>();
  readonly #closing = new Set<Promise<void>>();
  /** Many at once would each take too long: as many as there are processors, the others after them. */
  readonly #launches = new Turns(Math.max(2, availableParallelism()));
  #isClosed = false;

  constructor(options: KeyedBrowserPoolOptions<B>) {
    this.#options = options;
    const { mainKey } = options;
    if (mainKey !== undefined) this.#main = new BrowserPool({ ...options, launch: () => options.launch(mainKey) });
  }

  /** Launches the first process of the main key. @throws what the launch threw */
  async start(): Promise<void> {
    await this.#main?.start();
  }

  /** A process of the main key, however full. @throws as `BrowserPool.any` */
  async any(signal: AbortSignal): Promise<B> {
    if (!this.#main) throw new Error('there is no main key');
    return this.#main.any(signal);
  }

  /** The keys that have a process, or get one. */
  get keys(): string[] {
    return [...this.#pools].filter(([, pool]) => isOccupied(pool)).map(([key]) => key);
  }

  /** Whether a key has a process, or may have one without taking another's. */
  hasRoomFor(key: string): boolean {
    const pool = this.#pools.get(key);
    if (pool && (pool === this.#main || isOccupied(pool))) return true;
    return [...this.#others.values()].filter(isOccupied).length < this.#options.maxOthers;
  }

  /**
   * A place in a process of a key; of another key when it can have none.
   *
   * @param owner whom it is for; if omitted, the server itself
   * @throws MooringError as `BrowserPool.take`
   */
  async take(key: string, signal: AbortSignal, owner?: string): Promise<KeyedBrowserPlace<B>> {
    const own = this.#poolOf(key, owner);
    if (own === undefined) return this.#share(key, this.keys, signal);
    if (own === this.#main || own.size > 0) return { ...(await own.take(signal)), key };
    using patience = new Deadline({
      ms: launchPatienceMs,
      reason: () => new Error(`the browser did not start within ${launchPatienceMs} ms`),
      parent: signal,
    });
    try {
      return { ...(await own.take(patience.signal)), key };
    } catch (error) {
      signal.throwIfAborted();
      const running = [...this.#pools].filter(([, pool]) => pool !== own && pool.size > 0).map(([other]) => other);
      if (running.length > 0) return this.#share(key, running, signal);
      if (!patience.signal.aborted) throw error;
      return { ...(await own.take(signal)), key };
    }
  }

  /** Ends processes that no longer answer. */
  async endHung(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.endHung()));
  }

  /** Ends every process. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#pools.values()].map((pool) => pool.close()));
    await Promise.all(this.#closing);
  }

  get #pools(): Map<string, BrowserPool<B>> {
    const { mainKey } = this.#options;
    return new Map([...(this.#main && mainKey !== undefined ? [[mainKey, this.#main] as const] : []), ...this.#others]);
  }

  /** The pool of a key, made if there is room for it. */
  #poolOf(key: string, owner: string | undefined): BrowserPool<B> | undefined {
    if (this.#main && key === this.#options.mainKey) return this.#main;
    let pool = this.#others.get(key);
    if (pool) this.#others.delete(key);
    else if (!this.#mayMake(owner) || !this.#makeRoom()) return undefined;
    if (!pool) {
      const launch = (): Promise<B> => this.#launches.take(() => this.#launch(key));
      pool = new BrowserPool({ ...this.#options, launch, lingerMs });
      this.#madeFor.set(pool, owner);
    }
    this.#others.set(key, pool);
    return pool;
  }

  #mayMake(owner: string | undefined): boolean {
    const { maxOthersPerOwner } = this.#options;
    if (maxOthersPerOwner === undefined || owner === undefined) return true;
    const made = [...this.#others.values()].filter((pool) => pool.isUsed && this.#madeFor.get(pool) === owner);
    // Without a process of another key there is none to share.
    return made.length < maxOthersPerOwner || this.keys.length === 0;
  }

  async #launch(key: string): Promise<B> {
    if (this.#isClosed) throw new Error('the server is shutting down'); // its turn came too late
    return this.#options.launch(key);
  }

  #makeRoom(): boolean {
    if (this.#others.size < this.#options.maxOthers) return true;
    const unused = [...this.#others].filter(([, pool]) => !pool.isUsed);
    // One whose process has ended by itself goes first.
    const [key, pool] = unused.find(([, { size }]) => size === 0) ?? unused[0] ?? [];
    if (key === undefined || pool === undefined) return false;
    this.#others.delete(key);
    const closing = pool.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
    return true;
  }

  async #share(key: string, among: readonly string[], signal: AbortSignal): Promise<KeyedBrowserPlace<B>> {
    const pools = this.#pools;
    const running = among.filter((other) => (pools.get(other)?.size ?? 0) > 0);
    const shared = this.#options.nearest(key, running.length > 0 ? running : among);
    const pool = pools.get(shared);
    if (!pool) throw new Error('there is no process to share'); // some key is used, or there would be room
    return { ...(await pool.take(signal)), key: shared };
  }
}

const isOccupied = <B extends LaunchedBrowser>(pool: BrowserPool<B>): boolean => pool.isUsed || pool.size > 0;

/** Lets so many do their work at once; the others wait, in the order in which they came. */
class Turns {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    }
  }
}
