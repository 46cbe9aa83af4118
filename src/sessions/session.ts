import type { ChosenUpstream } from '../egress/proxy-selector.js';
import type { SessionProxy } from '../egress/session-proxy.js';
import type { EngineContext, EngineInfo, EnginePage } from '../engine/engine.js';
import { MooringError, wireCodeOf } from '../errors.js';
import type { ResolvedIdentity } from '../identity/identity-resolver.js';
import type { SleepReason } from '../protocol/replies/session-event.js';
import type { SessionOptions } from '../protocol/values/session-options.js';
import { storeOptions } from '../protocol/values/stored-options.js';
import type { UpstreamPreferences } from '../protocol/values/upstream-preferences.js';
import type { PagePlace } from '../snapshots/browser-state.js';
import { abortable } from '../util/deadline.js';
import type { Disposables } from '../util/disposables.js';
import { type EndedSession, type EndReason, sessionEndedError } from './ended-sessions.js';
import { Lane } from './lane.js';
import { SessionClock } from './session-clock.js';
import { asleepError, lostError, noStoreError } from './session-errors.js';
import { SessionEvents, type StoredEvents } from './session-events.js';
import { type LeasedSession, type Restored, SessionLease } from './session-lease.js';
import { upstreamDigest } from './session-options.js';
import { restoringWarnings, type SessionRecord } from './session-record.js';
import { SessionState, type TakenState } from './session-state.js';
import { SessionTab } from './session-tab.js';
import type { SleepTimes } from './sleeping-sessions.js';
import type { StartGate } from './start-gate.js';

/** How sessions outlive their browsers. */
export interface LastingOptions {
  /** Keeps a record; resolves once it is kept. If undefined, no session can be kept. */
  readonly store: ((record: SessionRecord) => Promise<void>) | undefined;
  /** Refuses one more session that is to last. @throws MooringError `TOO_MANY_SESSIONS` */
  readonly assertRoom: (owner: string) => void;
  /** Whether the store seals what it keeps. */
  readonly isSealed: boolean;
  /** Whether sessions survive the crash of their browser. */
  readonly restoresCrashed: boolean;
  /** The most that is taken of a session's state; one that is not to last has an eighth of it. */
  readonly maxStateBytes: number;
}

/** What a session is made of. */
export interface SessionParts {
  readonly id: string;
  /** Who made it; to anybody else it does not exist. */
  readonly owner: string;
  /** True when its caller did not name it. */
  readonly anonymous: boolean;
  /** Whether `sessions.create` made it; else a request did. */
  readonly byCreate: boolean;
  readonly options: SessionOptions;
  /** Whether its upstream was seen to work when it was made. */
  readonly verified: boolean;
  /** What is to be said of how it was made, a sentence each. */
  readonly warnings: readonly string[];
  readonly idleMs: number;
  readonly maxLifetimeMs: number | undefined;
  /** How long after its last request its page is paused. If undefined, never. */
  readonly pauseAfterMs: number | undefined;
  /** How many requests it holds at once, the running one included. */
  readonly laneLimit: number;
  /** How it appears to sites. */
  readonly identity: ResolvedIdentity;
  /** The browser that really runs. */
  readonly engine: EngineInfo;
  /** The proxy that all its bytes go through. */
  readonly egress: SessionProxy;
  readonly context: EngineContext;
  /** Bounds how many pages start at once, of all sessions. */
  readonly starts: StartGate;
  readonly lasting: LastingOptions;
  /** What it was before it slept; undefined: it is new. */
  readonly record: SessionRecord | undefined;
  /** What it starts with; undefined: nothing. */
  readonly restored: TakenState | undefined;
  /** Aborts when the session ends, for good: one that slept goes on with it. */
  readonly life: AbortController;
  /** Closes what the session owns. */
  readonly resources: Disposables;
  /** Told, once, as soon as the session has ended; `closed` resolves when all it owned is closed. */
  readonly onEnded: (session: Session, ended: EndedSession, closed: Promise<void>) => void;
  /** Told, once, as soon as the session has lost its browser or let go of it, and is to go on from this record. */
  readonly onAsleep: (session: Session, record: SessionRecord, closed: Promise<void>) => void;
  /** Told each time the session has nothing left to do. */
  readonly onIdle: (session: Session) => void;
}

/** A session whose page is not paused rests when it was idle for so long. */
const restsAfterMs = 10_000;
/** How long a session stays awake that could not fall asleep. */
const awakeForMs = 15_000;
/** After so many crashes in a row, each while it was at work, a session ends. */
const maxCrashes = 3;

/**
 * One browser tab with its cookies and storage, and the lane of requests before it.
 *
 * ```
 * open ⇄ busy | attached, open → paused → busy | attached, any → asleep | ended(reason)
 * ```
 *
 * One that falls asleep leaves a record. The next request opens it again from that, as another object of the same ID.
 */
export class Session implements LeasedSession {
  readonly id: string;
  readonly owner: string;
  readonly anonymous: boolean;
  readonly createdAt: number;
  /** 32 hex digits, the same for its whole life. */
  readonly guid: string;
  readonly identity: ResolvedIdentity;
  readonly engine: EngineInfo;
  readonly egress: SessionProxy;
  readonly context: EngineContext;
  readonly events: SessionEvents;
  readonly #parts: SessionParts;
  readonly #lane: Lane;
  readonly #clock: SessionClock;
  readonly #tab: SessionTab;
  readonly #state: SessionState;
  readonly #over = new AbortController();
  #options: SessionOptions;
  #verified: boolean;
  #warnings: readonly string[];
  #byCreate: boolean;
  /** Kept for the request that it was opened for, until that has had its turn. */
  #reserved: boolean;
  #endedAfterUse = false;
  #isAsleep = false;
  #isStored = false;
  /** Until then, by `performance.now()`, it is of no use to put it to sleep. */
  #awakeUntil = 0;
  /** Whether somebody has a lease; the lane is taken by its falling asleep too. */
  #isLeased = false;
  #isAttached = false;
  /** Its upstream is another one than the stored records say. */
  #isMoved = false;
  #crashes: number;
  #restored: Restored | undefined;
  #closed: Promise<void> | undefined;

  constructor(parts: SessionParts) {
    const { context, record, restored } = parts;
    this.#parts = parts;
    this.id = parts.id;
    this.owner = parts.owner;
    this.anonymous = parts.anonymous;
    this.createdAt = record?.head.createdAt ?? Date.now();
    this.guid = record?.guid ?? context.guid;
    this.#options = parts.options;
    this.#verified = parts.verified;
    this.#warnings = parts.warnings;
    this.#byCreate = parts.byCreate;
    this.#clock = new SessionClock({ ...parts, ageMs: Math.max(0, Date.now() - this.createdAt) });
    this.#lane = new Lane({ session: parts.id, limit: parts.laneLimit });
    this.events = record?.events ? SessionEvents.restore(record.events) : new SessionEvents();
    this.#tab = new SessionTab({
      ...parts,
      place: restored?.place,
      beforePause: () => this.#beforePause(),
      onPaused: () => {
        this.events.add('pause', {});
        parts.onIdle(this);
      },
      onHung: () => void this.fallAsleep('hung'),
      onBurning: () => void this.fallAsleep('burning'),
      onResumed: () => this.events.add('resume', {}),
      onEvent: (event) => this.events.addOfPage(event),
    });
    this.#state = new SessionState({
      context,
      tab: this.#tab,
      restored,
      maxBytes: Math.floor(parts.lasting.maxStateBytes / (parts.options.persist ? 1 : 8)),
    });
    this.#reserved = parts.anonymous;
    this.#crashes = record?.crashes ?? 0;
    this.#restored = record &&
      restored && { takenAt: restored.takenAt, warnings: restoringWarnings(record, context.unrestored) };
    this.identity = parts.identity;
    this.engine = parts.engine;
    this.egress = parts.egress;
    if (record?.events) {
      const stateAgeMs = restored && Math.max(0, Date.now() - restored.takenAt);
      this.events.add('wake', { restored: restored !== undefined, stateAgeMs });
    } else this.events.add('created', { by: parts.byCreate ? 'create' : 'request' });
    parts.egress.onFailure((host, code) => this.events.add('refusal', { host, reason: wireCodeOf(code) }));
    this.context = context;
    context.lost.addEventListener('abort', this.#onLost, { once: true });
    // It may have gone while this was made: a signal that has aborted says nothing any more.
    if (context.lost.aborted) queueMicrotask(this.#onLost);
  }

  /** Whether a request of its own has ended it: those that waited for their turn open it afresh. */
  get endedAfterUse(): boolean {
    return this.#endedAfterUse;
  }

  /** Whether a `sessions.create` made it, or has asked for it since. */
  get byCreate(): boolean {
    return this.#byCreate;
  }

  /** Whether it fell asleep: those that waited for their turn wake it. */
  get isAsleep(): boolean {
    return this.#isAsleep;
  }

  /** Whether it was opened again from a record. */
  get isRestored(): boolean {
    return this.#parts.record !== undefined;
  }

  get state(): 'open' | 'busy' | 'paused' | 'attached' {
    if (this.#lane.isTaken) return this.#isAttached ? 'attached' : 'busy';
    return this.#tab.isPaused ? 'paused' : 'open';
  }

  /** What it was made with, its upstream as it was last moved. */
  get options(): SessionOptions {
    return this.#options;
  }

  get verified(): boolean {
    return this.#verified;
  }

  get warnings(): readonly string[] {
    return this.#warnings;
  }

  /**
   * Sends everything out by another upstream from now on, or gives that back if the session has ended meanwhile. To be called
   * with the session's lease.
   *
   * @throws MooringError `SESSION_ENDED`
   */
  moveTo(chosen: ChosenUpstream, preferences: UpstreamPreferences): void {
    if (this.over.aborted) {
      chosen.upstream.release();
      throw this.over.reason;
    }
    this.egress.move(chosen.upstream);
    this.#isMoved = true;
    const { class: upstream, country } = chosen.upstream;
    this.events.add('move', { upstream, country });
    this.#options = { ...this.#options, upstream: preferences };
    this.#verified = chosen.verified;
    this.#warnings = chosen.warnings;
  }

  /** Whether it goes out without a proxy. */
  get isDirect(): boolean {
    return this.egress.upstream.route.kind === 'direct';
  }

  /** Whether it may be ended because room is needed. */
  get evictable(): boolean {
    return this.anonymous && !this.#options.persist && !this.#reserved && !this.#lane.isTaken;
  }

  /**
   * Whether it may be put to sleep because room is needed: it rests, and that was not in vain just now. One that is to go on
   * running stays.
   */
  get maySleep(): boolean {
    if (this.#closed || this.#lane.isTaken || this.#reserved || this.#options.keepRunning) return false;
    if (this.#tab.isWatched || performance.now() < this.#awakeUntil) return false;
    return this.#tab.isPaused || this.#clock.idleForMs >= restsAfterMs;
  }

  /** Whether its browser process is to end soon, of old age. */
  get isInRetired(): boolean {
    return this.context.retired?.aborted ?? false;
  }

  /** To be called when the request that it was opened for never had its turn. */
  unreserve(): void {
    if (!this.#reserved) return;
    this.#reserved = false;
    if (!this.#lane.isTaken && !this.#closed) this.#parts.onIdle(this);
  }

  /** From now on it is one that `sessions.create` asked for. */
  claim(): void {
    this.#byCreate = true;
  }

  /** Sets the idle time from now on. */
  setIdleMs(idleMs: number): void {
    this.#clock.setIdleMs(idleMs);
    this.#options = { ...this.#options, idleMs };
  }

  /** Shortens the longest lifetime, counted from its creation. @returns false if it is as short already */
  shortenLifetime(maxLifetimeMs: number): boolean {
    if (!this.#clock.shortenLifetime(maxLifetimeMs)) return false;
    this.#options = { ...this.#options, maxLifetimeMs };
    return true;
  }

  /** Lowers how many bytes it may move, counted from its creation. @returns false if they are as few already */
  lowerMaxBytes(maxBytes: number): boolean {
    if (!this.egress.lowerMaxBytes(maxBytes)) return false;
    this.#options = { ...this.#options, maxBytes };
    return true;
  }

  /** Requests that wait for their turn. */
  get waiting(): number {
    return this.#lane.waiting;
  }

  /** Aborts when the session ends or falls asleep, with the error for its users. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  get ended(): AbortSignal {
    return this.#parts.life.signal;
  }

  /** Bytes that came from the network. */
  get bytesIn(): number {
    return this.egress.meter.bytesIn + (this.#parts.record?.head.bytesIn ?? 0);
  }

  /** Bytes that went to the network. */
  get bytesOut(): number {
    return this.egress.meter.bytesOut + (this.#parts.record?.head.bytesOut ?? 0);
  }

  /** Milliseconds since 1970: the end of the last request. */
  get lastAccessedAt(): number {
    return this.#isLeased ? Date.now() : this.#clock.lastAccessedAt;
  }

  get page(): EnginePage | undefined {
    return this.#tab.page;
  }

  get pageLoss(): MooringError | undefined {
    return this.#tab.loss;
  }

  usePage(): EnginePage | undefined {
    return this.#tab.use();
  }

  get isPageUsed(): boolean {
    return this.#tab.isUsed;
  }

  get lostPlace(): PagePlace | undefined {
    return this.#parts.lasting.restoresCrashed || !this.#tab.loss ? this.#tab.lostPlace : undefined;
  }

  /**
   * When the session is to end if nothing more happens, on the clock of `performance.now()`, and why. A running request
   * stops the idle clock alone.
   */
  get expiry(): { readonly at: number; readonly reason: 'idle' | 'lifetime' } {
    return this.#clock.expiry(this.#lane.isTaken);
  }

  /** How long it has still to live, milliseconds: without a request, and at most. */
  get timeLeft(): SleepTimes {
    return this.#clock.left;
  }

  /** Lets it live so much longer without a request. */
  postpone(ms: number): void {
    this.#clock.postpone(ms);
  }

  /** Whether the store has its record as it was last taken. */
  get isStored(): boolean {
    return this.#isStored;
  }

  /** Aborts when it ends, for good. */
  get life(): AbortController {
    return this.#parts.life;
  }

  /** Starts the idle time anew. */
  renew(): void {
    this.#clock.renew();
  }

  /**
   * Waits for this session's turn.
   *
   * @param signal the deadline and cancellation of the command; also what the lease watches
   * @throws MooringError `SESSION_BUSY` when the lane is full, `SESSION_ENDED` when the session is over; the signal's
   *   reason when it aborts first
   */
  lease(signal: AbortSignal): Promise<SessionLease> {
    return this.#lease(signal, signal);
  }

  /**
   * The same for a client or a person who attaches. What they have done to the page is left as it is.
   *
   * @param signal ends the wait
   * @param holder who it is, for those that wait meanwhile; if omitted, a client
   */
  async attach(
    signal: AbortSignal,
    holder = `a client is attached to session ${this.id} (\`websocket.create\`); let it leave`,
  ): Promise<SessionLease> {
    const lease = await this.#lease(signal, new AbortController().signal, holder);
    this.#isAttached = true;
    return lease;
  }

  /** Keeps its page running, and it from falling asleep for room; tells when it shows another page. @returns what ends that */
  watch(onPage: () => void): Disposable {
    return this.#tab.watch(onPage);
  }

  /** From now on it shows this page of its context. */
  show(page: EnginePage): void {
    this.#tab.show(page);
  }

  async #lease(signal: AbortSignal, watched: AbortSignal, holder?: string): Promise<SessionLease> {
    this.#over.signal.throwIfAborted();
    signal.throwIfAborted();
    if (this.#clock.isLifetimeOver) {
      void this.end('lifetime');
      this.#over.signal.throwIfAborted();
    }
    await this.#lane.enter(signal, holder);
    this.#isLeased = true;
    this.#isStored = false;
    const lease = new SessionLease(this, watched, () => this.#release());
    try {
      await this.#tab.begin(signal);
    } catch (error) {
      lease[Symbol.dispose]();
      throw error;
    }
    return lease;
  }

  openPage(signal: AbortSignal): Promise<EnginePage> {
    return this.#tab.open(signal);
  }

  pageStarted(): void {
    this.#tab.started();
  }

  /** What came of waking it, once: for the first reply after that. */
  takeRestored(): Restored | undefined {
    const restored = this.#restored;
    this.#restored = undefined;
    if (restored) this.#isStored = false; // what is stored says that nobody was told
    return restored;
  }

  noteRestored(warnings: readonly string[]): void {
    this.#restored ??= { takenAt: this.#state.last.takenAt, warnings };
  }

  /** From now on it is kept until it is destroyed. @throws MooringError `STATE_NOT_KEPT` when this server cannot, `TOO_MANY_SESSIONS` */
  persist(): void {
    if (this.#options.persist) return;
    const { store, assertRoom } = this.#parts.lasting;
    if (!store) throw noStoreError();
    assertRoom(this.owner);
    this.#options = { ...this.#options, persist: true };
  }

  /**
   * Resolves once what was done so far is kept, of a session that is to last; of any other at once.
   *
   * @param signal ends the wait, not what is being kept
   * @throws MooringError `STATE_NOT_KEPT`, `STATE_UNREADABLE` when the record of another key is in its place; the signal's
   *   reason
   */
  async keep(signal: AbortSignal): Promise<void> {
    if (!this.#options.persist || this.#closed) return;
    await abortable(this.#keep(), signal);
  }

  async #keep(): Promise<void> {
    const { store } = this.#parts.lasting;
    if (!store) throw noStoreError();
    try {
      await this.#state.take(true);
    } catch (error) {
      this.#over.signal.throwIfAborted();
      const detail = `expected the browser to give the state of session ${this.id}; it did not.`;
      throw new MooringError('STATE_NOT_KEPT', detail, { cause: error });
    }
    await this.#write(store);
    // The record before is what is left if the newest is damaged: it must not lead around the proxy.
    if (this.#isMoved) await this.#write(store);
    this.#isMoved = false;
    const { unread = [] } = this.#state.last;
    if (unread.length > 0) {
      const detail = `expected the browser to give what ${unread.join(', ')} has stored; it did not, and the state before is kept.`;
      throw new MooringError('STATE_NOT_KEPT', detail);
    }
  }

  /**
   * Takes its state as it is now: that which `record` has.
   *
   * @throws MooringError `BROWSER_FAILED` when the browser does not give all of it
   */
  async takeState(): Promise<void> {
    try {
      await this.#state.take(true);
      this.#state.assertWhole();
    } catch (error) {
      this.#over.signal.throwIfAborted();
      const detail = `expected the browser to give the state of session ${this.id}; it did not.`;
      throw new MooringError('BROWSER_FAILED', detail, { cause: error });
    }
  }

  /**
   * All that it takes to open it again as it is, its state as it was last taken.
   *
   * @param events what is told of it then. Default: the newest, for a record is written after each command
   */
  record(events = this.events.newest()): SessionRecord {
    const { state, left, place, takenAt } = this.#state.last;
    const { upstream } = this.egress;
    const isPooled = upstream.namedBy === 'operator' && upstream.route.kind === 'proxy';
    const endsAt = this.#clock.endsAt;
    const untold = this.#restored?.warnings.filter((warning) => !left.includes(warning)) ?? [];
    return {
      head: {
        owner: this.owner,
        id: this.id,
        createdAt: this.createdAt,
        lastAccessedAt: this.lastAccessedAt,
        takenAt,
        persist: this.#options.persist ?? false,
        anonymous: this.anonymous,
        ...(endsAt === undefined ? {} : { endsAt }),
        bytesIn: this.bytesIn,
        bytesOut: this.bytesOut,
      },
      guid: this.guid,
      byCreate: this.#byCreate,
      options: storeOptions(this.#options),
      identity: this.identity,
      ...(isPooled && upstream.route.kind === 'proxy' ? { pooledProxy: upstream.route.proxy } : {}),
      warnings: this.#warnings,
      state,
      left,
      ...(place ? { place } : {}),
      crashes: this.#crashes,
      events,
      ...(untold.length > 0 ? { untold } : {}),
    };
  }

  /**
   * Lets go of its browser, if nobody uses it: what is needed to open it again is in the record that `onAsleep` gets.
   *
   * @param reason one that is hung is not asked for its state again: the last one stands
   * @returns false if it is in use, or its state cannot be kept: it stays as it is
   */
  async fallAsleep(reason: SleepReason): Promise<boolean> {
    if (this.#closed || this.#lane.isTaken) return false;
    await this.#lane.enter(this.#over.signal); // at once: it is free
    try {
      // A page that stands still is as it was when it was paused.
      if (!this.#tab.isPaused && reason !== 'hung') {
        await this.#state.take(true);
        this.#state.assertWhole();
      }
      const { store } = this.#parts.lasting;
      if (this.#options.persist && store) await this.#write(store, this.events.asleep(reason));
    } catch {
      this.#awakeUntil = performance.now() + awakeForMs;
      this.#release(false);
      return false;
    }
    if (this.#closed) return false;
    if (this.#lane.waiting > 0) {
      await this.#tab.begin(this.#over.signal).catch(() => {}); // whoever comes next finds out
      this.#release(false);
      return false;
    }
    this.events.add('sleep', { reason });
    this.#leave(asleepError(this.id));
    return true;
  }

  /**
   * Ends the session: refuses callers that wait, stops what runs, closes what it owns. Idempotent: repeated calls return
   * the same promise, and the first reason stays.
   *
   * @param afterUse its own request ended it: the next one opens it afresh
   */
  end(reason: EndReason, afterUse = false): Promise<void> {
    if (this.#closed) return this.#closed;
    const ended: EndedSession = {
      reason,
      endedAt: Date.now(),
      afterUse,
      startsAfresh: afterUse || !this.#byCreate,
      ...(this.isDirect ? {} : { upstream: upstreamDigest(this.#options) }),
    };
    this.#endedAfterUse = afterUse;
    this.events.add('ended', { reason });
    const closed = this.#shut(sessionEndedError(this.id, ended));
    this.#parts.onEnded(this, ended, closed);
    this.#parts.life.abort(this.#over.signal.reason);
    return closed;
  }

  /** Refuses its callers and closes what it owns. */
  #shut(reason: MooringError): Promise<void> {
    this.context.lost.removeEventListener('abort', this.#onLost);
    this.#over.abort(reason);
    this.events.close();
    this.#tab.stop();
    this.#lane.close(reason);
    this.#closed = this.#parts.resources.dispose();
    return this.#closed;
  }

  #leave(reason: MooringError): void {
    this.#isAsleep = true;
    const record = this.record(this.events.toJSON());
    this.#parts.onAsleep(this, record, this.#shut(reason));
  }

  readonly #onLost = (): void => {
    if (this.#closed) return;
    if (this.#isLeased) this.#crashes += 1;
    this.events.add('crash', { reason: 'its browser process is gone' });
    // One that is to last ends by nothing that its page does.
    const goesOn = this.#options.persist || (this.#parts.lasting.restoresCrashed && this.#crashes < maxCrashes);
    if (goesOn) this.#leave(lostError(this.id));
    else void this.end('crashed').catch(() => {}); // reported to onEnded
  };

  async #beforePause(): Promise<void> {
    await this.#state.take(true).catch(() => {}); // the state before it stands
    if (!this.#options.persist || this.#closed || this.#lane.isTaken) return;
    const { store } = this.#parts.lasting;
    if (store) await this.#write(store).catch(() => {}); // it is tried again when it falls asleep
  }

  async #write(store: NonNullable<LastingOptions['store']>, events?: StoredEvents): Promise<void> {
    this.#over.signal.throwIfAborted(); // it may have been destroyed meanwhile: its record is gone, and stays so
    this.#isStored = false;
    await store(this.record(events));
    this.#isStored = true;
  }

  /** @param isUse whether somebody used it, so that its idle time starts anew */
  #release(isUse = true): void {
    this.#isAttached = false;
    this.pageStarted();
    if (isUse) {
      this.#isLeased = false;
      this.renew();
      this.#reserved = false;
      this.#crashes = 0;
    }
    if (!this.#lane.leave() || this.#closed) return;
    if (this.#parts.lasting.restoresCrashed && isUse && !this.#options.persist) void this.#state.refresh();
    this.#tab.rest();
    this.#parts.onIdle(this);
  }
}
