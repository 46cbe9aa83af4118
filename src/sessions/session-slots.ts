import { MooringError } from '../errors.js';

export interface SessionSlotsOptions {
  /** Slots in all. */
  readonly maxSessions: number;
  /** Slots for one owner; absent: as many as there are. */
  readonly maxSessionsPerKey?: number | undefined;
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

  /**
   * Slots that this owner could take now, behind those that wait.
   *
   * @param room how many more would come free if room were made: in all, and by ending this owner's own
   */
  freeFor(owner: string, room: { readonly inAll: number; readonly own: number }): number {
    const inAll = this.#options.maxSessions - this.#used + this.#coming + room.inAll - this.#waiters.length;
    const own = (this.#options.maxSessionsPerKey ?? Number.POSITIVE_INFINITY) - (this.#usedBy.get(owner) ?? 0);
    return Math.max(0, Math.min(inAll, own + room.own));
  }

  /** The most slots that this owner can have. */
  get limitPerOwner(): number {
    return Math.min(this.#options.maxSessions, this.#options.maxSessionsPerKey ?? Number.POSITIVE_INFINITY);
  }

  /**
   * Takes a slot, or waits for one.
   *
   * @param timeoutMs how long it waits; absent: until the signal aborts
   * @throws MooringError `CODE-0029` when this owner is at its limit, `CODE-0001` when the server is, each with
   *   `retryAfterMs`; the signal's reason when it aborts first
   */
  async acquire(owner: string, timeoutMs: number | undefined, signal: AbortSignal): Promise<SessionSlot> {
    signal.throwIfAborted();
    const startedAt = performance.now();
    try {
      if (this.#waiters.every((waiter) => !this.#grantable(waiter.owner)) && this.#grantable(owner))
        return this.#take(owner);
      return await this.#wait(owner, timeoutMs, signal);
    } finally {
      this.#options.onWaited(performance.now() - startedAt);
    }
  }

  /** To be called when a session has become one that may be ended for room. */
  roomMayBeMade(): void {
    const askedInVain = new Set<string | undefined>();
    for (const { owner } of this.#waiters) {
      if (this.#coming >= this.#waiters.length) return;
      const whose = this.#ownFree(owner) ? undefined : owner;
      if (!askedInVain.has(whose) && !this.#askForRoom(whose)) askedInVain.add(whose);
    }
  }

  #wait(owner: string, timeoutMs: number | undefined, signal: AbortSignal): Promise<SessionSlot> {
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
      const onTimeout = (): void => {
        leave();
        reject(this.fullError(owner, timeoutMs ?? 0));
      };
      const timer = timeoutMs === undefined ? undefined : setTimeout(onTimeout, timeoutMs);
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiters.push(waiter);
      if (this.#coming < this.#waiters.length) this.#askForRoom(this.#ownFree(owner) ? undefined : owner);
    });
  }

  /** @param whose whose sessions alone may be ended */
  #askForRoom(whose: string | undefined): boolean {
    const isComing = this.#options.makeRoom(whose);
    if (isComing) this.#coming += 1;
    return isComing;
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

  /** What a caller is told that waited in vain. */
  fullError(owner: string, waitedMs: number): MooringError {
    const retryAfterMs = this.#options.retryAfterMs();
    const waited = `none came free within ${Math.round(waitedMs)} ms`;
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
