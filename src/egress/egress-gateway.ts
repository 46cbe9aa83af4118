import { MooringError } from '../errors.js';
import { type ExitWish, exitFields } from '../protocol/fields/proxy.js';
import type { SessionOptions } from '../protocol/fields/session-options.js';
import type { AddressGuard } from './address-guard.js';
import { countryCode } from './countries.js';
import { type Destination, dial, ProxyError, type Resolve } from './dial.js';
import { type DomainLists, DomainRules } from './domain-rules.js';
import { destinationOf } from './egress-policy.js';
import type { ProxyClass, ProxyPool, ProxyWish } from './proxy-pool.js';
import { describeProxy, isSameProxy, type ProxyAddress, parseProxyUrl } from './proxy-url.js';
import { type Exit, SessionProxy } from './session-proxy.js';

/** What a session wants of its egress. */
export type EgressWish = ExitWish & Pick<SessionOptions, 'whitelistedDomains' | 'blackListedDomains' | 'maxBytes'>;

export interface ProxyCheck {
  /** Where the one connection through a proxy leads. */
  readonly target: Destination;
  readonly timeoutMs: number;
}

export interface EgressGatewayOptions {
  readonly guard: AddressGuard;
  /** The operator's proxies; absent: there are none. */
  readonly pool: ProxyPool | undefined;
  /** Absent: proxies are not checked when they are named. */
  readonly check: ProxyCheck | undefined;
  /** How long until a connection stands. */
  readonly connectTimeoutMs: number;
  /** The authorities that may certify `https://` proxies, PEM; absent: those that Node knows. */
  readonly proxyCa?: readonly string[] | undefined;
}

/** An exit that was asked for, and what is to be said of it. */
export interface ChosenExit {
  readonly exit: Exit;
  /** Whether a connection was seen to come about; a direct exit needs none. */
  readonly verified: boolean;
  readonly warnings: readonly string[];
}

type Totals = Record<Exit['class'], { bytesIn: number; bytesOut: number }>;

/** Opens a port for each session, and finds the exit behind it. */
export class EgressGateway {
  readonly #options: EgressGatewayOptions;
  readonly #ports = new Set<SessionProxy>();
  readonly #closed: Totals = zeroTotals();

  constructor(options: EgressGatewayOptions) {
    this.#options = options;
  }

  /**
   * Refuses a request that no session could serve, before one is opened for it.
   *
   * @throws MooringError `DESTINATION_FORBIDDEN`, `INVALID_PARAMETER` when a rule is no domain
   */
  assertRequest(url: string | undefined, domains: DomainLists): void {
    new DomainRules(domains);
    if (url !== undefined) this.#options.guard.assertName({ ...destinationOf(url), namedBy: 'caller' });
  }

  /**
   * Checks a wish as far as that needs no connection.
   *
   * @throws MooringError `INVALID_PARAMETER`
   */
  assertWish(wish: EgressWish): void {
    new DomainRules(wish);
    if (wish.proxy !== undefined) {
      if (wish.noProxy)
        throw new MooringError('INVALID_PARAMETER', '`noProxy`: expected it absent when `proxy` is given; got `true`.');
      parseProxyUrl(wish.proxy);
    } else poolWish(wish);
  }

  /**
   * Finds the exit for a wish, and proves that its proxy lets connections through.
   *
   * @throws MooringError `INVALID_PARAMETER`, `NO_MATCHING_PROXY`, and those of a proxy that fails: `PROXY_TUNNEL_REFUSED`,
   *   `SOCKS4_CREDENTIALS_REFUSED`, `SOCKS5_CREDENTIALS_REFUSED`, `PROXY_UNREACHABLE`, `PROXY_TIMEOUT`, `DESTINATION_FORBIDDEN`
   */
  async choose(wish: ExitWish, signal: AbortSignal): Promise<ChosenExit> {
    return this.#proven(this.#exitFor(wish), signal);
  }

  /**
   * Finds another proxy of the pool that fits the same wish.
   *
   * @throws MooringError as `choose`; `NO_MATCHING_PROXY` when there is no other
   */
  async chooseAnother({ route }: Exit, wish: ExitWish, signal: AbortSignal): Promise<ChosenExit> {
    return this.#proven(this.#exitFor(wish, route.kind === 'proxy' ? route.proxy : undefined), signal);
  }

  async #proven(
    { exit, warnings }: { exit: Exit; warnings: readonly string[] },
    signal: AbortSignal,
  ): Promise<ChosenExit> {
    try {
      return await this.#checked(exit, warnings, signal);
    } catch (error) {
      exit.release();
      throw error;
    }
  }

  /**
   * Finds the exit that an open session is to be moved to: unlike at its start, one that does not exist is an error and not
   * a direct connection.
   *
   * @throws MooringError as `choose`
   */
  async chooseForMove(wish: ExitWish, signal: AbortSignal): Promise<ChosenExit> {
    const isNamed = Object.values(wish).some((value) => value !== undefined && value !== false);
    if (!isNamed) {
      throw new MooringError(
        'INVALID_PARAMETER',
        'expected where to move the session: `proxy`, `proxyCountry`, `datacenter`, `premiumProxy`, `mobileProxy` or `noProxy`; there was none.',
      );
    }
    if (wish.proxy === undefined && !wish.noProxy && !this.#options.pool) {
      this.assertWish(wish);
      throw new MooringError('NO_MATCHING_PROXY', 'expected a proxy in the pool; there is no pool on this server.');
    }
    return this.choose(wish, signal);
  }

  /** Whether the operator has proxies for sessions that name none of their own. */
  get hasPool(): boolean {
    return this.#options.pool !== undefined;
  }

  /** Whether this is the caller's own proxy of that URL. @throws MooringError `INVALID_PARAMETER` */
  isOwnProxy({ namedBy, route }: Exit, url: string): boolean {
    if (namedBy !== 'caller' || route.kind !== 'proxy') return false;
    return isSameProxy(route.proxy, parseProxyUrl(url));
  }

  /** What is to be said where an exit is not of the class or country that is asked for, a sentence each. */
  unmet(exit: Exit, wish: ExitWish): string[] {
    const { class: wanted, country } = poolWish(wish);
    const isOther =
      (wanted !== undefined && exit.class !== wanted) || (country !== undefined && exit.country !== country);
    if (!isOther) return [];
    const names = poolFields.filter((name) => wish[name] !== undefined && wish[name] !== false);
    const which = names.map((name) => `\`${name}\``).join(', ');
    return [`${which}: no effect on a session that is open; it connects ${describeExit(exit)}.`];
  }

  /** Opens a session's port; it owns the exit from then on. @throws MooringError `INVALID_PARAMETER` */
  async open(exit: Exit, { whitelistedDomains, blackListedDomains, maxBytes }: EgressWish): Promise<SessionProxy> {
    const { guard, connectTimeoutMs, proxyCa } = this.#options;
    const port = new SessionProxy({
      exit,
      guard,
      domains: { whitelistedDomains, blackListedDomains },
      maxBytes,
      connectTimeoutMs,
      proxyCa,
    });
    await port.open();
    this.#ports.add(port);
    return port;
  }

  /** Closes a session's port, and keeps what it counted. */
  async close(port: SessionProxy): Promise<void> {
    await port.close();
    if (!this.#ports.delete(port)) return;
    addTo(this.#closed, port);
  }

  /** Bytes by class of exit, since the server started. */
  totals(): Totals {
    const totals = structuredClone(this.#closed);
    for (const port of this.#ports) addTo(totals, port);
    return totals;
  }

  /** @param except a proxy of the pool that is not to be chosen */
  #exitFor(wish: ExitWish, except?: ProxyAddress): { exit: Exit; warnings: string[] } {
    this.assertWish(wish);
    if (wish.proxy !== undefined) {
      const ignored = Object.entries(wish).filter(
        ([name, value]) =>
          name !== 'proxy' &&
          name !== 'proxyCountry' &&
          Object.hasOwn(exitFields, name) &&
          value !== undefined &&
          value !== false,
      );
      return {
        exit: {
          ...plainExit,
          route: { kind: 'proxy', proxy: parseProxyUrl(wish.proxy) },
          class: 'caller',
          country: poolWish({ proxyCountry: wish.proxyCountry }).country,
        },
        warnings: ignored.map(([name]) => `\`${name}\` has no effect beside \`proxy\`.`),
      };
    }
    if (wish.noProxy) return { exit: plainExit, warnings: [] };
    const wanted = poolWish(wish);
    const { pool } = this.#options;
    if (!pool) {
      const isWish = wanted.class !== undefined || wanted.country !== undefined;
      return {
        exit: plainExit,
        warnings: isWish ? ['There is no proxy pool on this server: the session connects directly.'] : [],
      };
    }
    const chosen = pool.choose(wanted, except);
    return {
      exit: {
        route: { kind: 'proxy', proxy: chosen.proxy },
        namedBy: 'operator',
        class: chosen.class,
        country: chosen.country,
        report: (succeeded) => (succeeded ? chosen.succeeded() : chosen.failed()),
        release: () => chosen.release(),
      },
      warnings: [],
    };
  }

  async #checked(exit: Exit, warnings: readonly string[], signal: AbortSignal): Promise<ChosenExit> {
    const { check, guard, proxyCa } = this.#options;
    const { route } = exit;
    if (route.kind === 'direct') return { exit, verified: true, warnings };
    const { namedBy } = exit;
    guard.assertName({ ...route.proxy, namedBy, isProxy: true });
    if (!check)
      return {
        exit,
        verified: false,
        warnings: [...warnings, 'The proxy was not checked (MOORING_PROXY_CHECK is off).'],
      };
    try {
      const resolve: Resolve = (to, _as, until) => guard.resolve({ ...to, namedBy, isProxy: true }, until, exit);
      const assertProxy = (proxy: ProxyAddress): void => guard.assertPort({ ...proxy, namedBy, isProxy: true });
      const socket = await dial(check.target, {
        route,
        resolve,
        assertProxy,
        timeoutMs: check.timeoutMs,
        proxyCa,
        signal,
      });
      socket.destroy();
      exit.report(true);
      return { exit, verified: true, warnings };
    } catch (error) {
      // A proxy that took us and refused only this destination may well serve others.
      if (!(error instanceof ProxyError) || error.fault !== 'denied') {
        if (error instanceof ProxyError) exit.report(false);
        throw error;
      }
      const target = `${check.target.host}:${check.target.port}`;
      return {
        exit,
        verified: false,
        warnings: [
          ...warnings,
          `The proxy ${describeProxy(route.proxy)} answers, but opened no tunnel to ${target}, where it was checked.`,
        ],
      };
    }
  }
}

const plainExit: Exit = {
  route: { kind: 'direct' },
  namedBy: 'caller',
  class: 'direct',
  report: () => {},
  release: () => {},
};

const poolFields = ['datacenter', 'premiumProxy', 'mobileProxy', 'proxyCountry'] as const;

/** `directly`, or through which proxy as far as that is the caller's to know. */
export function describeExit({ route, namedBy, class: name, country }: Exit): string {
  if (route.kind === 'direct') return 'directly';
  if (namedBy === 'caller') return `through ${describeProxy(route.proxy)}`;
  return `through a ${name} proxy of the pool${country === undefined ? '' : ` in ${country}`}`;
}

/** @throws MooringError `INVALID_PARAMETER` */
function poolWish({ datacenter, premiumProxy, mobileProxy, proxyCountry }: ExitWish): ProxyWish {
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

function zeroTotals(): Totals {
  const zero = () => ({ bytesIn: 0, bytesOut: 0 });
  return { direct: zero(), caller: zero(), residential: zero(), datacenter: zero(), mobile: zero() };
}

function addTo(totals: Totals, port: SessionProxy): void {
  for (const [name, { bytesIn, bytesOut }] of port.bytesByClass()) {
    totals[name].bytesIn += bytesIn;
    totals[name].bytesOut += bytesOut;
  }
}
