/** What has a time to live. */
export interface Mortal {
  /** When it is over, by `performance.now()`, and why. */
  readonly expiry: { readonly at: number; readonly reason: 'idle' | 'lifetime' };
}

export interface SessionReaperOptions<S extends Mortal> {
  /** How often it looks. */
  readonly everyMs: number;
  /** The sessions that are open, and those that sleep. */
  readonly sessions: () => Iterable<S>;
  /** Called for each whose time is over. */
  readonly onExpired: (session: S, reason: 'idle' | 'lifetime') => void;
  /** Called at the end of each look. */
  readonly onLooked: () => void;
}

/** Finds sessions whose idle time or lifetime is over. */
export class SessionReaper<S extends Mortal> {
  readonly #options: SessionReaperOptions<S>;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SessionReaperOptions<S>) {
    this.#options = options;
  }

  start(): void {
    this.#timer ??= setInterval(() => this.#sweep(), this.#options.everyMs);
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #sweep(): void {
    const now = performance.now();
    for (const session of this.#options.sessions()) {
      const { at, reason } = session.expiry;
      if (at <= now) this.#options.onExpired(session, reason);
    }
    this.#options.onLooked();
  }
}
