import { MooringError } from '../errors.js';

export interface SessionSlotsOptions {
  /** Slots in all. */
  readonly maxSessions: number;
  /** Slots for one owner; absent: as many as there are. */
  readonly maxSessionsPerKey?: number | undefined;
  /** How long a caller waits for a slot. */
  readonly queueTimeoutMs: number;
  /**
   * Asks for room: ends one session that may be ended for it, of this owner if one is named.
   * Tells whether there was one; its slot comes back when it has closed.
   */
  readonly makeRoom: (owner: string | undefined) => boolean;
  /** About how long until a slot is free again. */
  readonly retryAfterMs: () => number;
  /** Told how long each caller waited. */
  readonly onWaited: (ms: number) => void;
}

/** One session's place. */
export interface SessionSlot {
  /** Gives the place back; twice does nothing more. */
  release(): void;
}

interface Waiter {
  readonly owner: string;
  readonly grant: (slot: SessionSlot) => void;
}

/**
 * How many sessions may be open: in all, and for each owner. Who finds none free waits in order of arrival; an owner
 * that is at its own limit does not hold up the others.
 */
export class SessionSlots {
  readonly #options: SessionSlotsOptions;
  readonly #waiters: Waiter[] = [];
  readonly #usedBy = new Map<string, number>();
  #used = 0;
  /** Slots on their way back because room was asked for. */
  #coming = 0;

  constructor(options: SessionSlotsOptions) {
    this.#options = options;
  }

  get used(): number {
    return this.#used;
  }

  get waiting(): number {
    return this.#waiters.length;
  }

  /** Slots that this owner could take now. */
  freeFor(owner: string): number {
    const own = (this.#options.maxSessionsPerKey ?? Number.POSITIVE_INFINITY) - (this.#usedBy.get(owner) ?? 0);
    return Math.max(0, Math.min(this.#options.maxSessions - this.#used, own));
  }

  /** The most slots that this owner can have. */
  get limitPerOwner(): number {
    return Math.min(this.#options.maxSessions, this.#options.maxSessionsPerKey ?? Number.POSITIVE_INFINITY);
  }

  /**
   * Takes a slot, or waits for one.
   *
   * @throws MooringError `CODE-0029` when this owner is at its limit, `CODE-0001` when the server is, each with
   *   `retryAfterMs`; the signal's reason when it aborts first
   */
  async acquire(owner: string, signal: AbortSignal): Promise<SessionSlot> {
    signal.throwIfAborted();
    const startedAt = performance.now();
    try {
      if (this.#waiters.every((waiter) => !this.#grantable(waiter.owner)) && this.#grantable(owner))
        return this.#take(owner);
      return await this.#wait(owner, signal);
    } finally {
      this.#options.onWaited(performance.now() - startedAt);
    }
  }

  /** To be called when a session has become one that may be ended for room. */
  roomMayBeMade(): void {
    for (const waiter of this.#waiters) this.#askForRoom(waiter.owner);
  }

  #wait(owner: string, signal: AbortSignal): Promise<SessionSlot> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        const at = this.#waiters.indexOf(waiter);
        if (at >= 0) this.#waiters.splice(at, 1);
      };
      const waiter: Waiter = {
        owner,
        grant: (slot) => {
          leave();
          resolve(slot);
        },
      };
      const onAbort = (): void => {
        leave();
        reject(signal.reason);
      };
      const timer = setTimeout(() => {
        leave();
        reject(this.#fullError(owner));
      }, this.#options.queueTimeoutMs);
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiters.push(waiter);
      this.#askForRoom(owner);
    });
  }

  #askForRoom(owner: string): void {
    if (this.#coming >= this.#waiters.length) return;
    const only = this.#ownFree(owner) ? undefined : owner;
    if (this.#options.makeRoom(only)) this.#coming += 1;
  }

  #ownFree(owner: string): boolean {
    return (this.#usedBy.get(owner) ?? 0) < (this.#options.maxSessionsPerKey ?? Number.POSITIVE_INFINITY);
  }

  #grantable(owner: string): boolean {
    return this.#used < this.#options.maxSessions && this.#ownFree(owner);
  }

  #take(owner: string): SessionSlot {
    this.#used += 1;
    this.#usedBy.set(owner, (this.#usedBy.get(owner) ?? 0) + 1);
    let held = true;
    return {
      release: () => {
        if (!held) return;
        held = false;
        this.#used -= 1;
        const left = (this.#usedBy.get(owner) ?? 1) - 1;
        if (left > 0) this.#usedBy.set(owner, left);
        else this.#usedBy.delete(owner);
        if (this.#coming > 0) this.#coming -= 1;
        const next = this.#waiters.find((waiter) => this.#grantable(waiter.owner));
        next?.grant(this.#take(next.owner));
      },
    };
  }

  #fullError(owner: string): MooringError {
    const retryAfterMs = this.#options.retryAfterMs();
    const waited = `none came free within ${this.#options.queueTimeoutMs} ms`;
    return this.#ownFree(owner)
      ? new MooringError(
          'CODE-0001',
          `expected a free session slot, but all ${this.#options.maxSessions} of this server are in use and ${waited}.`,
          { retryAfterMs },
        )
      : new MooringError(
          'CODE-0029',
          `expected a free session slot, but all ${this.#options.maxSessionsPerKey} of this key are in use and ${waited}.`,
          { retryAfterMs },
        );
  }
}
