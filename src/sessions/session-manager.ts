import { MooringError } from '../errors.js';
import type { SessionRow } from '../protocol/replies/session-row.js';
import { noOptions, type SessionOptions } from '../protocol/values/session-options.js';
import {
  namesUpstream,
  type UpstreamPreferences,
  type WantedUpstream,
  wantedUpstream,
} from '../protocol/values/upstream-preferences.js';
import { abortable } from '../util/deadline.js';
import { describeEnd, type EndedSession, type EndReason, sessionEndedError } from './ended-sessions.js';
import { applyRequestOptions } from './request-options.js';
import type { Session } from './session.js';
import { type FailedCommand, SessionHistory } from './session-history.js';
import type { SessionLease } from './session-lease.js';
import { SessionOpener, type SessionOpenerOptions } from './session-opener.js';
import { SessionOpenings } from './session-openings.js';
import { differingOptions } from './session-options.js';
import { SessionReaper } from './session-reaper.js';
import { SessionSlots } from './session-slots.js';
import { keyOf, type RequestTarget, type SessionTarget } from './session-target.js';
import { SessionTurn } from './session-turn.js';

/** What happens to sessions, for metrics. */
export interface SessionObserver {
  created(ms: number): void;
  ended(reason: EndReason, session: { readonly id: string; readonly owner: string }): void;
  waitedForSlot(ms: number): void;
  waitedForTurn(ms: number): void;
  /** Closing what a session owned failed. */
  closeFailed(id: string, error: unknown): void;
}

export interface SessionManagerOptions extends Omit<SessionOpenerOptions, 'slots' | 'onOpened' | 'onEnded' | 'onIdle'> {
  readonly maxSessions: number;
  readonly maxSessionsPerKey: number | undefined;
  /** How many may wait for a slot at once. */
  readonly queueLimit: number;
  readonly observer: SessionObserver;
}

const reapEveryMs = 500;

/** The set of sessions: which are open, who may use them, and when they end. */
export class SessionManager {
  readonly #options: SessionManagerOptions;
  readonly #sessions = new Map<string, Session>();
  readonly #closing = new Set<Promise<void>>();
  readonly #history: SessionHistory;
  readonly #slots: SessionSlots;
  readonly #opener: SessionOpener;
  readonly #openings: SessionOpenings;
  readonly #reaper: SessionReaper;
  #closed: Promise<void> | undefined;

  constructor(options: SessionManagerOptions) {
    this.#options = options;
    this.#history = new SessionHistory({ hasPool: options.proxies.hasPool });
    this.#slots = new SessionSlots({
      maxSessions: options.maxSessions,
      maxSessionsPerKey: options.maxSessionsPerKey,
      maxWaiting: options.queueLimit,
      makeRoom: (owner) => this.#evictOldestAnonymous(owner),
      retryAfterMs: () => this.#untilNextExpiryMs(),
      onWaited: (ms) => options.observer.waitedForSlot(ms),
    });
    this.#opener = new SessionOpener({
      ...options,
      slots: this.#slots,
      onOpened: (session, ms) => this.#onOpened(session, ms),
      onEnded: (session, ended, closed) => this.#onEnded(session, ended, closed),
      onIdle: () => this.#slots.roomMayBeMade(),
    });
    this.#openings = new SessionOpenings({
      open: (...opening) => this.#opener.open(...opening),
      noSlotError: (owner, waitedMs) => this.#slots.fullError(owner, waitedMs),
      onFailed: (target, byCreate, error) => this.#onFailed({ ...target, byCreate, error }),
    });
    this.#reaper = new SessionReaper({ everyMs: reapEveryMs, sessions: () => this.#sessions.values() });
  }

  start(): void {
    this.#reaper.start();
  }

  /** Sessions by state, for metrics. */
  get counts(): Readonly<Record<Session['state'] | 'opening' | 'queued', number>> {
    const counts = { open: 0, busy: 0, paused: 0, attached: 0 };
    for (const { state } of this.#sessions.values()) counts[state] += 1;
    const queued = this.#slots.waiting;
    return { ...counts, opening: this.#openings.size - queued, queued };
  }

  /**
   * The session of this ID; made if there is none. One that ended or failed before starts afresh.
   *
   * @throws MooringError `SESSION_EXISTS` when it is open with other options, `NO_CAPACITY` or `TOO_MANY_SESSIONS` when no slot
   *   came free, `BROWSER_FAILED` when the browser did not open it, `DRAINING`
   */
  async create(target: SessionTarget, signal: AbortSignal): Promise<Session> {
    try {
      const open = this.#sessions.get(keyOf(target));
      const made = open?.options ?? this.#openings.find(target.owner, target.id)?.target.options;
      if (made) assertSameOptions(target, made);
      this.#history.forgetFailure(target.owner, target.id);
      const session = open ?? (await this.#join(target, true, signal));
      session.renew();
      session.claim();
      return session;
    } catch (error) {
      this.#onFailed({ ...target, byCreate: true, error });
      throw error;
    }
  }

  /**
   * A request's turn on its session, in order of arrival. An ID that was never seen is created, as is one that no
   * `sessions.create` made and that ended. The request's options are applied to a session that is open.
   *
   * @throws MooringError as `create`, `Session.lease` and `applyRequestOptions` do; `SESSION_ENDED`, `SESSION_NOT_FOUND`;
   *   and the earlier failure, if the session could not be opened as it was asked for
   */
  async lease(asked: RequestTarget, signal: AbortSignal): Promise<SessionTurn> {
    const key = keyOf(asked);
    const target = this.#asOpen(asked);
    let found: Session | undefined;
    try {
      const before = this.#assertMayUse(target);
      const wanted = wantedUpstream(target.options.upstream);
      const created = !this.isActive(target.owner, target.id);
      const session = this.#sessions.get(key) ?? (await this.#join(target, false, signal));
      found = session;
      return await this.#turn(session, target, wanted, created ? { before } : undefined, signal);
    } catch (error) {
      // It ended by `closeAfterUse` while this request waited for its turn: nothing was sent.
      if (found?.endedAfterUse && error === found.over.reason && !signal.aborted) return this.lease(asked, signal);
      this.#onFailed({ ...target, byCreate: false, error });
      // It was opened for this request alone.
      if (!target.named) this.#sessions.get(key)?.unreserve();
      throw error;
    }
  }

  /** What a request asks of its session, where that is open and is to keep its options. */
  #asOpen(target: RequestTarget): RequestTarget {
    const open = this.#sessions.get(keyOf(target));
    if (!target.keepsOptions || !this.isActive(target.owner, target.id)) return target;
    const { proxy } = target.options.upstream;
    const upstream = open?.isDirect && proxy !== undefined ? { proxy } : {};
    return { ...target, options: { ...noOptions, upstream } };
  }

  /** @param opened given when the session was opened for this request, with the session before it, if there was one */
  async #turn(
    session: Session,
    target: RequestTarget,
    wanted: WantedUpstream,
    opened: { readonly before: EndedSession | undefined } | undefined,
    signal: AbortSignal,
  ): Promise<SessionTurn> {
    const startedAt = performance.now();
    const lease = await session.lease(signal);
    this.#options.observer.waitedForTurn(performance.now() - startedAt);
    try {
      if (opened) {
        const { before } = opened;
        return new SessionTurn(session, lease, true, before ? [afresh(target.id, before)] : []);
      }
      this.#history.assertMayUse(session, target); // a request before it in the lane may have failed to move it
      const warnings = await applyRequestOptions(session, target, wanted, this.#options.proxies, signal);
      if (namesUpstream(target.options.upstream)) this.#history.forgetFailure(target.owner, target.id);
      return new SessionTurn(session, lease, false, warnings);
    } catch (error) {
      lease[Symbol.dispose]();
      throw error;
    }
  }

  /**
   * Checks whether a request may use this ID, or open it.
   *
   * @returns the session before it, if it is to start afresh
   * @throws MooringError as `SessionHistory.assertMayUse` and `assertMayOpen`
   */
  #assertMayUse(target: RequestTarget): EndedSession | undefined {
    const open = this.#sessions.get(keyOf(target));
    if (open) this.#history.assertMayUse(open, target);
    return this.isActive(target.owner, target.id) ? undefined : this.#history.assertMayOpen(target);
  }

  /** Keeps that a command for this ID failed before the session was as it was asked for. */
  #onFailed(command: FailedCommand): void {
    this.#history.onFailed(command, this.#sessions.get(keyOf(command)));
  }

  /** Runs a check that comes before `lease`, and keeps its failure as that does. */
  checked<T>(target: SessionTarget, check: () => T): T {
    try {
      return check();
    } catch (error) {
      this.#onFailed({ ...target, byCreate: false, error });
      throw error;
    }
  }

  /**
   * Keeps that a command was refused before it came here.
   *
   * @param options what it asked for; undefined if that could not be read, and may have been a proxy
   */
  refused(owner: string, id: string, byCreate: boolean, options: SessionOptions | undefined, error: unknown): void {
    this.#onFailed({ owner, id, named: true, options, byCreate, error });
  }

  /**
   * Makes an idle session anew that is older than this, with the options that it has: its upstream stays its own. A
   * younger or busy one stays, and one that is not there is not made.
   *
   * @throws MooringError as `create`
   */
  async renewOlder(owner: string, id: string, olderThanMs: number, signal: AbortSignal): Promise<void> {
    const old = this.#sessions.get(keyOf({ owner, id }));
    if (!old || old.state === 'busy' || old.state === 'attached' || Date.now() - old.createdAt <= olderThanMs) return;
    const target = { owner, id, named: !old.anonymous, options: old.options };
    void old.end('destroyed').catch(() => {}); // reported to onEnded
    // At once: a request between the two would open the session with options of its own.
    try {
      await this.#join(target, old.byCreate, signal);
    } catch (error) {
      this.#onFailed({ ...target, byCreate: old.byCreate, error });
      throw error;
    }
  }

  /** Whether this ID is open, or would be after a moment. */
  isActive(owner: string, id: string): boolean {
    return this.#sessions.has(keyOf({ owner, id })) || this.#openings.find(owner, id) !== undefined;
  }

  /** Whether this ID was open, or could not be opened, and that is remembered. */
  isRemembered(owner: string, id: string): boolean {
    return this.#history.knows(owner, id);
  }

  /** Ends a session, if there is one, and waits until it is closed. */
  async destroy(owner: string, id: string): Promise<void> {
    await this.#openings.cancel(owner, id, sessionEndedError(id, { reason: 'destroyed', endedAt: Date.now() }));
    await this.#sessions.get(keyOf({ owner, id }))?.end('destroyed');
  }

  list(owner: string): SessionRow[] {
    const now = Date.now();
    return [...this.#sessions.values()]
      .filter((session) => session.owner === owner)
      .map((session) => ({
        session: session.id,
        lastAccessed: session.lastAccessedAt,
        createdAt: session.createdAt,
        idleMs: Math.max(0, now - session.lastAccessedAt),
        bytesIn: session.egress.meter.bytesIn,
        bytesOut: session.egress.meter.bytesOut,
        state: session.state,
        waiting: session.waiting,
        anonymous: session.anonymous,
      }));
  }

  /**
   * Moves an open session to another upstream, when its turn has come; what it was made with otherwise stays.
   *
   * @throws MooringError as `lease` does, but an ID that was never seen is `SESSION_ENDED`; as `ProxySelector.chooseForMove`
   */
  async move(owner: string, id: string, preferences: UpstreamPreferences, signal: AbortSignal): Promise<Session> {
    try {
      const session = await this.#openSession(owner, id, signal);
      using _lease = await session.lease(signal);
      const chosen = await this.#options.proxies.chooseForMove(preferences, signal);
      session.moveTo(chosen, preferences);
      this.#history.forgetFailure(owner, id);
      return session;
    } catch (error) {
      // Whatever was to be said: a session that is to be moved is not to go on directly.
      const options = preferences.direct ? { ...noOptions, upstream: preferences } : undefined;
      this.#onFailed({ owner, id, named: true, options, byCreate: false, error });
      throw error;
    }
  }

  /** Exclusive use of a session that is open. @throws MooringError `SESSION_ENDED`, and as `Session.lease` */
  async leaseOpen(owner: string, id: string, signal: AbortSignal): Promise<SessionLease> {
    const session = await this.#openSession(owner, id, signal);
    return session.lease(signal);
  }

  async #openSession(owner: string, id: string, signal: AbortSignal): Promise<Session> {
    const opening = this.#openings.find(owner, id);
    if (opening) await abortable(opening.session, signal);
    const session = this.#sessions.get(keyOf({ owner, id }));
    if (!session) throw sessionEndedError(id, this.#history.ended(owner, id));
    return session;
  }

  /** Refuses a URL that no session may go to. @throws MooringError `DESTINATION_FORBIDDEN` */
  assertUrl(url: string): void {
    this.#options.egress.assertUrl(url);
  }

  /** Sessions that this owner could still open now, those counted for which room would be made. */
  freeSlots(owner: string): number {
    const evictable = [...this.#sessions.values()].filter((session) => session.evictable);
    return this.#slots.freeFor(owner, {
      inAll: evictable.length,
      own: evictable.filter((session) => session.owner === owner).length,
    });
  }

  /** The most sessions that one owner can have. */
  get limit(): number {
    return this.#slots.limitPerOwner;
  }

  /** Ends every session and waits until all are closed. Idempotent: repeated calls return the same promise. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#reaper.close();
    await this.#openings.close();
    await Promise.allSettled([...this.#sessions.values()].map((session) => session.end('drained')));
    await Promise.allSettled([...this.#closing]);
  }

  /** The session that is on its way, or else a new one. */
  #join(target: SessionTarget, byCreate: boolean, signal: AbortSignal): Promise<Session> {
    const { owner, id } = target;
    if (!this.#openings.find(owner, id)) this.#history.forgetFailure(owner, id);
    return this.#openings.join(target, byCreate, signal);
  }

  #onOpened(session: Session, ms: number): void {
    this.#history.onOpened(session);
    this.#sessions.set(keyOf(session), session);
    this.#options.observer.created(ms);
  }

  #onEnded(session: Session, ended: EndedSession, closed: Promise<void>): void {
    this.#sessions.delete(keyOf(session));
    this.#history.onEnded(session, ended);
    this.#options.observer.ended(ended.reason, session);
    const settled = closed
      .catch((error: unknown) => this.#options.observer.closeFailed(session.id, error))
      .finally(() => this.#closing.delete(settled));
    this.#closing.add(settled);
  }

  #evictOldestAnonymous(owner: string | undefined): boolean {
    let oldest: Session | undefined;
    for (const session of this.#sessions.values()) {
      if (!session.evictable || (owner !== undefined && session.owner !== owner)) continue;
      if (!oldest || session.lastAccessedAt < oldest.lastAccessedAt) oldest = session;
    }
    void oldest?.end('evicted').catch(() => {}); // reported to onEnded
    return oldest !== undefined;
  }

  #untilNextExpiryMs(): number {
    const now = performance.now();
    const waits = [...this.#sessions.values()].map((session) => session.expiry.at - now);
    return Math.round(Math.min(30_000, Math.max(1000, ...[Math.min(...waits, 30_000)])));
  }
}

/** What is said of a session that ended and starts afresh. */
const afresh = (id: string, ended: EndedSession): string =>
  `The session ${id} was opened afresh, without its cookies and storage: the last one of this ID ${describeEnd(ended)}.`;

/** The same ID again is the same session, unless options are named that it was not made with. */
function assertSameOptions(target: SessionTarget, made: SessionOptions): void {
  const differing = differingOptions(target.options, made).map((name) => `\`${name}\``);
  if (differing.length === 0) return;
  throw new MooringError(
    'SESSION_EXISTS',
    `expected options absent or equal to those session ${target.id} was made with; ${differing.join(', ')} differ${differing.length > 1 ? '' : 's'}.`,
  );
}
