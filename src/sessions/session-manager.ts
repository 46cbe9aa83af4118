import { availableParallelism } from 'node:os';
import type { DomainLists } from '../egress/domain-rules.js';
import type { ChosenExit, EgressGateway } from '../egress/egress-gateway.js';
import type { SessionProxy } from '../egress/session-proxy.js';
import type { ContextOptions, EngineContext, EngineInfo } from '../engine/engine.js';
import { drainingError, MooringError } from '../errors.js';
import type { IdentityResolver, ResolvedIdentity } from '../identity/identity-resolver.js';
import type { ExitWish } from '../protocol/fields/proxy.js';
import type { SessionOptions } from '../protocol/fields/session-options.js';
import type { SessionRow } from '../protocol/replies/session-row.js';
import { abortable, Deadline } from '../util/deadline.js';
import { Disposables } from '../util/disposables.js';
import {
  describeEnd,
  type EndedSession,
  EndedSessions,
  type EndReason,
  sessionEndedError,
  sessionNotFoundError,
} from './ended-sessions.js';
import { FailedOpenings, mayTryAgain } from './failed-openings.js';
import { applyRequestOptions } from './request-options.js';
import { Session } from './session.js';
import type { SessionLease } from './session-lease.js';
import {
  asksPool,
  differingOptions,
  exitDigest,
  namesExit,
  openingDigest,
  repeats,
  unknownExit,
  withoutExit,
} from './session-options.js';
import { SessionReaper } from './session-reaper.js';
import { SessionSlots } from './session-slots.js';
import type { RequestTarget, SessionTarget } from './session-target.js';
import { SessionTurn } from './session-turn.js';
import { StartGate } from './start-gate.js';

/** What happens to sessions, for whoever counts it. */
export interface SessionObserver {
  created(ms: number): void;
  ended(reason: EndReason, session: { readonly id: string; readonly owner: string }): void;
  waitedForSlot(ms: number): void;
  waitedForTurn(ms: number): void;
  /** Closing what a session owned failed. */
  closeFailed(id: string, error: unknown): void;
}

/** The browsers that sessions are opened in. */
export interface SessionEngines {
  readonly infos: readonly EngineInfo[];
  newContext(name: string, options: ContextOptions, signal: AbortSignal): Promise<EngineContext>;
}

export interface SessionManagerOptions {
  readonly engines: SessionEngines;
  readonly identities: IdentityResolver;
  readonly egress: EgressGateway;
  readonly idleTimeoutMs: number;
  readonly maxLifetimeMs: number | undefined;
  readonly maxSessions: number;
  readonly maxSessionsPerKey: number | undefined;
  readonly queueTimeoutMs: number;
  /** How many may wait for a slot at once. */
  readonly queueLimit: number;
  readonly laneLimit: number;
  readonly observer: SessionObserver;
}

/** How long a browser may take to open a context; launching one is part of it. */
const openTimeoutMs = 30_000;
const reapEveryMs = 500;
/** How many pages start at once for each core: renderers and first documents wait for the processor, less for the network. */
const startsPerCore = 2;
const startHoldMs = 3000;

/** A session on its way. Who asks for it meanwhile gets the same one; when nobody is left, it is given up. */
interface Opening {
  readonly target: SessionTarget;
  readonly byCreate: boolean;
  readonly session: Promise<Session>;
  readonly controller: AbortController;
  hasSlot: boolean;
  callers: number;
}

/** Who is open, who may use it, when it ends. */
export class SessionManager {
  readonly #options: SessionManagerOptions;
  readonly #sessions = new Map<string, Session>();
  readonly #openings = new Map<string, Opening>();
  readonly #closing = new Set<Promise<void>>();
  readonly #ended = new EndedSessions();
  readonly #failed = new FailedOpenings();
  readonly #starts = new StartGate({ limit: startsPerCore * availableParallelism(), holdMs: startHoldMs });
  readonly #slots: SessionSlots;
  readonly #reaper: SessionReaper;
  #closed: Promise<void> | undefined;

  constructor(options: SessionManagerOptions) {
    this.#options = options;
    this.#slots = new SessionSlots({
      maxSessions: options.maxSessions,
      maxSessionsPerKey: options.maxSessionsPerKey,
      maxWaiting: options.queueLimit,
      makeRoom: (owner) => this.#evictOldestAnonymous(owner),
      retryAfterMs: () => this.#untilNextExpiryMs(),
      onWaited: (ms) => options.observer.waitedForSlot(ms),
    });
    this.#reaper = new SessionReaper({ everyMs: reapEveryMs, sessions: () => this.#sessions.values() });
  }

  start(): void {
    this.#reaper.start();
  }

  /** Sessions by state, for whoever counts them. */
  get counts(): { readonly open: number; readonly busy: number; readonly opening: number; readonly queued: number } {
    let busy = 0;
    for (const session of this.#sessions.values()) if (session.state === 'busy') busy += 1;
    const queued = this.#slots.waiting;
    return { open: this.#sessions.size - busy, busy, opening: this.#openings.size - queued, queued };
  }

  /**
   * The session of this ID; made if there is none. One that ended or failed before starts afresh.
   *
   * @throws MooringError `SESSION_EXISTS` when it is open with other options, `NO_CAPACITY` or `TOO_MANY_SESSIONS` when no slot
   *   came free, `BROWSER_FAILED` when the browser did not open it, `DRAINING`
   */
  async create(target: SessionTarget, signal: AbortSignal): Promise<Session> {
    const key = keyOf(target);
    try {
      const open = this.#sessions.get(key);
      const opening = this.#openings.get(key);
      const made = open?.options ?? opening?.target.options;
      if (made) assertSameOptions(target, made);
      this.#failed.forget(target.owner, target.id);
      const session = open ?? (await this.#join(opening ?? this.#startOpening(target, true), target, true, signal));
      session.renew();
      session.claim();
      return session;
    } catch (error) {
      this.#rememberFailure(target, true, error);
      throw error;
    }
  }

  /**
   * A request's turn on its session, in order of arrival. An ID that was never seen is created, as is one that no
   * `sessions.create` made and that ended. The request's options are applied to a session that is open.
   *
   * @throws MooringError as `create`, `Session.lease` and `applyRequestOptions` do; `SESSION_ENDED`, `SESSION_NOT_FOUND`;
   *   and the failure of before, if the session could not be opened as it was asked for
   */
  async lease(asked: RequestTarget, signal: AbortSignal): Promise<SessionTurn> {
    const key = keyOf(asked);
    const target = this.#asOpen(asked);
    let found: Session | undefined;
    try {
      const before = this.#assertMayUse(target);
      this.#options.egress.assertWish(target.options);
      const opening = this.#openings.get(key);
      const created = !this.#sessions.has(key) && !opening;
      const session =
        this.#sessions.get(key) ??
        (await this.#join(opening ?? this.#startOpening(target, false), target, false, signal));
      found = session;
      return await this.#turn(session, target, created ? { before } : undefined, signal);
    } catch (error) {
      // It ended by `closeAfterUse` while this request waited for its turn: nothing was sent.
      if (found?.endedAfterUse && error === found.over.reason && !signal.aborted) return this.lease(asked, signal);
      this.#rememberFailure(target, false, error);
      // It was opened for this request alone.
      if (!target.named) this.#sessions.get(key)?.unreserve();
      throw error;
    }
  }

  /** What a request asks of its session, where that is open and is to keep its options. */
  #asOpen(target: RequestTarget): RequestTarget {
    const open = this.#sessions.get(keyOf(target));
    if (!target.keepsOptions || (!open && !this.#openings.has(keyOf(target)))) return target;
    const { proxy } = target.options;
    return { ...target, options: open?.isDirect && proxy !== undefined ? { proxy } : {} };
  }

  /** @param opened given when the session was opened for this request, with the session of before, if there was one */
  async #turn(
    session: Session,
    target: RequestTarget,
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
      this.#assertNotFailed(session, target); // a request before it in the lane may have
      const warnings = await applyRequestOptions(session, target, this.#options.egress, signal);
      if (namesExit(target.options)) this.#failed.forget(target.owner, target.id);
      return new SessionTurn(session, lease, false, warnings);
    } catch (error) {
      lease[Symbol.dispose]();
      throw error;
    }
  }

  /**
   * Checks whether a request may use this ID, or open it.
   *
   * @returns the session of before, if it is to start afresh
   * @throws MooringError that which the ID failed with, `SESSION_ENDED`, `SESSION_NOT_FOUND`
   */
  #assertMayUse(target: RequestTarget): EndedSession | undefined {
    const { owner, id, options, mustExist } = target;
    const open = this.#sessions.get(keyOf(target));
    if (open) this.#assertNotFailed(open, target);
    if (open || this.#openings.has(keyOf(target))) return undefined;
    const failed = this.#failed.find(owner, id);
    if (failed) {
      if (mustExist || !mayTryAgain(failed, options)) throw failed.error;
      return undefined;
    }
    const ended = this.#ended.find(owner, id);
    if (!ended) {
      if (mustExist) throw sessionNotFoundError(target.named ? id : undefined);
      return undefined;
    }
    if (!ended.startsAfresh || mustExist) throw sessionEndedError(id, ended);
    if (ended.exit && !namesExit(options) && !repeats(options, ended.exit)) {
      throw sessionEndedError(
        id,
        ended,
        'It had a proxy of its own, and this request names none: name `proxy` (or `noProxy: true`), or send `sessions.create`.',
      );
    }
    return ended;
  }

  /** A session that connects directly is not used by who believes it to have a proxy. */
  #assertNotFailed(session: Session, { owner, id, options, dontChangeProxy }: RequestTarget): void {
    const failed = session.isDirect ? this.#failed.find(owner, id) : undefined;
    if (!failed) return;
    const isStill = dontChangeProxy && options.proxy !== undefined;
    if (isStill || !mayTryAgain(failed, options)) throw failed.error;
  }

  /**
   * Takes note that a command for this ID failed before the session was as it was asked for; until that is mended,
   * requests that do not ask for it themselves get the same failure.
   *
   * @param options what it asked for; absent: that could not be read, and may have been a proxy
   */
  #rememberFailure(
    { owner, id, named, options }: Omit<SessionTarget, 'options'> & { readonly options: SessionOptions | undefined },
    byCreate: boolean,
    error: unknown,
  ): void {
    if (!named || error === this.#failed.find(owner, id)?.error) return;
    const namesUpstream =
      !options || options.proxy !== undefined || (this.#options.egress.hasPool && asksPool(options));
    const code = error instanceof MooringError ? error.code : undefined;
    const open = this.#sessions.get(keyOf({ owner, id }));
    if (open || code === 'SESSION_EXISTS') {
      if (namesUpstream && (open?.isDirect ?? true)) this.#failed.remember(owner, id, error, false, options);
      return;
    }
    if (!byCreate && code === 'SESSION_ENDED' && this.#ended.find(owner, id)) {
      if (namesUpstream) this.#ended.guard(owner, id, options ? exitDigest(options) : unknownExit);
      return;
    }
    const isRefusal = code === 'SESSION_NOT_FOUND' && !namesUpstream; // nothing was tried
    if (isRefusal || (!byCreate && options && openingDigest(options).size === 0)) return;
    this.#failed.remember(owner, id, error, byCreate, options);
  }

  /** Runs a check that comes before `lease`, which takes note of the failure as that does. */
  checked<T>(target: SessionTarget, check: () => T): T {
    try {
      return check();
    } catch (error) {
      this.#rememberFailure(target, false, error);
      throw error;
    }
  }

  /**
   * Takes note of a command that was refused before it came here.
   *
   * @param options what it asked for; absent: that could not be read, and may have been a proxy
   */
  refused(owner: string, id: string, byCreate: boolean, options: SessionOptions | undefined, error: unknown): void {
    this.#rememberFailure({ owner, id, named: true, options }, byCreate, error);
  }

  /**
   * Makes an idle session anew that is older than this, with the options that it has: its upstream stays its own. A
   * younger or busy one stays, and one that is not there is not made.
   *
   * @throws MooringError as `create`
   */
  async renewOlder(owner: string, id: string, olderThanMs: number, signal: AbortSignal): Promise<void> {
    const old = this.#sessions.get(keyOf({ owner, id }));
    if (!old || old.state === 'busy' || Date.now() - old.createdAt <= olderThanMs) return;
    const target = { owner, id, named: !old.anonymous, options: old.options };
    void old.end('destroyed').catch(() => {}); // told to onEnded
    // At once: a request between the two would open the session with options of its own.
    try {
      await this.#join(this.#startOpening(target, old.byCreate), target, old.byCreate, signal);
    } catch (error) {
      this.#rememberFailure(target, old.byCreate, error);
      throw error;
    }
  }

  /** Whether this ID is open, or would be after a moment. */
  isActive(owner: string, id: string): boolean {
    const key = keyOf({ owner, id });
    return this.#sessions.has(key) || this.#openings.has(key);
  }

  /** Whether this ID was open, or could not be opened, and that is remembered. */
  isRemembered(owner: string, id: string): boolean {
    return this.#ended.find(owner, id) !== undefined || this.#failed.find(owner, id) !== undefined;
  }

  /** Ends a session and waits until it is closed; one that is not there is fine. */
  async destroy(owner: string, id: string): Promise<void> {
    const key = keyOf({ owner, id });
    const opening = this.#openings.get(key);
    if (opening) {
      this.#giveUp(opening, sessionEndedError(id, { reason: 'destroyed', endedAt: Date.now() }));
      await opening.session.catch(() => {});
    }
    await this.#sessions.get(key)?.end('destroyed');
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
   * Moves an open session to another exit, when its turn has come; what it was made with otherwise stays.
   *
   * @throws MooringError as `lease` does, but an ID that was never seen is `SESSION_ENDED`; as `EgressGateway.choose`
   */
  async move(owner: string, id: string, wish: ExitWish, signal: AbortSignal): Promise<Session> {
    try {
      const session = await this.#openSession(owner, id, signal);
      using _lease = await session.lease(signal);
      const chosen = await this.#options.egress.chooseForMove(wish, signal);
      session.moveTo(chosen, { ...withoutExit(session.options), ...wish });
      this.#failed.forget(owner, id);
      return session;
    } catch (error) {
      // Whatever was to be said: a session that is to be moved is not to go on directly.
      const options = wish.noProxy ? wish : undefined;
      this.#rememberFailure({ owner, id, named: true, options }, false, error);
      throw error;
    }
  }

  /** Exclusive use of a session that is open. @throws MooringError `SESSION_ENDED`, and as `Session.lease` */
  async leaseOpen(owner: string, id: string, signal: AbortSignal): Promise<SessionLease> {
    const session = await this.#openSession(owner, id, signal);
    return session.lease(signal);
  }

  async #openSession(owner: string, id: string, signal: AbortSignal): Promise<Session> {
    const key = keyOf({ owner, id });
    const opening = this.#openings.get(key);
    if (opening) await abortable(opening.session, signal);
    const session = this.#sessions.get(key);
    if (!session) throw sessionEndedError(id, this.#ended.find(owner, id));
    return session;
  }

  /** Refuses a request that no session could serve. @throws MooringError as `EgressGateway.assertRequest` */
  assertRequest(url: string | undefined, domains: DomainLists): void {
    this.#options.egress.assertRequest(url, domains);
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

  /** Ends every session and waits until all are closed. Twice is the same promise. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#reaper.close();
    const reason = drainingError();
    const openings = [...this.#openings.values()];
    for (const opening of openings) opening.controller.abort(reason);
    await Promise.allSettled(openings.map((opening) => opening.session));
    await Promise.allSettled([...this.#sessions.values()].map((session) => session.end('drained')));
    await Promise.allSettled([...this.#closing]);
  }

  #startOpening(target: SessionTarget, byCreate: boolean): Opening {
    const key = keyOf(target);
    this.#failed.forget(target.owner, target.id);
    const controller = new AbortController();
    const session = this.#open(target, byCreate, controller.signal, () => {
      opening.hasSlot = true;
    })
      .catch((error: unknown) => {
        // Before the ID counts as one that was never seen. Of one that was given up that is noted already.
        if (this.#openings.get(key) === opening) this.#rememberFailure(target, byCreate, error);
        throw error;
      })
      .finally(() => this.#forgetOpening(opening));
    session.catch(() => {}); // every caller gets the failure through #join
    const opening: Opening = { target, byCreate, session, controller, hasSlot: false, callers: 0 };
    this.#openings.set(key, opening);
    return opening;
  }

  /** Waits for a session on its way. Time that passed without a slot is told as such. */
  async #join(opening: Opening, target: SessionTarget, byCreate: boolean, signal: AbortSignal): Promise<Session> {
    opening.callers += 1;
    const startedAt = performance.now();
    try {
      const session = await abortable(opening.session, signal);
      opening.callers -= 1;
      return session;
    } catch (error) {
      const isLate = signal.aborted && error instanceof MooringError && error.code === 'NAVIGATION_TIMEOUT';
      const reason =
        isLate && !opening.hasSlot ? this.#slots.fullError(target.owner, performance.now() - startedAt) : error;
      opening.callers -= 1;
      if (opening.callers === 0 && signal.aborted) {
        this.#rememberFailure(target, byCreate, reason);
        this.#giveUp(opening, reason);
      }
      throw reason;
    }
  }

  /** Nobody joins it any more: who comes now starts one of its own. */
  #giveUp(opening: Opening, reason: unknown): void {
    this.#rememberFailure(opening.target, opening.byCreate, reason);
    opening.controller.abort(reason);
    this.#forgetOpening(opening);
    const settled = opening.session.then(
      () => {},
      () => {},
    );
    this.#closing.add(settled);
    void settled.finally(() => this.#closing.delete(settled));
  }

  #forgetOpening(opening: Opening): void {
    const key = keyOf(opening.target);
    if (this.#openings.get(key) === opening) this.#openings.delete(key);
  }

  async #open(target: SessionTarget, byCreate: boolean, signal: AbortSignal, onSlot: () => void): Promise<Session> {
    if (this.#closed) throw drainingError();
    this.#options.egress.assertWish(target.options);
    this.#options.identities.assertPossible(target.options);
    // A request waits for as long as its own time lasts.
    const slot = await this.#slots.acquire(target.owner, byCreate ? this.#options.queueTimeoutMs : undefined, signal);
    onSlot();
    const startedAt = performance.now();
    const resources = new Disposables();
    resources.defer(() => slot.release());
    try {
      const { egress } = this.#options;
      const chosen = await egress.choose(target.options, signal);
      const port = resources.use(await openPort(egress, chosen, target.options), (opened) => egress.close(opened));
      const identity = await this.#options.identities.resolve(target.options, target.id, chosen.exit.country);
      const context = await this.#openContext(target.owner, identity, port.url, resources, signal);
      signal.throwIfAborted();
      const presented = withShortfalls(identity, context);
      const session = this.#newSession(target, byCreate, chosen, presented, port, context, resources.move());
      this.#ended.forget(target.owner, target.id);
      this.#sessions.set(keyOf(target), session);
      this.#options.observer.created(performance.now() - startedAt);
      return session;
    } catch (error) {
      await resources.dispose();
      throw error;
    }
  }

  async #openContext(
    owner: string,
    { identity, engine }: ResolvedIdentity,
    proxyServer: string,
    resources: Disposables,
    signal: AbortSignal,
  ): Promise<EngineContext> {
    using deadline = new Deadline({
      ms: openTimeoutMs,
      reason: () =>
        new MooringError(
          'BROWSER_FAILED',
          `expected the browser to open a session within ${openTimeoutMs} ms; it did not.`,
        ),
      parent: signal,
    });
    const opening = this.#options.engines.newContext(engine, { owner, proxyServer, identity }, deadline.signal);
    return resources.use(await opening, (context) => context.close());
  }

  #newSession(
    target: SessionTarget,
    byCreate: boolean,
    { verified, warnings }: ChosenExit,
    identity: ResolvedIdentity,
    egress: SessionProxy,
    context: EngineContext,
    resources: Disposables,
  ): Session {
    const { session_ttl, maxLifetime } = target.options;
    const lifetimes = [this.#options.maxLifetimeMs, maxLifetime === undefined ? undefined : maxLifetime * 1000];
    const shortest = Math.min(...lifetimes.filter((ms) => ms !== undefined));
    return new Session({
      ...target,
      byCreate,
      anonymous: !target.named && !byCreate,
      verified,
      warnings,
      idleMs: session_ttl === undefined ? this.#options.idleTimeoutMs : session_ttl * 1000,
      maxLifetimeMs: Number.isFinite(shortest) ? shortest : undefined,
      laneLimit: this.#options.laneLimit,
      identity,
      engine: engineNamed(this.#options.engines, identity.engine),
      egress,
      context,
      starts: this.#starts,
      resources,
      onEnded: (session, ended, closed) => this.#onEnded(session, ended, closed),
      onIdle: () => this.#slots.roomMayBeMade(),
    });
  }

  #onEnded(session: Session, ended: EndedSession, closed: Promise<void>): void {
    const key = keyOf(session);
    this.#sessions.delete(key);
    this.#ended.remember(session.owner, session.id, session.anonymous, ended);
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
    void oldest?.end('evicted').catch(() => {}); // told to onEnded
    return oldest !== undefined;
  }

  #untilNextExpiryMs(): number {
    const now = performance.now();
    const waits = [...this.#sessions.values()].map((session) => session.expiry.at - now);
    return Math.round(Math.min(30_000, Math.max(1000, ...[Math.min(...waits, 30_000)])));
  }
}

/** Opens the port that owns the exit; if it does not open, the exit is given back. */
async function openPort(egress: EgressGateway, { exit }: ChosenExit, options: SessionOptions): Promise<SessionProxy> {
  try {
    return await egress.open(exit, options);
  } catch (error) {
    exit.release();
    throw error;
  }
}

/** What the browser could not present is told with the rest. */
const withShortfalls = (identity: ResolvedIdentity, { shortfalls = [] }: EngineContext): ResolvedIdentity => ({
  ...identity,
  warnings: [...identity.warnings, ...shortfalls],
});

function engineNamed({ infos }: SessionEngines, wanted: string): EngineInfo {
  const info = infos.find(({ name }) => name === wanted) ?? infos[0];
  if (!info) throw new Error('there is no engine');
  return info;
}

const keyOf = ({ owner, id }: { owner: string; id: string }): string => `${owner}\n${id}`;

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
