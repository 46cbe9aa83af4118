import { MooringError, settingName } from '../errors.js';
import { optionFields } from '../protocol/fields/option-fields.js';
import { describeProxy, isSameProxy, type ProxyAddress } from '../protocol/values/proxy-address.js';
import { valueOfReading } from '../protocol/values/reading.js';
import {
  asksPool,
  namesUpstream,
  type UpstreamPreferences,
  type WantedUpstream,
  wantedUpstream,
} from '../protocol/values/upstream-preferences.js';
import type { AddressGuard } from './address-guard.js';
import { type Destination, dial, ProxyError, type Resolve } from './dial.js';
import type { PooledProxy, PoolPreferences, ProxyPool } from './proxy-pool.js';
import { describeUpstream, directUpstream, type Upstream } from './upstream.js';

export interface ProxyCheck {
  /** Where the one connection through a proxy leads. */
  readonly target: Destination;
  readonly timeoutMs: number;
}

export interface ProxySelectorOptions {
  readonly guard: AddressGuard;
  /** The operator's proxies. If omitted, there are none. */
  readonly pool: ProxyPool | undefined;
  /** If omitted, proxies are not checked when they are named. */
  readonly check: ProxyCheck | undefined;
  /** The authorities that may certify `https://` proxies, PEM. If omitted, those that Node knows. */
  readonly proxyCa?: readonly string[] | undefined;
}

/** An upstream that was asked for, and what the caller is told of it. */
export interface ChosenUpstream {
  readonly upstream: Upstream;
  /** Whether a connection was seen to come about; a direct upstream needs none. */
  readonly verified: boolean;
  readonly warnings: readonly string[];
}

/** Decides which upstream a session gets: the caller's own proxy, one of the operator's pool, or none. */
export class ProxySelector {
  readonly #options: ProxySelectorOptions;

  constructor(options: ProxySelectorOptions) {
    this.#options = options;
  }

  /** Whether the operator has proxies for sessions that name none of their own. */
  get hasPool(): boolean {
    return this.#options.pool !== undefined;
  }

  /**
   * Finds an upstream as it is wanted, and proves that its proxy lets connections through.
   *
   * @param before the proxy of the pool that the session had; it gets that again if it is to be had
   * @throws MooringError `INVALID_PARAMETER` when the country of the caller's proxy is none, `NO_MATCHING_PROXY`, and those of
   *   a proxy that fails: `PROXY_TUNNEL_REFUSED`, `SOCKS4_CREDENTIALS_REFUSED`, `SOCKS5_CREDENTIALS_REFUSED`,
   *   `PROXY_UNREACHABLE`, `PROXY_TIMEOUT`, `DESTINATION_FORBIDDEN`
   */
  async choose(wanted: WantedUpstream, signal: AbortSignal, before?: ProxyAddress): Promise<ChosenUpstream> {
    const { pool } = this.#options;
    if (wanted.kind !== 'pool' || !before) return this.#proven(this.#find(wanted), signal);
    if (!pool) {
      const detail = 'expected the proxy pool that the session had a proxy of; there is none on this server any more.';
      throw new MooringError('NO_MATCHING_PROXY', detail);
    }
    const same = pool.again(before, wanted);
    if (same) return this.#proven({ upstream: pooledUpstream(same), warnings: [] }, signal);
    const other = await this.#proven(this.#find(wanted), signal);
    const warning = `The proxy that the session had is not to be had: it connects ${describeUpstream(other.upstream)} from now on.`;
    return { ...other, warnings: [...other.warnings, warning] };
  }

  /**
   * Finds another proxy of the pool, of the kind that is wanted.
   *
   * @throws MooringError as `choose`; `NO_MATCHING_PROXY` when there is no other
   */
  async chooseAnother({ route }: Upstream, wanted: WantedUpstream, signal: AbortSignal): Promise<ChosenUpstream> {
    return this.#proven(this.#find(wanted, route.kind === 'proxy' ? route.proxy : undefined), signal);
  }

  /**
   * Finds the upstream that an open session is to be moved to. Unlike at its start, a proxy that does not exist is an error,
   * not a direct connection.
   *
   * @throws MooringError as `wantedUpstream` and `choose`
   */
  async chooseForMove(preferences: UpstreamPreferences, signal: AbortSignal): Promise<ChosenUpstream> {
    if (!namesUpstream(preferences) && !asksPool(preferences)) throw nowhereError();
    const wanted = wantedUpstream(preferences);
    if (wanted.kind === 'pool' && !this.#options.pool)
      throw new MooringError('NO_MATCHING_PROXY', 'expected a proxy in the pool; there is no pool on this server.');
    return this.choose(wanted, signal);
  }

  async #proven({ upstream, warnings }: Found, signal: AbortSignal): Promise<ChosenUpstream> {
    try {
      return await this.#checked(upstream, warnings, signal);
    } catch (error) {
      upstream.release();
      throw error;
    }
  }

  /** @param except a proxy of the pool that is not to be chosen */
  #find(wanted: WantedUpstream, except?: ProxyAddress): Found {
    if (wanted.kind === 'proxy') return callersProxy(wanted);
    if (wanted.kind === 'direct') return { upstream: directUpstream, warnings: [] };
    const { pool } = this.#options;
    if (pool) return { upstream: poolUpstream(pool, wanted, except), warnings: [] };
    const isAsked = wanted.class !== undefined || wanted.country !== undefined;
    return {
      upstream: directUpstream,
      warnings: isAsked ? ['There is no proxy pool on this server: the session connects directly.'] : [],
    };
  }

  async #checked(upstream: Upstream, warnings: readonly string[], signal: AbortSignal): Promise<ChosenUpstream> {
    const { check, guard, proxyCa } = this.#options;
    const { route, namedBy } = upstream;
    if (route.kind === 'direct') return { upstream, verified: true, warnings };
    guard.assertName({ ...route.proxy, namedBy, isProxy: true });
    if (!check)
      return {
        upstream,
        verified: false,
        warnings: [...warnings, `The proxy was not checked (${settingName('proxyCheck')} is off).`],
      };
    try {
      const resolve: Resolve = (to, _as, until) => guard.resolve({ ...to, namedBy, isProxy: true }, until, upstream);
      const assertProxy = (proxy: ProxyAddress): void => guard.assertPort({ ...proxy, namedBy, isProxy: true });
      const { target, timeoutMs } = check;
      const socket = await dial(target, { route, resolve, assertProxy, timeoutMs, proxyCa, signal });
      socket.destroy();
      upstream.report(true);
      return { upstream, verified: true, warnings };
    } catch (error) {
      // A proxy that took us and refused only this destination may well serve others.
      if (!(error instanceof ProxyError) || error.fault !== 'denied') {
        if (error instanceof ProxyError) upstream.report(false);
        throw error;
      }
      const target = `${check.target.host}:${check.target.port}`;
      return {
        upstream,
        verified: false,
        warnings: [
          ...warnings,
          `The proxy ${describeProxy(route.proxy)} answers, but opened no tunnel to ${target}, where it was checked.`,
        ],
      };
    }
  }
}

/** An upstream that was not checked yet. */
type Found = Omit<ChosenUpstream, 'verified'>;

function nowhereError(): MooringError {
  const { proxy, country, classes, direct } = optionFields;
  const pool = [country, ...Object.values(classes)].map((field) => `\`${field}\``).join(', ');
  return new MooringError(
    'INVALID_PARAMETER',
    `expected where to move the session: \`${proxy}\`, ${pool} or \`${direct}\`; there was none.`,
  );
}

/** @returns true if the upstream is this proxy, named by the caller */
export const isOwnProxy = ({ namedBy, route }: Upstream, proxy: ProxyAddress): boolean =>
  namedBy === 'caller' && route.kind === 'proxy' && isSameProxy(route.proxy, proxy);

/** The warnings where an open session's upstream is not of the class or country that is asked for, a sentence each. */
export function unmetPreferences(upstream: Upstream, { class: wanted, country }: PoolPreferences): string[] {
  const isOther =
    (wanted !== undefined && upstream.class !== wanted) || (country !== undefined && upstream.country !== country);
  if (!isOther) return [];
  const fields = [wanted && optionFields.classes[wanted], country && optionFields.country];
  const which = fields.filter((field) => field !== undefined).map((field) => `\`${field}\``);
  return [`${which.join(', ')}: no effect on a session that is open; it connects ${describeUpstream(upstream)}.`];
}

/** The proxy that the caller names. Beside it, only the country counts: it says where the proxy is. */
function callersProxy({ proxy, country, ignored }: Extract<WantedUpstream, { kind: 'proxy' }>): Found {
  return {
    upstream: { ...directUpstream, route: { kind: 'proxy', proxy }, class: 'caller', country: valueOfReading(country) },
    warnings: ignored.map(
      (name) => `\`${optionFields.classes[name]}\` has no effect beside \`${optionFields.proxy}\`.`,
    ),
  };
}

function poolUpstream(pool: ProxyPool, wanted: PoolPreferences, except: ProxyAddress | undefined): Upstream {
  return pooledUpstream(pool.choose(wanted, except));
}

function pooledUpstream(chosen: PooledProxy): Upstream {
  return {
    route: { kind: 'proxy', proxy: chosen.proxy },
    namedBy: 'operator',
    class: chosen.class,
    country: chosen.country,
    report: (succeeded) => (succeeded ? chosen.succeeded() : chosen.failed()),
    release: () => chosen.release(),
  };
}
