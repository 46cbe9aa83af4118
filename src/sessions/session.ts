import type { ChosenUpstream } from '../egress/proxy-selector.js';
import type { SessionProxy } from '../egress/session-proxy.js';
import type { EngineContext, EngineInfo, EnginePage } from '../engine/engine.js';
import type { MooringError } from '../errors.js';
import type { ResolvedIdentity } from '../identity/identity-resolver.js';
import type { SessionOptions } from '../protocol/values/session-options.js';
import type { UpstreamPreferences } from '../protocol/values/upstream-preferences.js';
import { abortable } from '../util/deadline.js';
import type { Disposables } from '../util/disposables.js';
import { type EndedSession, type EndReason, sessionEndedError } from './ended-sessions.js';
import { Lane } from './lane.js';
import { PagePause } from './page-pause.js';
import { SessionClock } from './session-clock.js';
import { type LeasedSession, SessionLease } from './session-lease.js';
import { upstreamDigest } from './session-options.js';
import type { StartGate, StartPlace } from './start-gate.js';

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
  /** Closes what the session owns. */
  readonly resources: Disposables;
  /** Told, once, as soon as the session has ended; `closed` resolves when all it owned is closed. */
  readonly onEnded: (session: Session, ended: EndedSession, closed: Promise<void>) => void;
  /** Told each time the session has nothing left to do. */
  readonly onIdle: (session: Session) => void;
}

/**
 * One browser tab with its cookies and storage, and the lane of requests before it.
 *
 * ```
 * open ⇄ busy | attached, open → paused → busy | attached, any → ended(reason)
 * ```
 */
export class Session implements LeasedSession {
  readonly id: string;
  readonly owner: string;
  readonly anonymous: boolean;
  readonly createdAt = Date.now();
  readonly identity: ResolvedIdentity;
  readonly engine: EngineInfo;
  readonly egress: SessionProxy;
  readonly context: EngineContext;
  readonly #parts: SessionParts;
  readonly #lane: Lane;
  readonly #clock: SessionClock;
  readonly #pause: PagePause;
  readonly #over = new AbortController();
  #options: SessionOptions;
  #verified: boolean;
  #warnings: readonly string[];
  #byCreate: boolean;
  /** Kept for the request that it was opened for, until that has had its turn. */
  #reserved: boolean;
  #page: EnginePage | undefined;
  #isPageUsed = false;
  #endedAfterUse = false;
  #isAttached = false;
  /** While its page is being opened and goes to its first address. */
  #starting: StartPlace | undefined;
  #closed: Promise<void> | undefined;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.id = parts.id;
    this.owner = parts.owner;
    this.anonymous = parts.anonymous;
    this.#options = parts.options;
    this.#verified = parts.verified;
    this.#warnings = parts.warnings;
    this.#byCreate = parts.byCreate;
    this.#clock = new SessionClock(parts);
    this.#lane = new Lane({ session: parts.id, limit: parts.laneLimit });
    this.#pause = new PagePause({ afterMs: parts.pauseAfterMs, page: () => this.page });
    this.#reserved = parts.anonymous;
    this.identity = parts.identity;
    this.engine = parts.engine;
    this.egress = parts.egress;
    this.context = parts.context;
    parts.context.lost.addEventListener('abort', this.#onLost, { once: true });
  }

  /** Whether a request of its own has ended it: those that waited for their turn open it afresh. */
  get endedAfterUse(): boolean {
    return this.#endedAfterUse;
  }

  /** Whether a `sessions.create` made it, or has asked for it since. */
  get byCreate(): boolean {
    return this.#byCreate;
  }

  get state(): 'open' | 'busy' | 'paused' | 'attached' {
    if (this.#lane.isTaken) return this.#isAttached ? 'attached' : 'busy';
    return this.#pause.isPaused ? 'paused' : 'open';
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
    return this.anonymous && !this.#reserved && !this.#lane.isTaken;
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

  /** Aborts when the session ends, with the error for its users. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  /** Milliseconds since 1970: the end of the last request. */
  get lastAccessedAt(): number {
    return this.#lane.isTaken ? Date.now() : this.#clock.lastAccessedAt;
  }

  /** The page it shows, if it has one that works. */
  get page(): EnginePage | undefined {
    return this.#page?.alive ? this.#page : undefined;
  }

  get pageLoss(): MooringError | undefined {
    return this.#page?.loss;
  }

  usePage(): EnginePage | undefined {
    this.#isPageUsed = true;
    return this.page;
  }

  get isPageUsed(): boolean {
    return this.#isPageUsed;
  }

  /**
   * When the session is to end if nothing more happens, on the clock of `performance.now()`, and why. A running request
   * stops the idle clock alone.
   */
  get expiry(): { readonly at: number; readonly reason: 'idle' | 'lifetime' } {
    return this.#clock.expiry(this.#lane.isTaken);
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
   * The same for a client that attaches. What it has done to the page is left as it is.
   *
   * @param signal ends the wait
   */
  async attach(signal: AbortSignal): Promise<SessionLease> {
    const holder = `a client is attached to session ${this.id} (\`websocket.create\`); let it leave`;
    const lease = await this.#lease(signal, new AbortController().signal, holder);
    this.#isAttached = true;
    return lease;
  }

  /** From now on it shows this page of its context. */
  show(page: EnginePage): void {
    this.#page = page;
  }

  async #lease(signal: AbortSignal, watched: AbortSignal, holder?: string): Promise<SessionLease> {
    this.#over.signal.throwIfAborted();
    signal.throwIfAborted();
    if (this.#clock.isLifetimeOver) {
      void this.end('lifetime');
      this.#over.signal.throwIfAborted();
    }
    await this.#lane.enter(signal, holder);
    this.#isPageUsed = false;
    const lease = new SessionLease(this, watched, () => this.#release());
    try {
      await abortable(this.#pause.resume(), signal);
    } catch (error) {
      lease[Symbol.dispose]();
      throw error;
    }
    return lease;
  }

  /** A page to go elsewhere with: the one there is, if it can let go of what it does, or else a new one. */
  async openPage(signal: AbortSignal): Promise<EnginePage> {
    this.#isPageUsed = true;
    if (this.#page && (await abortable(this.#page.settle(), signal))) return this.#page;
    await this.#page?.close();
    this.#starting = await this.#parts.starts.enter(this.owner, signal);
    try {
      this.#page = await this.context.newPage(signal);
    } catch (error) {
      this.pageStarted();
      throw error;
    }
    return this.#page;
  }

  pageStarted(): void {
    this.#starting?.release();
    this.#starting = undefined;
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
    this.context.lost.removeEventListener('abort', this.#onLost);
    this.#endedAfterUse = afterUse;
    this.#over.abort(sessionEndedError(this.id, ended));
    this.#pause.stop();
    this.#lane.close(this.#over.signal.reason);
    const closed = this.#parts.resources.dispose();
    this.#closed = closed;
    this.#parts.onEnded(this, ended, closed);
    return closed;
  }

  readonly #onLost = (): void => {
    void this.end('crashed').catch(() => {}); // reported to onEnded
  };

  #release(): void {
    this.#isAttached = false;
    this.pageStarted();
    this.renew();
    this.#reserved = false;
    if (!this.#lane.leave() || this.#closed) return;
    this.#pause.start();
    this.#parts.onIdle(this);
  }
}
