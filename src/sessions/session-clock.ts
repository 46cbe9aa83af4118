export interface SessionClockOptions {
  /** How long the session lives without a request. */
  readonly idleMs: number;
  /** How long it lives at most. If omitted, without end. */
  readonly maxLifetimeMs: number | undefined;
  /** How long it has lived already. Default: 0. */
  readonly ageMs?: number | undefined;
}

/** When a session is to end. Durations are counted by `performance.now()`, which nobody sets. */
export class SessionClock {
  readonly #openedAt: number;
  #idleMs: number;
  #maxLifetimeMs: number | undefined;
  #idleSince = performance.now();
  #lastAccessedAt = Date.now();

  constructor({ idleMs, maxLifetimeMs, ageMs = 0 }: SessionClockOptions) {
    this.#openedAt = performance.now() - ageMs;
    this.#idleMs = idleMs;
    this.#maxLifetimeMs = maxLifetimeMs;
  }

  /** Milliseconds since 1970: the last time that the idle time started. */
  get lastAccessedAt(): number {
    return this.#lastAccessedAt;
  }

  get isLifetimeOver(): boolean {
    return performance.now() >= this.#lifetimeAt;
  }

  /**
   * When the session is to end if nothing more happens, by `performance.now()`, and why.
   *
   * @param isBusy whether a request runs; that stops the idle time alone
   */
  expiry(isBusy: boolean): { readonly at: number; readonly reason: 'idle' | 'lifetime' } {
    const idleAt = isBusy ? Number.POSITIVE_INFINITY : this.#idleSince + this.#idleMs;
    return this.#lifetimeAt < idleAt ? { at: this.#lifetimeAt, reason: 'lifetime' } : { at: idleAt, reason: 'idle' };
  }

  /** When its longest lifetime is over, milliseconds since 1970; undefined: never. */
  get endsAt(): number | undefined {
    return Number.isFinite(this.#lifetimeAt) ? Date.now() + this.#lifetimeAt - performance.now() : undefined;
  }

  /** How long it has still to live, milliseconds: without a request, and at most. */
  get left(): { readonly idleMs: number; readonly lifetimeMs: number | undefined } {
    const now = performance.now();
    const lifetimeMs = this.#lifetimeAt - now;
    return {
      idleMs: this.#idleSince + this.#idleMs - now,
      lifetimeMs: Number.isFinite(lifetimeMs) ? lifetimeMs : undefined,
    };
  }

  /** Starts the idle time anew. */
  renew(): void {
    this.#lastAccessedAt = Date.now();
    this.#idleSince = performance.now();
  }

  /** How long it has been idle, milliseconds. */
  get idleForMs(): number {
    return performance.now() - this.#idleSince;
  }

  /** Lets it live so much longer without a request. */
  postpone(ms: number): void {
    this.#idleSince += ms;
  }

  setIdleMs(idleMs: number): void {
    this.#idleMs = idleMs;
  }

  /** Shortens the longest lifetime, counted from the session's creation. @returns false if it is as short already */
  shortenLifetime(maxLifetimeMs: number): boolean {
    if (this.#maxLifetimeMs !== undefined && this.#maxLifetimeMs <= maxLifetimeMs) return false;
    this.#maxLifetimeMs = maxLifetimeMs;
    return true;
  }

  get #lifetimeAt(): number {
    return this.#openedAt + (this.#maxLifetimeMs ?? Number.POSITIVE_INFINITY);
  }
}
