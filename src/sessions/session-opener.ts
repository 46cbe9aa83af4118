import { availableParallelism } from 'node:os';
import type { EgressGateway, EgressLimits } from '../egress/egress-gateway.js';
import type { ChosenUpstream, ProxySelector } from '../egress/proxy-selector.js';
import type { SessionProxy } from '../egress/session-proxy.js';
import type { ContextOptions, EngineContext, EngineInfo } from '../engine/engine.js';
import { MooringError, settingName } from '../errors.js';
import type { IdentityResolver, ResolvedIdentity } from '../identity/identity-resolver.js';
import { hostsOf } from '../protocol/values/domain-list.js';
import type { SessionOptions } from '../protocol/values/session-options.js';
import { type WantedUpstream, wantedUpstream } from '../protocol/values/upstream-preferences.js';
import type { BrowserState } from '../snapshots/browser-state.js';
import { Deadline } from '../util/deadline.js';
import { Disposables } from '../util/disposables.js';
import { type LastingOptions, Session, type SessionParts } from './session.js';
import { noStoreError } from './session-errors.js';
import { goesDirectly, type SessionRecord } from './session-record.js';
import type { SessionSlots } from './session-slots.js';
import type { TakenState } from './session-state.js';
import type { SessionTarget } from './session-target.js';
import { StartGate } from './start-gate.js';

/** The browsers that sessions are opened in. */
export interface SessionEngines {
  readonly infos: readonly EngineInfo[];
  newContext(name: string, options: ContextOptions, signal: AbortSignal): Promise<EngineContext>;
}

export interface SessionOpenerOptions {
  readonly engines: SessionEngines;
  readonly identities: IdentityResolver;
  readonly proxies: ProxySelector;
  readonly egress: EgressGateway;
  readonly slots: SessionSlots;
  /** How long a session lives without a request, if its caller names no time. */
  readonly idleTimeoutMs: number;
  /** How long a session lives at most. If undefined, as long as its caller says. */
  readonly maxLifetimeMs: number | undefined;
  /** How long `sessions.create` waits for a slot. */
  readonly queueTimeoutMs: number;
  /** How long after its last request a session's page is paused. If undefined, never. */
  readonly pauseAfterMs: number | undefined;
  readonly laneLimit: number;
  readonly lasting: LastingOptions;
  /** Called when a session is open, before anybody gets it, with the time since it had its slot. */
  readonly onOpened: (session: Session, ms: number) => void;
  readonly onEnded: SessionParts['onEnded'];
  readonly onAsleep: SessionParts['onAsleep'];
  readonly onIdle: SessionParts['onIdle'];
}

/** How long a browser may take to open a context; launching one is part of it. */
const openTimeoutMs = 30_000;
/** How many pages start at once for each core: renderers and first documents wait for the processor, less for the network. */
const startsPerCore = 2;
const startHoldMs = 3000;

/**
 * Opens sessions.
 *
 * ```
 * slot ─▶ upstream ─▶ session proxy ─▶ identity ─▶ context ─▶ Session, which owns them all
 * ```
 *
 * If a step fails, what the steps before it opened is closed again.
 */
export class SessionOpener {
  readonly #options: SessionOpenerOptions;
  readonly #starts = new StartGate({ limit: startsPerCore * availableParallelism(), holdMs: startHoldMs });

  constructor(options: SessionOpenerOptions) {
    this.#options = options;
  }

  /**
   * Opens a session.
   *
   * @param onSlot called when it has a slot
   * @throws MooringError `INVALID_PARAMETER`, `IDENTITY_IMPOSSIBLE`; `NO_CAPACITY`, `TOO_MANY_SESSIONS` when no slot came
   *   free; as `ProxySelector.choose`; `BROWSER_FAILED`; the signal's reason
   */
  async open(target: SessionTarget, byCreate: boolean, signal: AbortSignal, onSlot: () => void): Promise<Session> {
    const { egress, proxies, identities, slots, queueTimeoutMs, onOpened, lasting } = this.#options;
    const { record, life = new AbortController() } = target;
    const { identity: preferences, persist } = target.options;
    const domains = hostsOf(target.options.domains);
    // What went out directly does so again, though there may be a pool by now.
    const wanted: WantedUpstream =
      record && goesDirectly(record) ? { kind: 'direct' } : wantedUpstream(target.options.upstream);
    if (record) assertRuns(this.#options.engines, record);
    else identities.assertPossible(preferences);
    if (persist && !lasting.store) throw noStoreError();
    if (persist && !target.life) lasting.assertRoom(target.owner);
    // A request waits for as long as its own time lasts.
    const slot = await slots.acquire(target.owner, byCreate ? queueTimeoutMs : undefined, signal);
    onSlot();
    const startedAt = performance.now();
    const resources = new Disposables();
    resources.defer(() => slot.release());
    try {
      const chosen = await proxies.choose(wanted, signal, record?.pooledProxy);
      const proxy = resources.use(await this.#openProxy(chosen, { domains, maxBytes: bytesLeft(target) }), (opened) =>
        egress.close(opened),
      );
      const identity = record?.identity ?? (await identities.resolve(preferences, target.id, chosen.upstream.country));
      const restored = restoredOf(target, identity);
      const context = resources.use(
        await this.#openContext(target.owner, identity, proxy, restored?.state, signal),
        (it) => it.close(),
      );
      signal.throwIfAborted();
      const session = new Session({
        ...target,
        ...this.#lifetimes(target.options),
        byCreate: record?.byCreate ?? byCreate,
        anonymous: record?.head.anonymous ?? (!target.named && !byCreate),
        verified: chosen.verified,
        warnings: [
          ...chosen.warnings,
          ...(record ? [] : (context.unrestored ?? [])),
          ...(persist && !lasting.isSealed && !record ? [unsealedWarning] : []),
        ],
        pauseAfterMs: target.options.keepRunning ? undefined : this.#options.pauseAfterMs,
        laneLimit: this.#options.laneLimit,
        identity: withShortfalls(identity, context),
        engine: engineNamed(this.#options.engines, identity.engine),
        egress: proxy,
        context,
        starts: this.#starts,
        lasting,
        record,
        restored,
        life,
        resources: resources.move(),
        onEnded: this.#options.onEnded,
        onAsleep: this.#options.onAsleep,
        onIdle: this.#options.onIdle,
      });
      onOpened(session, performance.now() - startedAt);
      return session;
    } catch (error) {
      await resources.dispose();
      throw error;
    }
  }

  /** Opens the proxy that owns the upstream; if it does not open, the upstream is given back. */
  async #openProxy({ upstream }: ChosenUpstream, limits: EgressLimits): Promise<SessionProxy> {
    try {
      return await this.#options.egress.open(upstream, limits);
    } catch (error) {
      upstream.release();
      throw error;
    }
  }

  async #openContext(
    owner: string,
    { identity, engine }: ResolvedIdentity,
    proxy: SessionProxy,
    state: BrowserState | undefined,
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
    const options = { owner, proxyServer: proxy.url, identity, ...(state ? { state } : {}) };
    return await this.#options.engines.newContext(engine, options, deadline.signal);
  }

  #lifetimes({ idleMs, maxLifetimeMs }: SessionOptions): Pick<SessionParts, 'idleMs' | 'maxLifetimeMs'> {
    const lifetimes = [this.#options.maxLifetimeMs, maxLifetimeMs];
    const shortest = Math.min(...lifetimes.filter((ms) => ms !== undefined));
    return {
      idleMs: idleMs ?? this.#options.idleTimeoutMs,
      maxLifetimeMs: Number.isFinite(shortest) ? shortest : undefined,
    };
  }
}

const unsealedWarning = `The state of this session is stored as it is, for the server has no key to seal it with (${settingName('stateKey')}).`;

/** Another browser would not be the one that sites know. */
function assertRuns({ infos }: SessionEngines, { head, identity: { engine } }: SessionRecord): void {
  if (infos.some(({ name }) => name === engine)) return;
  throw new MooringError(
    'IDENTITY_IMPOSSIBLE',
    `expected the browser that session ${head.id} ran on, ${engine}; this server has none. The session is kept as it is.`,
  );
}

/** What it may still move. */
function bytesLeft({ options: { maxBytes }, record }: SessionTarget): number | undefined {
  if (maxBytes === undefined || !record) return maxBytes;
  const { bytesIn, bytesOut } = record.head;
  return Math.max(1, maxBytes - bytesIn - bytesOut);
}

/** What a session has in its browser from the start. */
function restoredOf({ record, state }: SessionTarget, { identity }: ResolvedIdentity): TakenState | undefined {
  if (record) {
    const { head, left, place } = record;
    return { takenAt: head.takenAt, state: record.state, left, place };
  }
  if (!state) return undefined;
  const { cookies, origins, place, takenAt = Date.now() } = state;
  const { viewport } = identity;
  return {
    takenAt,
    state: { cookies, origins },
    left: [],
    place: place && { ...place, viewport: place.viewport ?? viewport },
  };
}

/** The identity with what the browser could not present among its warnings. */
const withShortfalls = (identity: ResolvedIdentity, { shortfalls = [] }: EngineContext): ResolvedIdentity => ({
  ...identity,
  warnings: [...identity.warnings, ...shortfalls],
});

function engineNamed({ infos }: SessionEngines, wanted: string): EngineInfo {
  const info = infos.find(({ name }) => name === wanted) ?? infos[0];
  if (!info) throw new Error('there is no engine');
  return info;
}
