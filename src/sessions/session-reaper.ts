import type { Session } from './session.js';

export interface SessionReaperOptions {
  /** How often it looks. */
  readonly everyMs: number;
  /** The sessions that are open. */
  readonly sessions: () => Iterable<Session>;
}

/** Ends sessions whose idle time or lifetime is over. */
export class SessionReaper {
  readonly #options: SessionReaperOptions;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SessionReaperOptions) {
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
      const expiry = session.expiry;
      if (expiry.at <= now) void session.end(expiry.reason).catch(() => {}); // reported to onEnded
    }
  }
}
