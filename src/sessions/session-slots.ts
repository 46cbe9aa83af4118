import { MooringError, settingName } from '../errors.js';
import { WaitQueue } from '../util/wait-queue.js';

export interface SessionSlotsOptions {
  /** Slots in all. */
  readonly maxSessions: number;
  /** Slots for one owner. If omitted, as many as there are. */
  readonly maxSessionsPerKey?: number | undefined;
  /** Places for those that wait, in all; one owner may have half of them. */
  readonly maxWaiting: number;
  /**
   * Asks for room: ends one session, or puts one to sleep, that may be for it, of this owner if one is named. Its slot
   * comes back when it has closed; if it does not after all, `roomFailed` is called. @returns false if there was none
   */
  readonly makeRoom: (owner: string | undefined) => boolean;
  /** About how long until a slot is free again. */
  readonly retryAfterMs: () => number;
  /** Told how long each caller waited. */
  readonly onWaited: (ms: number) => void;
}

/** Room for one session. */
export interface SessionSlot {
  /** Gives the slot back. Idempotent. */
  release(): void;
}

/**
 * Bounds how many sessions are open: in all, and for each owner. A caller that finds no slot free waits. The next free slot
 * is for the owner that has the fewest, and among its callers in order of arrival. Room is made by ending others' sessions
 * only for an owner that has less than its share, which is the same for all that have or want slots.
 */
export class SessionSlots {
  readonly #options: SessionSlotsOptions;
  readonly #waiters = new WaitQueue<SessionSlot>();
  readonly #usedBy = new Map<string, number>();
  #used = 0;
  /** Slots on their way back because room was asked for. */
  #coming = 0;
  #isMemoryShort = false;

  constructor(options: SessionSlotsOptions) {
    this.#options = options;
  }

  get used(): number {
    return this.#used;
  }

  get waiting(): number {
    return this.#waiters.size;
  }

  /**
   * Slots that this owner could take now, behind those that wait.
   *
   * @param room how many more would come free if room were made: in all, and by ending this owner's own
   */
  freeFor(owner: string, room: { readonly inAll: number; readonly own: number }): number {
    const inAll = this.#options.maxSessions - this.#used + this.#coming + room.inAll - this.#waiters.size;
    const own = (this.#options.maxSessionsPerKey ?? Number.POSITIVE_INFINITY) - this.#usedOf(owner);
    return Math.max(0, Math.min(inAll, own + room.own));
  }

  /** The most slots that this owner can have. */
  get limitPerOwner(): number {
    return Math.min(this.#options.maxSessions, this.#options.maxSessionsPerKey ?? Number.POSITIVE_INFINITY);
  }

  /**
   * Takes a slot, or waits for one.
   *
   * @param timeoutMs how long it waits; if undefined, until the signal aborts
   * @throws MooringError `TOO_MANY_SESSIONS` when this owner is at its limit, `NO_CAPACITY` when the server is, or too many wait
   *   already, each with `retryAfterMs`; the signal's reason when it aborts first
   */
  async acquire(owner: string, timeoutMs: number | undefined, signal: AbortSignal): Promise<SessionSlot> {
    signal.throwIfAborted();
    const startedAt = performance.now();
    try {
      if ([...this.#waiters.owners].every((other) => !this.#grantable(other)) && this.#grantable(owner))
        return this.#take(owner);
      this.#assertMayWait(owner);
      return await this.#wait(owner, timeoutMs, signal);
    } finally {
      this.#options.onWaited(performance.now() - startedAt);
    }
  }

  /** To be called when a session has become one that may be ended for room. */
  roomMayBeMade(): void {
    const askedInVain = new Set<string | undefined>();
    for (const owner of this.#waiters.callers()) {
      if (this.#coming >= this.#waiters.size) return;
      const whose = this.#mayTakeFromOthers(owner) ? undefined : owner;
      if (!askedInVain.has(whose) && !this.#askForRoom(whose)) askedInVain.add(whose);
    }
  }

  /** To be called when a slot does not come back that room was made for: another one is asked for. */
  roomFailed(): void {
    if (this.#coming > 0) this.#coming -= 1;
    this.roomMayBeMade();
  }

  /** While memory is short, no slot is given out, but one if there is none. */
  set isMemoryShort(isShort: boolean) {
    this.#isMemoryShort = isShort;
    if (!isShort) while (this.#grantNext());
  }

  #wait(owner: string, timeoutMs: number | undefined, signal: AbortSignal): Promise<SessionSlot> {
    const ahead = this.#waiters.size;
    const timeoutError = (): MooringError => this.fullError(owner, timeoutMs ?? 0, ahead);
    const slot = this.#waiters.wait(signal, { owner, timeoutMs, timeoutError });
    if (this.#coming < this.#waiters.size) this.#askForRoom(this.#mayTakeFromOthers(owner) ? undefined : owner);
    return slot;
  }

  /** @param whose whose sessions alone may be ended */
  #askForRoom(whose: string | undefined): boolean {
    const isComing = this.#options.makeRoom(whose);
    if (isComing) this.#coming += 1;
    return isComing;
  }

  /** Whether it has less than each would, if all that have or want slots had as many. */
  #mayTakeFromOthers(owner: string): boolean {
    const owners = new Set([...this.#usedBy.keys(), ...this.#waiters.owners, owner]);
    return this.#ownFree(owner) && this.#usedOf(owner) < this.#options.maxSessions / owners.size;
  }

  #assertMayWait(owner: string): void {
    const { maxWaiting, retryAfterMs } = this.#options;
    const own = this.#waiters.sizeOf(owner);
    if (this.#waiters.size < maxWaiting && own < Math.max(1, maxWaiting / 2)) return;
    throw new MooringError(
      'NO_CAPACITY',
      `expected a place among those that wait for a session slot; ${this.#waiters.size} wait, ${own} of them for this key (${settingName('queueLimit')}).`,
      { retryAfterMs: retryAfterMs() },
    );
  }

  #usedOf(owner: string): number {
    return this.#usedBy.get(owner) ?? 0;
  }

  #ownFree(owner: string): boolean {
    return this.#usedOf(owner) < (this.#options.maxSessionsPerKey ?? Number.POSITIVE_INFINITY);
  }

  #grantable(owner: string): boolean {
    const hasRoom = this.#used < (this.#isMemoryShort ? 1 : this.#options.maxSessions);
    return hasRoom && this.#ownFree(owner);
  }

  #take(owner: string): SessionSlot {
    this.#used += 1;
    this.#usedBy.set(owner, this.#usedOf(owner) + 1);
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
        this.#grantNext();
      },
    };
  }

  #grantNext(): boolean {
    const next = this.#waiters.take((one) => (this.#grantable(one) ? this.#usedOf(one) : undefined));
    next?.grant(this.#take(next.owner));
    return next !== undefined;
  }

  /** The error for a caller that waited and got no slot. @param ahead how many waited before it; if omitted, that is not told */
  fullError(owner: string, waitedMs: number, ahead?: number): MooringError {
    const retryAfterMs = this.#options.retryAfterMs();
    const place =
      ahead === undefined ? '' : ahead === 0 ? '; it was the first that waited' : `; ${ahead} waited before it`;
    const waited = `none came free within ${Math.round(waitedMs)} ms${place}`;
    const full = this.#isMemoryShort
      ? `memory is short (${this.#used} are in use)`
      : `all ${this.#options.maxSessions} of this server are in use`;
    return this.#ownFree(owner)
      ? new MooringError('NO_CAPACITY', `expected a free session slot, but ${full} and ${waited}.`, { retryAfterMs })
      : new MooringError(
          'TOO_MANY_SESSIONS',
          `expected a free session slot, but all ${this.#options.maxSessionsPerKey} of this key are in use and ${waited}.`,
          { retryAfterMs },
        );
  }
}
