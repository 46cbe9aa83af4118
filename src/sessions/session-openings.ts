import { drainingError, MooringError } from '../errors.js';
import { abortable } from '../util/deadline.js';
import type { Session } from './session.js';
import { keyOf, type SessionTarget } from './session-target.js';

/** A session on its way. Callers that ask for it meanwhile get the same one. */
export interface Opening {
  readonly target: SessionTarget;
  readonly byCreate: boolean;
  readonly session: Promise<Session>;
}

interface Entry extends Opening {
  readonly controller: AbortController;
  hasSlot: boolean;
  callers: number;
}

export interface SessionOpeningsOptions {
  /** Opens a session; calls `onSlot` when it has a slot. */
  readonly open: (
    target: SessionTarget,
    byCreate: boolean,
    signal: AbortSignal,
    onSlot: () => void,
  ) => Promise<Session>;
  /** The error for a caller whose session got no slot in its time. */
  readonly noSlotError: (owner: string, waitedMs: number) => Error;
  /** Called when one fails or is given up, while it is still found. */
  readonly onFailed: (target: SessionTarget, byCreate: boolean, error: unknown) => void;
}

/** The sessions on their way: each is opened once for all its callers, and given up when the last of them leaves. */
export class SessionOpenings {
  readonly #options: SessionOpeningsOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #givenUp = new Set<Promise<void>>();
  #isClosed = false;

  constructor(options: SessionOpeningsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  find(owner: string, id: string): Opening | undefined {
    return this.#entries.get(keyOf({ owner, id }));
  }

  /**
   * Waits for the session that is on its way, or starts to open it.
   *
   * @throws MooringError as opening does; the signal's reason when it aborts first, or that there was no slot in that time
   */
  async join(target: SessionTarget, byCreate: boolean, signal: AbortSignal): Promise<Session> {
    const entry = this.#entries.get(keyOf(target)) ?? this.#start(target, byCreate);
    entry.callers += 1;
    const startedAt = performance.now();
    try {
      const session = await abortable(entry.session, signal);
      entry.callers -= 1;
      return session;
    } catch (error) {
      const isLate = signal.aborted && error instanceof MooringError && error.code === 'NAVIGATION_TIMEOUT';
      const reason =
        isLate && !entry.hasSlot ? this.#options.noSlotError(target.owner, performance.now() - startedAt) : error;
      entry.callers -= 1;
      if (entry.callers === 0 && signal.aborted) {
        this.#options.onFailed(target, byCreate, reason);
        this.#giveUp(entry, reason);
      }
      throw reason;
    }
  }

  /** Gives up the session of this ID, if it is on its way, and waits until what was opened for it is closed. */
  async cancel(owner: string, id: string, reason: unknown): Promise<void> {
    const entry = this.#entries.get(keyOf({ owner, id }));
    if (!entry) return;
    this.#giveUp(entry, reason);
    await entry.session.catch(() => {});
  }

  /** Gives up all, opens none from now on, and waits until what was opened for them is closed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const entries = [...this.#entries.values()];
    const reason = drainingError();
    for (const { controller } of entries) controller.abort(reason);
    await Promise.allSettled([...entries.map(({ session }) => session), ...this.#givenUp]);
  }

  #start(target: SessionTarget, byCreate: boolean): Entry {
    const controller = new AbortController();
    const session = this.#open(target, byCreate, controller.signal, () => {
      entry.hasSlot = true;
    })
      .catch((error: unknown) => {
        // Before the ID counts as one that was never seen. Of one that was given up, it is known already.
        if (this.#entries.get(keyOf(target)) === entry) this.#options.onFailed(target, byCreate, error);
        throw error;
      })
      .finally(() => this.#forget(entry));
    session.catch(() => {}); // every caller gets the failure through `join`
    const entry: Entry = { target, byCreate, session, controller, hasSlot: false, callers: 0 };
    this.#entries.set(keyOf(target), entry);
    return entry;
  }

  async #open(target: SessionTarget, byCreate: boolean, signal: AbortSignal, onSlot: () => void): Promise<Session> {
    if (this.#isClosed) throw drainingError();
    return this.#options.open(target, byCreate, signal, onSlot);
  }

  /** Nobody joins it from now on: the next caller starts another. */
  #giveUp(entry: Entry, reason: unknown): void {
    this.#options.onFailed(entry.target, entry.byCreate, reason);
    entry.controller.abort(reason);
    this.#forget(entry);
    const settled = entry.session
      .then(
        () => {},
        () => {},
      )
      .finally(() => this.#givenUp.delete(settled));
    this.#givenUp.add(settled);
  }

  #forget(entry: Entry): void {
    const key = keyOf(entry.target);
    if (this.#entries.get(key) === entry) this.#entries.delete(key);
  }
}
