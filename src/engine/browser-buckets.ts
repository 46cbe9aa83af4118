import { MooringError } from '../errors.js';
import { BrowserPool, type BrowserPoolOptions, type BrowserSeat, type LaunchedBrowser } from './browser-pool.js';

export interface BrowserBucketsOptions<B extends LaunchedBrowser>
  extends Omit<BrowserPoolOptions<B>, 'launch' | 'lingerMs'> {
  /** Launches a process of a bucket. */
  readonly launch: (key: string) => Promise<B>;
  /** The bucket that is always warm, if one is. */
  readonly mainKey: string | undefined;
  /** How many others there may be at once. */
  readonly maxOthers: number;
}

/** How long the process of a bucket that nobody uses stays for whoever comes next. */
const lingerMs = 60_000;

/**
 * Browser processes by what they must be started with (a user agent: some of a browser's threads take theirs from nowhere
 * else). One bucket is always warm; the others come as they are asked for, linger a while when they are empty, and make
 * room for new ones, the one that was asked for longest ago first.
 */
export class BrowserBuckets<B extends LaunchedBrowser> {
  readonly #options: BrowserBucketsOptions<B>;
  readonly #main: BrowserPool<B> | undefined;
  /** In the order in which they were asked for last. */
  readonly #others = new Map<string, BrowserPool<B>>();
  readonly #closing = new Set<Promise<void>>();

  constructor(options: BrowserBucketsOptions<B>) {
    this.#options = options;
    const { mainKey } = options;
    if (mainKey !== undefined) this.#main = new BrowserPool({ ...options, launch: () => options.launch(mainKey) });
  }

  /** Launches the first process of the main bucket. @throws what the launch threw */
  async start(): Promise<void> {
    await this.#main?.start();
  }

  /** A process of the main bucket, however full. @throws as `BrowserPool.any` */
  async any(signal: AbortSignal): Promise<B> {
    if (!this.#main) throw new Error('there is no main bucket');
    return this.#main.any(signal);
  }

  /** A place in a process of a bucket. @throws MooringError as `BrowserPool.take`, and `CODE-0001` when all buckets are used */
  take(key: string, signal: AbortSignal): Promise<BrowserSeat<B>> {
    return this.#pool(key).take(signal);
  }

  /** Ends processes that no longer answer. */
  async endHung(): Promise<void> {
    await Promise.all(this.#pools.map((pool) => pool.endHung()));
  }

  /** Ends every process. */
  async close(): Promise<void> {
    await Promise.all(this.#pools.map((pool) => pool.close()));
    await Promise.all(this.#closing);
  }

  get #pools(): BrowserPool<B>[] {
    return [...(this.#main ? [this.#main] : []), ...this.#others.values()];
  }

  #pool(key: string): BrowserPool<B> {
    if (this.#main && key === this.#options.mainKey) return this.#main;
    const there = this.#others.get(key);
    if (there) this.#others.delete(key);
    else this.#makeRoom();
    const pool = there ?? new BrowserPool({ ...this.#options, launch: () => this.#options.launch(key), lingerMs });
    this.#others.set(key, pool);
    return pool;
  }

  #makeRoom(): void {
    const { maxOthers } = this.#options;
    if (this.#others.size < maxOthers) return;
    for (const [key, pool] of this.#others) {
      if (pool.isUsed) continue;
      this.#others.delete(key);
      const closing = pool.close().finally(() => this.#closing.delete(closing));
      this.#closing.add(closing);
      return;
    }
    throw new MooringError(
      'CODE-0001',
      `expected a browser for one more user agent, but sessions with ${maxOthers} others are open (MOORING_MAX_BROWSERS).`,
      { retryAfterMs: 5000 },
    );
  }
}
