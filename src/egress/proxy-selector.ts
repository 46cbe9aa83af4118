import { MooringError } from '../errors.js';
import { type ExitWish, exitFields } from '../protocol/fields/proxy.js';
import { countryCode } from '../protocol/values/country-code.js';
import { describeProxy, isSameProxy, type ProxyAddress, parseProxyUrl } from '../protocol/values/proxy-address.js';
import type { AddressGuard } from './address-guard.js';
import { type Destination, dial, ProxyError, type Resolve } from './dial.js';
import type { PoolPreferences, ProxyClass, ProxyPool } from './proxy-pool.js';
import { describeUpstream, directUpstream, type Upstream } from './upstream.js';

/** Which upstream a caller asks for. */
export type UpstreamPreferences = ExitWish;

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
   * Checks preferences as far as that needs no connection.
   *
   * @throws MooringError `INVALID_PARAMETER`
   */
  assertPreferences(preferences: UpstreamPreferences): void {
    if (preferences.proxy === undefined) {
      poolPreferences(preferences);
      return;
    }
    if (preferences.noProxy)
      throw new MooringError('INVALID_PARAMETER', '`noProxy`: expected it absent when `proxy` is given; got `true`.');
    parseProxyUrl(preferences.proxy);
  }

  /**
   * Finds an upstream that fits the preferences, and proves that its proxy lets connections through.
   *
   * @throws MooringError `INVALID_PARAMETER`, `NO_MATCHING_PROXY`, and those of a proxy that fails: `PROXY_TUNNEL_REFUSED`,
   *   `SOCKS4_CREDENTIALS_REFUSED`, `SOCKS5_CREDENTIALS_REFUSED`, `PROXY_UNREACHABLE`, `PROXY_TIMEOUT`, `DESTINATION_FORBIDDEN`
   */
  async choose(preferences: UpstreamPreferences, signal: AbortSignal): Promise<ChosenUpstream> {
    return this.#proven(this.#find(preferences), signal);
  }

  /**
   * Finds another proxy of the pool that fits the preferences.
   *
   * @throws MooringError as `choose`; `NO_MATCHING_PROXY` when there is no other
   */
  async chooseAnother(
    { route }: Upstream,
    preferences: UpstreamPreferences,
    signal: AbortSignal,
  ): Promise<ChosenUpstream> {
    return this.#proven(this.#find(preferences, route.kind === 'proxy' ? route.proxy : undefined), signal);
  }

  /**
   * Finds the upstream that an open session is to be moved to. Unlike at its start, a proxy that does not exist is an error,
   * not a direct connection.
   *
   * @throws MooringError as `choose`
   */
  async chooseForMove(preferences: UpstreamPreferences, signal: AbortSignal): Promise<ChosenUpstream> {
    const isNamed = Object.values(preferences).some((value) => value !== undefined && value !== false);
    if (!isNamed) {
      throw new MooringError(
        'INVALID_PARAMETER',
        'expected where to move the session: `proxy`, `proxyCountry`, `datacenter`, `premiumProxy`, `mobileProxy` or `noProxy`; there was none.',
      );
    }
    if (preferences.proxy === undefined && !preferences.noProxy && !this.#options.pool) {
      this.assertPreferences(preferences);
      throw new MooringError('NO_MATCHING_PROXY', 'expected a proxy in the pool; there is no pool on this server.');
    }
    return this.choose(preferences, signal);
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
  #find(preferences: UpstreamPreferences, except?: ProxyAddress): Found {
    this.assertPreferences(preferences);
    const { proxy, noProxy } = preferences;
    if (proxy !== undefined) return callersProxy(proxy, preferences);
    if (noProxy) return { upstream: directUpstream, warnings: [] };
    const wanted = poolPreferences(preferences);
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
        warnings: [...warnings, 'The proxy was not checked (MOORING_PROXY_CHECK is off).'],
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

/** @returns true if the upstream is the caller's own proxy of that URL. @throws MooringError `INVALID_PARAMETER` */
export function isOwnProxy({ namedBy, route }: Upstream, url: string): boolean {
  if (namedBy !== 'caller' || route.kind !== 'proxy') return false;
  return isSameProxy(route.proxy, parseProxyUrl(url));
}

/** The warnings where an open session's upstream is not of the class or country that is asked for, a sentence each. */
export function unmetPreferences(upstream: Upstream, preferences: UpstreamPreferences): string[] {
  const { class: wanted, country } = poolPreferences(preferences);
  const isOther =
    (wanted !== undefined && upstream.class !== wanted) || (country !== undefined && upstream.country !== country);
  if (!isOther) return [];
  const names = poolFields.filter((name) => preferences[name] !== undefined && preferences[name] !== false);
  const which = names.map((name) => `\`${name}\``).join(', ');
  return [`${which}: no effect on a session that is open; it connects ${describeUpstream(upstream)}.`];
}

const poolFields = ['datacenter', 'premiumProxy', 'mobileProxy', 'proxyCountry'] as const;

/** The proxy that the caller names. Beside it, only the country counts: it says where the proxy is. */
function callersProxy(url: string, { proxyCountry, ...preferences }: UpstreamPreferences): Found {
  const ignored = Object.entries(preferences).filter(
    ([name, value]) => name !== 'proxy' && Object.hasOwn(exitFields, name) && value !== undefined && value !== false,
  );
  return {
    upstream: {
      ...directUpstream,
      route: { kind: 'proxy', proxy: parseProxyUrl(url) },
      class: 'caller',
      country: poolPreferences({ proxyCountry }).country,
    },
    warnings: ignored.map(([name]) => `\`${name}\` has no effect beside \`proxy\`.`),
  };
}

function poolUpstream(pool: ProxyPool, wanted: PoolPreferences, except: ProxyAddress | undefined): Upstream {
  const chosen = pool.choose(wanted, except);
  return {
    route: { kind: 'proxy', proxy: chosen.proxy },
    namedBy: 'operator',
    class: chosen.class,
    country: chosen.country,
    report: (succeeded) => (succeeded ? chosen.succeeded() : chosen.failed()),
    release: () => chosen.release(),
  };
}

/** @throws MooringError `INVALID_PARAMETER` */
function poolPreferences({
  datacenter,
  premiumProxy,
  mobileProxy,
  proxyCountry,
}: UpstreamPreferences): PoolPreferences {
  const classes = [datacenter && 'datacenter', premiumProxy && 'residential', mobileProxy && 'mobile'].filter(
    (name): name is ProxyClass => typeof name === 'string',
  );
  if (classes.length > 1) {
    throw new MooringError(
      'INVALID_PARAMETER',
      '`datacenter`, `premiumProxy`, `mobileProxy`: expected one of them at most; got several.',
    );
  }
  const country = proxyCountry === undefined ? undefined : countryCode(proxyCountry);
  if (proxyCountry !== undefined && country === undefined) {
    throw new MooringError(
      'INVALID_PARAMETER',
      `\`proxyCountry\`: expected a country as its English name or ISO code, such as UnitedStates or US; got ${JSON.stringify(proxyCountry.slice(0, 80))}.`,
    );
  }
  return { class: classes[0], country };
}
