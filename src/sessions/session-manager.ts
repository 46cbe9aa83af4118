import { randomBytes } from 'node:crypto';
import { MooringError } from '../errors.js';
import { optionFields } from '../protocol/fields/option-fields.js';
import type { SessionRow } from '../protocol/replies/session-row.js';
import { noOptions, type SessionOptions } from '../protocol/values/session-options.js';
import { restoreOptions } from '../protocol/values/stored-options.js';
import {
  namesUpstream,
  type UpstreamPreferences,
  type WantedUpstream,
  wantedUpstream,
} from '../protocol/values/upstream-preferences.js';
import type { SnapshotStore } from '../snapshots/snapshot-store.js';
import { abortable } from '../util/deadline.js';
import { BoundedMemory } from './bounded-memory.js';
import { describeEnd, type EndedSession, type EndReason, sessionEndedError } from './ended-sessions.js';
import { applyRequestOptions } from './request-options.js';
import { Session } from './session.js';
import { SessionEvents } from './session-events.js';
import { SessionFollowers } from './session-followers.js';
import { type FailedCommand, SessionHistory } from './session-history.js';
import type { SessionLease } from './session-lease.js';
import { SessionOpener, type SessionOpenerOptions } from './session-opener.js';
import { SessionOpenings } from './session-openings.js';
import { differingOptions } from './session-options.js';
import { SessionReaper } from './session-reaper.js';
import { goesDirectly, type SessionRecord } from './session-record.js';
import { SessionRoom } from './session-room.js';
import { asleepRow, awakeRow } from './session-rows.js';
import { SessionSlots } from './session-slots.js';
import { keyOf, type RequestTarget, type SessionTarget } from './session-target.js';
import { SessionTurn } from './session-turn.js';
import { type SleepingSession, SleepingSessions } from './sleeping-sessions.js';

/** What happens to sessions, for metrics. */
export interface SessionObserver {
  created(ms: number): void;
  ended(reason: EndReason, session: { readonly id: string; readonly owner: string }): void;
  /** @param isLost whether its browser was lost; if not, the session let go of it */
  fellAsleep(session: { readonly id: string; readonly owner: string }, isLost: boolean): void;
  woke(ms: number): void;
  waitedForSlot(ms: number): void;
  waitedForTurn(ms: number): void;
  /** Closing what a session owned failed. */
  closeFailed(id: string, error: unknown): void;
}

export interface SessionManagerOptions
  extends Omit<SessionOpenerOptions, 'slots' | 'onOpened' | 'onEnded' | 'onAsleep' | 'onIdle' | 'lasting'> {
  /** Where sessions are kept that are to last. If undefined, there are none. */
  readonly store: SnapshotStore | undefined;
  /** How many may sleep until no other is taken in that is to last: in all, and of one owner. */
  readonly keptLimit: number;
  readonly keptLimitPerOwner: number;
  /** Whether the store seals what it keeps. */
  readonly isSealed: boolean;
  /** How long a session that is to last sleeps at most. */
  readonly persistTtlMs: number;
  /** Whether sessions survive the crash of their browser. */
  readonly restoresCrashed: boolean;
  readonly maxSessions: number;
  /** Whether memory is the limit: then any session that rests is put to sleep for room, else those alone that are to last. */
  readonly sleepsForRoom: boolean;
  readonly maxSessionsPerKey: number | undefined;
  /** How many may wait for a slot at once. */
  readonly queueLimit: number;
  readonly observer: SessionObserver;
}

/** A session that is open, with its turn. */
export interface OpenTurn {
  readonly session: Session;
  readonly lease: SessionLease;
}

const reapEveryMs = 500;
/** Of how many sessions that have ended the last events are kept. */
const endedWithEvents = { maxPerOwner: 300, max: 1000 };
/** The most of a session's state that is kept: storage is 10 MB an origin at most, databases are as large as they like. */
const maxStateBytes = 64 * 1024 ** 2;
/** Memory for sessions that sleep without a store, compressed. */
const sleepingBytes = 512 * 1024 ** 2;
/** How long a session stays awake that could not be put to sleep, until that is tried again. */
const sleepAgainMs = 15_000;

/** The set of sessions: which are open, who may use them, and when they end. */
export class SessionManager {
  readonly #options: SessionManagerOptions;
  readonly #sessions = new Map<string, Session>();
  readonly #closing = new Set<Promise<void>>();
  readonly #history: SessionHistory;
  readonly #eventsOfEnded = new BoundedMemory<SessionEvents>(endedWithEvents);
  readonly #slots: SessionSlots;
  readonly #opener: SessionOpener;
  readonly #openings: SessionOpenings;
  readonly #room: SessionRoom;
  readonly #sleeping: SleepingSessions;
  readonly #reaper: SessionReaper<Session | SleepingSession>;
  readonly #followers = new SessionFollowers();
  #closed: Promise<void> | undefined;

  constructor(options: SessionManagerOptions) {
    this.#options = options;
    this.#history = new SessionHistory({ hasPool: options.proxies.hasPool });
    this.#slots = new SessionSlots({
      maxSessions: options.maxSessions,
      maxSessionsPerKey: options.maxSessionsPerKey,
      maxWaiting: options.queueLimit,
      makeRoom: (owner) => this.#room.make(owner),
      retryAfterMs: () => this.#untilNextExpiryMs(),
      onWaited: (ms) => options.observer.waitedForSlot(ms),
    });
    this.#sleeping = new SleepingSessions({
      store: options.store,
      persistTtlMs: options.persistTtlMs,
      memoryBytes: sleepingBytes,
    });
    this.#room = new SessionRoom({
      sessions: () => this.#sessions.values(),
      slots: this.#slots,
      isMemoryTheLimit: options.sleepsForRoom,
      hasRoomToSleep: () => this.#sleeping.hasRoom,
      leavesRetired: options.restoresCrashed,
    });
    this.#opener = new SessionOpener({
      ...options,
      slots: this.#slots,
      lasting: {
        assertRoom: (owner) => this.#assertRoomToLast(owner),
        store: options.store && ((record) => this.#sleeping.keep(record)),
        isSealed: options.isSealed,
        restoresCrashed: options.restoresCrashed,
        maxStateBytes,
      },
      onOpened: (session, ms) => this.#onOpened(session, ms),
      onEnded: (session, ended, closed) => this.#onEnded(session, ended, closed),
      onAsleep: (session, record, closed) => this.#onAsleep(session, record, closed),
      onIdle: () => this.#slots.roomMayBeMade(),
    });
    this.#openings = new SessionOpenings({
      open: (...opening) => this.#opener.open(...opening),
      noSlotError: (owner, waitedMs) => this.#slots.fullError(owner, waitedMs),
      onFailed: (target, byCreate, error) => this.#onFailed({ ...target, byCreate, error }),
    });
    this.#reaper = new SessionReaper({
      everyMs: reapEveryMs,
      sessions: () => this.#mortals(),
      onExpired: (session, reason) => void this.#onExpired(session, reason),
      onLooked: () => this.#room.leaveRetired(),
    });
  }

  /** Finds the sessions that an earlier run has left, and begins to end those whose time is over. */
  async start(): Promise<void> {
    await this.#sleeping.load();
    this.#reaper.start();
    this.#room.start();
  }

  /** Sessions by state, for metrics. */
  get counts(): Readonly<Record<Session['state'] | 'asleep' | 'opening' | 'queued', number>> {
    const counts = { open: 0, busy: 0, paused: 0, attached: 0, asleep: this.#sleeping.size };
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
      const asleep = this.#stillAsleep(await this.#recordOf(target));
      const open = this.#sessions.get(keyOf(target));
      const made = open?.options ?? this.#openings.find(target.owner, target.id)?.target.options ?? asleep?.options;
      if (made) assertSameOptions(target, made);
      this.#history.forgetFailure(target.owner, target.id);
      const session = open ?? (await this.#join(asleep ?? target, true, signal));
      session.renew();
      session.claim();
      await session.keep(signal);
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
    let target = asked;
    let found: Session | undefined;
    try {
      const read = await this.#recordOf(asked);
      // From here on nothing is waited for until the session is opening: what is checked holds then.
      const asleep = this.#stillAsleep(read);
      target = this.#asOpen(asked, asleep?.record);
      const before = this.#assertMayUse(target);
      const wanted = wantedUpstream(target.options.upstream);
      const created = !this.isActive(target.owner, target.id);
      const session = this.#sessions.get(key) ?? (await this.#join(asleep ?? target, false, signal));
      found = session;
      return await this.#turn(session, target, wanted, created ? { before } : undefined, signal);
    } catch (error) {
      // It ended by `closeAfterUse`, or fell asleep, while this request waited for its turn: nothing was sent.
      const isGone = found?.endedAfterUse || found?.isAsleep;
      if (isGone && error === found?.over.reason && !signal.aborted) return this.lease(asked, signal);
      this.#onFailed({ ...target, byCreate: false, error });
      // It was opened for this request alone.
      if (!target.named) this.#sessions.get(key)?.unreserve();
      throw error;
    }
  }

  /** What a request asks of its session, where that is open or sleeps and is to keep its options. */
  #asOpen(target: RequestTarget, asleep: SessionRecord | undefined): RequestTarget {
    const open = this.#sessions.get(keyOf(target));
    if (!target.keepsOptions || !this.isActive(target.owner, target.id)) return target;
    const { proxy } = target.options.upstream;
    const isDirect = open ? open.isDirect : asleep !== undefined && goesDirectly(asleep);
    const upstream = isDirect && proxy !== undefined ? { proxy } : {};
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
    this.#history.onFailed(
      command,
      this.#sessions.get(keyOf(command)) ?? this.#sleeping.asOpen(command.owner, command.id),
    );
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
    // One that sleeps is woken first, so that there is one way to make it anew.
    const asleep = this.#sleeping.find(owner, id);
    if (asleep && Date.now() - asleep.head.createdAt > olderThanMs) await this.#openSession(owner, id, signal);
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

  /** Whether this ID is open, sleeps, or would be open after a moment. */
  isActive(owner: string, id: string): boolean {
    return (
      this.#sessions.has(keyOf({ owner, id })) ||
      this.#openings.find(owner, id) !== undefined ||
      this.#sleeping.find(owner, id) !== undefined
    );
  }

  /** Whether this ID was open, or could not be opened, and that is remembered. */
  isRemembered(owner: string, id: string): boolean {
    return this.#history.knows(owner, id);
  }

  /** Ends a session, if there is one, and waits until it is closed. */
  async destroy(owner: string, id: string): Promise<void> {
    await this.#openings.cancel(owner, id, sessionEndedError(id, { reason: 'destroyed', endedAt: Date.now() }));
    await this.#sessions.get(keyOf({ owner, id }))?.end('destroyed');
    const asleep = this.#sleeping.find(owner, id);
    if (asleep) await this.#endAsleep(asleep, 'destroyed');
    else await this.#sleeping.remove(owner, id);
  }

  list(owner: string): SessionRow[] {
    const awake = [...this.#sessions.values()].filter((session) => session.owner === owner);
    // One that is on its way to wake is still among those that sleep.
    const asleep = [...this.#sleeping].filter(({ head }) => head.owner === owner);
    return [...awake.map(awakeRow), ...asleep.map(asleepRow)];
  }

  /**
   * Moves an open session to another upstream, when its turn has come; what it was made with otherwise stays.
   *
   * @throws MooringError as `lease` does, but an ID that was never seen is `SESSION_ENDED`; as `ProxySelector.chooseForMove`
   */
  async move(owner: string, id: string, preferences: UpstreamPreferences, signal: AbortSignal): Promise<Session> {
    try {
      const { session, lease } = await this.#leaseOpen(owner, id, signal);
      using _lease = lease;
      const chosen = await this.#options.proxies.chooseForMove(preferences, signal);
      session.moveTo(chosen, preferences);
      this.#history.forgetFailure(owner, id);
      await session.keep(signal);
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
    return (await this.#leaseOpen(owner, id, signal)).lease;
  }

  /** The same for a client that attaches. @throws MooringError as `leaseOpen` */
  attach(owner: string, id: string, signal: AbortSignal): Promise<OpenTurn> {
    return this.#leaseOpen(owner, id, signal, (session) => session.attach(signal));
  }

  /**
   * The same for a person who takes a session over.
   *
   * @param holder who it is, for those that wait meanwhile
   */
  takeOver(owner: string, id: string, holder: string, signal: AbortSignal): Promise<OpenTurn> {
    return this.#leaseOpen(owner, id, signal, (session) => session.attach(signal, holder));
  }

  /** The session of this ID, if it is awake. */
  openNow(owner: string, id: string): Session | undefined {
    return this.#sessions.get(keyOf({ owner, id }));
  }

  async #leaseOpen(
    owner: string,
    id: string,
    signal: AbortSignal,
    leaseOf = (session: Session): Promise<SessionLease> => session.lease(signal),
  ): Promise<OpenTurn> {
    const session = await this.#openSession(owner, id, signal);
    try {
      return { session, lease: await leaseOf(session) };
    } catch (error) {
      // It fell asleep while this waited for its turn.
      if (session.isAsleep && error === session.over.reason && !signal.aborted)
        return this.#leaseOpen(owner, id, signal, leaseOf);
      throw error;
    }
  }

  /**
   * Finds a session without renewing or waking it.
   *
   * @returns its life: aborts when it ends, for good
   * @throws MooringError `SESSION_ENDED` when there is none
   */
  async lifeOf(owner: string, id: string, signal: AbortSignal): Promise<AbortSignal> {
    const life = this.#sleeping.find(owner, id)?.life.signal ?? this.openNow(owner, id)?.ended;
    return life ?? (await this.#openSession(owner, id, signal)).ended;
  }

  /** Tells each time the session of this ID wakes or falls asleep; looking does not renew it. @returns what ends that */
  follow(owner: string, id: string, onChange: () => void): Disposable {
    return this.#followers.follow(keyOf({ owner, id }), onChange);
  }

  /** The session of this ID that is open, or on its way, or sleeps: that one is woken. */
  async #openSession(owner: string, id: string, signal: AbortSignal): Promise<Session> {
    const opening = this.#openings.find(owner, id);
    if (opening) await abortable(opening.session, signal);
    const asleep = this.#stillAsleep(await this.#recordOf({ owner, id, named: true, options: noOptions }));
    const session = this.#sessions.get(keyOf({ owner, id })) ?? (asleep && (await this.#join(asleep, false, signal)));
    if (!session) throw sessionEndedError(id, this.#history.ended(owner, id));
    return session;
  }

  /**
   * What happened in a session, which is not woken for that; of one that has ended, what is kept of it.
   *
   * @throws MooringError `SESSION_ENDED` when nothing is
   */
  async events(owner: string, id: string, signal: AbortSignal): Promise<SessionEvents> {
    const found = this.findEvents(owner, id);
    if (found) return found;
    const isOpening = this.#openings.find(owner, id) !== undefined;
    const asleep = isOpening ? undefined : await this.#recordOf({ owner, id, named: true, options: noOptions });
    if (!asleep) return (await this.#openSession(owner, id, signal)).events;
    const events = SessionEvents.restore(asleep.record.events ?? { last: 0, events: [] });
    events.close();
    return events;
  }

  /** The same, if it is there now. */
  findEvents(owner: string, id: string): SessionEvents | undefined {
    const open = this.#sessions.get(keyOf({ owner, id }))?.events;
    if (open || this.isActive(owner, id)) return open;
    return this.#history.ended(owner, id) && this.#eventsOfEnded.find(owner, id);
  }

  /**
   * The record of a session, as it is now: taken with its turn if it is open.
   *
   * @throws MooringError as `leaseOpen`
   */
  async recordOf(owner: string, id: string, signal: AbortSignal): Promise<SessionRecord> {
    const asleep = this.#openings.find(owner, id)
      ? undefined
      : await this.#recordOf({ owner, id, named: true, options: noOptions });
    if (asleep?.record) return asleep.record;
    const { session, lease } = await this.#leaseOpen(owner, id, signal);
    using _lease = lease;
    await abortable(session.takeState(), signal);
    return session.record();
  }

  /** Opens a copy of a session: its options, identity, upstream and state are those of the record. */
  fork(
    record: SessionRecord,
    target: Pick<SessionTarget, 'owner' | 'id' | 'named'>,
    signal: AbortSignal,
  ): Promise<Session> {
    const now = Date.now();
    const { events: _events, ...rest } = record;
    const { endsAt: _endsAt, ...head } = record.head;
    const copy = {
      ...rest,
      head: { ...head, id: target.id, createdAt: now, lastAccessedAt: now, anonymous: false, bytesIn: 0, bytesOut: 0 },
      guid: randomBytes(16).toString('hex'),
      byCreate: true,
      crashes: 0,
    };
    const options = restoreOptions(record.options);
    return this.create({ ...target, options, record: copy }, signal);
  }

  /** Refuses a URL that no session may go to. @throws MooringError `DESTINATION_FORBIDDEN` */
  assertUrl(url: string): void {
    this.#options.egress.assertUrl(url);
  }

  /** Sessions that this owner could still open now, those counted for which room would be made. */
  freeSlots(owner: string): number {
    return this.#slots.freeFor(owner, this.#room.for(owner));
  }

  /** The most sessions that one owner can have. */
  get limit(): number {
    return this.#slots.limitPerOwner;
  }

  /**
   * Opens none from now on, puts those to sleep that are to last, ends the others, and waits until all are closed.
   * Idempotent: repeated calls return the same promise.
   */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#reaper.close();
    this.#room.close();
    await this.#openings.close();
    await Promise.allSettled(
      [...this.#sessions.values()].map((session) => session.options.persist && session.fallAsleep('drain')),
    );
    await Promise.allSettled([...this.#sessions.values()].map((session) => session.end('drained')));
    await Promise.allSettled([...this.#closing]);
  }

  /** The session that is on its way, or else a new one. */
  #join(target: SessionTarget, byCreate: boolean, signal: AbortSignal): Promise<Session> {
    const { owner, id } = target;
    // One that wakes is not made anew: what failed on it still holds.
    if (!this.#openings.find(owner, id) && !this.#sleeping.find(owner, id)) this.#history.forgetFailure(owner, id);
    return this.#openings.join(target, byCreate, signal);
  }

  /** What a session that sleeps is opened again with; nothing if there is none. @throws MooringError `STATE_UNREADABLE` */
  async #recordOf(target: SessionTarget): Promise<(SessionTarget & { readonly record: SessionRecord }) | undefined> {
    const { owner, id } = target;
    const asleep = this.#sleeping.find(owner, id);
    if (!asleep) {
      if (!this.isActive(owner, id)) this.#sleeping.assertReadable(owner, id);
      return undefined;
    }
    const record = await this.#sleeping.read(asleep);
    // It may have woken or ended meanwhile.
    if (!record || this.#sleeping.find(owner, id) !== asleep) return undefined;
    return { owner, id, named: target.named, options: restoreOptions(record.options), record, life: asleep.life };
  }

  /** Each costs a record and an entry, for as long as a month: their number has a limit, not only their bytes. */
  #assertRoomToLast(owner: string): void {
    const { keptLimit, keptLimitPerOwner } = this.#options;
    const own = this.#sleeping.sizeOf(owner);
    if (this.#sleeping.size < keptLimit && own < keptLimitPerOwner) return;
    throw new MooringError(
      'TOO_MANY_SESSIONS',
      `\`${optionFields.persist}\`: expected room for one more session that lasts; ${this.#sleeping.size} sleep (of ${keptLimit}), ${own} of them of this key (of ${keptLimitPerOwner}). Destroy some.`,
    );
  }

  /** It may have woken or ended since its record was read. */
  #stillAsleep<T extends SessionTarget>(read: T | undefined): T | undefined {
    if (!read) return undefined;
    return this.#sleeping.find(read.owner, read.id)?.life === read.life ? read : undefined;
  }

  #onOpened(session: Session, ms: number): void {
    this.#sleeping.wake(session.owner, session.id);
    this.#history.onOpened(session);
    this.#eventsOfEnded.forget(session.owner, session.id);
    this.#sessions.set(keyOf(session), session);
    this.#followers.tell(keyOf(session));
    if (session.isRestored) this.#options.observer.woke(ms);
    else this.#options.observer.created(ms);
  }

  #onEnded(session: Session, ended: EndedSession, closed: Promise<void>): void {
    this.#sessions.delete(keyOf(session));
    this.#history.onEnded(session, ended);
    if (!session.anonymous) {
      session.events.keepFew();
      this.#eventsOfEnded.remember(session.owner, session.id, session.events);
    }
    this.#options.observer.ended(ended.reason, session);
    const removed =
      session.options.persist && ended.reason !== 'drained'
        ? this.#sleeping.remove(session.owner, session.id)
        : undefined;
    this.#settle(session.id, closed);
    if (removed) this.#settle(session.id, removed);
  }

  #onAsleep(session: Session, record: SessionRecord, closed: Promise<void>): void {
    this.#sessions.delete(keyOf(session));
    this.#options.observer.fellAsleep(session, session.context.lost.aborted);
    this.#sleeping.add(record, session.isStored, session.timeLeft, session.life);
    this.#followers.tell(keyOf(session));
    this.#settle(session.id, closed);
  }

  *#mortals(): Iterable<Session | SleepingSession> {
    yield* this.#sessions.values();
    yield* this.#sleeping;
  }

  async #onExpired(session: Session | SleepingSession, reason: 'idle' | 'lifetime'): Promise<void> {
    if (!(session instanceof Session)) {
      const { owner, id } = session.head;
      if (!this.#openings.find(owner, id)) await this.#endAsleep(session, reason);
      return;
    }
    if (reason === 'idle' && session.options.persist) {
      session.postpone(sleepAgainMs); // meanwhile it falls asleep, or cannot
      await session.fallAsleep('idle');
    } else await session.end(reason).catch(() => {}); // reported to onEnded
  }

  /** Ends a session that sleeps. */
  async #endAsleep(asleep: SleepingSession, reason: EndReason): Promise<void> {
    const { owner, id, anonymous } = asleep.head;
    const ending = await this.#sleeping.endingOf(asleep);
    if (this.#sleeping.find(owner, id) !== asleep) return;
    const ended: EndedSession = { reason, endedAt: Date.now(), ...ending };
    this.#sleeping.wake(owner, id);
    this.#history.onEnded({ owner, id, anonymous, isDirect: ending.upstream === undefined }, ended);
    this.#options.observer.ended(reason, { owner, id });
    asleep.life.abort(sessionEndedError(id, ended));
    const removed = this.#sleeping.remove(owner, id);
    this.#settle(id, removed);
    await removed.catch(() => {}); // reported by `settle`
  }

  /** Waits, when the server closes, for what is being closed or removed. */
  #settle(id: string, closed: Promise<void>): void {
    const settled = closed
      .catch((error: unknown) => this.#options.observer.closeFailed(id, error))
      .finally(() => this.#closing.delete(settled));
    this.#closing.add(settled);
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
  if (target.state || target.record) {
    const detail = `expected an ID that is free to start a session with a state; ${target.id} is open or asleep.`;
    throw new MooringError('SESSION_EXISTS', detail);
  }
  const differing = differingOptions(target.options, made).map((name) => `\`${name}\``);
  if (differing.length === 0) return;
  throw new MooringError(
    'SESSION_EXISTS',
    `expected options absent or equal to those session ${target.id} was made with; ${differing.join(', ')} differ${differing.length > 1 ? '' : 's'}.`,
  );
}
