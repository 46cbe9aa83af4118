import type { DomainLists } from '../egress/domain-rules.js';
import type { ChosenExit, EgressGateway } from '../egress/egress-gateway.js';
import type { EgressPort } from '../egress/egress-port.js';
import type { ContextOptions, EngineContext, EngineInfo } from '../engine/engine.js';
import { drainingError, MooringError } from '../errors.js';
import type { IdentityResolver, ResolvedIdentity } from '../identity/identity-resolver.js';
import type { SessionRow } from '../protocol/replies.js';
import { type ExitWish, exitFields, type SessionOptions } from '../protocol/sessions.js';
import { abortable, Deadline } from '../util/deadline.js';
import { Disposables } from '../util/disposables.js';
import { type EndedSession, EndedSessions, type EndReason, sessionEndedError } from './ended-sessions.js';
import { IdleReaper } from './idle-reaper.js';
import { Session } from './session.js';
import type { SessionLease } from './session-lease.js';
import { SessionSlots } from './session-slots.js';

/** What happens to sessions, for whoever counts it. */
export interface SessionObserver {
  created(ms: number): void;
  ended(reason: EndReason): void;
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
  readonly laneLimit: number;
  readonly observer: SessionObserver;
}

/** Which session a command means, and how to make it if there is none. */
export interface SessionTarget {
  /** Who asks: a name for the key. */
  readonly owner: string;
  readonly id: string;
  readonly anonymous: boolean;
  readonly options: SessionOptions;
}

/** How long a browser may take to open a context; launching one is part of it. */
const openTimeoutMs = 30_000;
const reapEveryMs = 500;
const rememberedSessions = { max: 10_000, keepMs: 3_600_000 };

/** A session on its way. Who asks for it meanwhile gets the same one; when nobody is left, it is given up. */
interface Opening {
  readonly options: SessionOptions;
  readonly session: Promise<Session>;
  readonly controller: AbortController;
  callers: number;
}

/** Who is open, who may use it, when it ends. */
export class SessionManager {
  readonly #options: SessionManagerOptions;
  readonly #sessions = new Map<string, Session>();
  readonly #openings = new Map<string, Opening>();
  readonly #closing = new Set<Promise<void>>();
  readonly #ended = new EndedSessions(rememberedSessions);
  readonly #slots: SessionSlots;
  readonly #reaper: IdleReaper;
  #closed: Promise<void> | undefined;

  constructor(options: SessionManagerOptions) {
    this.#options = options;
    this.#slots = new SessionSlots({
      maxSessions: options.maxSessions,
      maxSessionsPerKey: options.maxSessionsPerKey,
      queueTimeoutMs: options.queueTimeoutMs,
      makeRoom: (owner) => this.#evictOldestAnonymous(owner),
      retryAfterMs: () => this.#untilNextExpiryMs(),
      onWaited: (ms) => options.observer.waitedForSlot(ms),
    });
    this.#reaper = new IdleReaper({ everyMs: reapEveryMs, sessions: () => this.#sessions.values() });
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
   * The session of this ID; made if there is none. One that ended before starts afresh.
   *
   * @throws MooringError `SESSION_EXISTS` when it is open with other options, `CODE-0001` or `CODE-0029` when no slot
   *   came free, `CODE-0026` when the browser did not open it, `DRAINING`
   */
  create(target: SessionTarget, signal: AbortSignal): Promise<Session> {
    const key = keyOf(target);
    const open = this.#sessions.get(key);
    if (open) {
      assertSameOptions(target, open.options);
      open.renew();
      return Promise.resolve(open);
    }
    const opening = this.#openings.get(key) ?? this.#startOpening(key, target);
    assertSameOptions(target, opening.options);
    return this.#join(opening, signal);
  }

  /**
   * Exclusive use of a session, in order of arrival. An ID that was never seen is created.
   *
   * @throws MooringError as `create` and `Session.lease` do, and `SESSION_ENDED`
   */
  async lease(target: SessionTarget, signal: AbortSignal): Promise<SessionLease> {
    const key = keyOf(target);
    let session = this.#sessions.get(key);
    if (session) assertSameOptions(target, session.options);
    else {
      const ended = this.#openings.has(key) ? undefined : this.#ended.find(key);
      if (ended) throw sessionEndedError(target.id, ended);
      session = await this.create(target, signal);
    }
    const startedAt = performance.now();
    const lease = await session.lease(signal);
    this.#options.observer.waitedForTurn(performance.now() - startedAt);
    return lease;
  }

  /** Whether this ID is open, or would be after a moment. */
  isActive(owner: string, id: string): boolean {
    const key = keyOf({ owner, id });
    return this.#sessions.has(key) || this.#openings.has(key);
  }

  /** Whether this ID was open and is remembered. */
  hasEnded(owner: string, id: string): boolean {
    return this.#ended.find(keyOf({ owner, id })) !== undefined;
  }

  /** Ends a session and waits until it is closed; one that is not there is fine. */
  async destroy(owner: string, id: string): Promise<void> {
    const key = keyOf({ owner, id });
    const opening = this.#openings.get(key);
    if (opening) {
      opening.controller.abort(sessionEndedError(id, { reason: 'destroyed', endedAt: Date.now() }));
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
    const session = await this.#openSession(owner, id);
    using _lease = await session.lease(signal);
    const chosen = await this.#options.egress.chooseForMove(wish, signal);
    if (session.over.aborted) {
      chosen.exit.release();
      throw session.over.reason;
    }
    session.move(chosen, { ...withoutExit(session.options), ...wish });
    return session;
  }

  /** Exclusive use of a session that is open. @throws MooringError `SESSION_ENDED`, and as `Session.lease` */
  async leaseOpen(owner: string, id: string, signal: AbortSignal): Promise<SessionLease> {
    const session = await this.#openSession(owner, id);
    return session.lease(signal);
  }

  async #openSession(owner: string, id: string): Promise<Session> {
    const key = keyOf({ owner, id });
    await this.#openings.get(key)?.session;
    const session = this.#sessions.get(key);
    if (!session) throw sessionEndedError(id, this.#ended.find(key));
    return session;
  }

  /** Refuses a request that no session could serve. @throws MooringError as `EgressGateway.assertRequest` */
  assertRequest(url: string | undefined, domains: DomainLists): void {
    this.#options.egress.assertRequest(url, domains);
  }

  /** Sessions that this owner could still open now. */
  freeSlots(owner: string): number {
    return this.#slots.freeFor(owner);
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

  #startOpening(key: string, target: SessionTarget): Opening {
    const controller = new AbortController();
    const session = this.#open(target, controller.signal).finally(() => this.#openings.delete(key));
    session.catch(() => {}); // every caller gets the failure through #join
    const opening: Opening = { options: target.options, session, controller, callers: 0 };
    this.#openings.set(key, opening);
    return opening;
  }

  async #join(opening: Opening, signal: AbortSignal): Promise<Session> {
    opening.callers += 1;
    try {
      return await abortable(opening.session, signal);
    } finally {
      opening.callers -= 1;
      if (opening.callers === 0 && signal.aborted) opening.controller.abort(signal.reason);
    }
  }

  async #open(target: SessionTarget, signal: AbortSignal): Promise<Session> {
    if (this.#closed) throw drainingError();
    this.#options.egress.assertWish(target.options);
    this.#options.identities.assertPossible(target.options);
    const slot = await this.#slots.acquire(target.owner, signal);
    const startedAt = performance.now();
    const resources = new Disposables();
    resources.defer(() => slot.release());
    try {
      const { egress } = this.#options;
      const chosen = await egress.choose(target.options, signal);
      const port = resources.use(await openPort(egress, chosen, target.options), (opened) => egress.close(opened));
      const identity = await this.#options.identities.resolve(target.options, target.id, chosen.exit.country);
      const context = await this.#openContext(identity, port.url, resources, signal);
      signal.throwIfAborted();
      const presented = withShortfalls(identity, context);
      const session = this.#newSession(target, chosen, presented, port, context, resources.move());
      this.#ended.forget(keyOf(target));
      this.#sessions.set(keyOf(target), session);
      this.#options.observer.created(performance.now() - startedAt);
      // Its caller may be gone by now, and somebody else wait for the room.
      this.#slots.roomMayBeMade();
      return session;
    } catch (error) {
      await resources.dispose();
      throw error;
    }
  }

  async #openContext(
    { identity, engine }: ResolvedIdentity,
    proxyServer: string,
    resources: Disposables,
    signal: AbortSignal,
  ): Promise<EngineContext> {
    using deadline = new Deadline({
      ms: openTimeoutMs,
      reason: () =>
        new MooringError('CODE-0026', `expected the browser to open a session within ${openTimeoutMs} ms; it did not.`),
      parent: signal,
    });
    const opening = this.#options.engines.newContext(engine, { proxyServer, identity }, deadline.signal);
    return resources.use(await opening, (context) => context.close());
  }

  #newSession(
    target: SessionTarget,
    { verified, warnings }: ChosenExit,
    identity: ResolvedIdentity,
    egress: EgressPort,
    context: EngineContext,
    resources: Disposables,
  ): Session {
    const { session_ttl, maxLifetime } = target.options;
    const lifetimes = [this.#options.maxLifetimeMs, maxLifetime === undefined ? undefined : maxLifetime * 1000];
    const shortest = Math.min(...lifetimes.filter((ms) => ms !== undefined));
    return new Session({
      ...target,
      verified,
      warnings,
      idleMs: session_ttl === undefined ? this.#options.idleTimeoutMs : session_ttl * 1000,
      maxLifetimeMs: Number.isFinite(shortest) ? shortest : undefined,
      laneLimit: this.#options.laneLimit,
      identity,
      engine: engineNamed(this.#options.engines, identity.engine),
      egress,
      context,
      resources,
      onEnded: (session, ended, closed) => this.#onEnded(session, ended, closed),
      onIdle: () => this.#slots.roomMayBeMade(),
    });
  }

  #onEnded(session: Session, ended: EndedSession, closed: Promise<void>): void {
    const key = keyOf(session);
    this.#sessions.delete(key);
    this.#ended.remember(key, ended);
    this.#options.observer.ended(ended.reason);
    const settled = closed
      .catch((error: unknown) => this.#options.observer.closeFailed(session.id, error))
      .finally(() => this.#closing.delete(settled));
    this.#closing.add(settled);
  }

  #evictOldestAnonymous(owner: string | undefined): boolean {
    let oldest: Session | undefined;
    for (const session of this.#sessions.values()) {
      if (!session.anonymous || session.state === 'busy' || (owner !== undefined && session.owner !== owner)) continue;
      if (!oldest || session.lastAccessedAt < oldest.lastAccessedAt) oldest = session;
    }
    void oldest?.end('evicted').catch(() => {}); // told to onEnded
    return oldest !== undefined;
  }

  #untilNextExpiryMs(): number {
    const now = Date.now();
    const waits = [...this.#sessions.values()].map((session) => session.expiry.at - now);
    return Math.round(Math.min(30_000, Math.max(1000, ...[Math.min(...waits, 30_000)])));
  }
}

/** Opens the port that owns the exit; if it does not open, the exit is given back. */
async function openPort(egress: EgressGateway, { exit }: ChosenExit, options: SessionOptions): Promise<EgressPort> {
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

/** The options that are not about the exit. */
function withoutExit(options: SessionOptions): SessionOptions {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !Object.hasOwn(exitFields, name)));
}

/** The same ID again is the same session, unless options are named that it was not made with. */
function assertSameOptions(target: SessionTarget, made: SessionOptions): void {
  const differing = Object.entries(target.options)
    .filter(
      ([name, value]) =>
        value !== undefined && JSON.stringify(value) !== JSON.stringify(made[name as keyof SessionOptions]),
    ) // its own keys
    .map(([name]) => `\`${name}\``);
  if (differing.length === 0) return;
  throw new MooringError(
    'SESSION_EXISTS',
    `expected options absent or equal to those session ${target.id} was made with; ${differing.join(', ')} differ${differing.length > 1 ? '' : 's'}.`,
  );
}
