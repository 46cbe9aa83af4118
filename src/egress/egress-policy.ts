import type { LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import { MooringError } from '../errors.js';
import type { AddressGuard, GuardedDestination } from './address-guard.js';
import { bareHost, covers, type DomainLists, DomainRules, siteOf } from './domain-rules.js';
import type { Destination } from './upstream.js';

export interface EgressPolicyOptions {
  readonly guard: AddressGuard;
  /** Rules for the session's whole life. */
  readonly domains: DomainLists;
}

/** Where one session may go: its own rules, those of the running request, and the server's guard over all. */
export class EgressPolicy {
  readonly #guard: AddressGuard;
  readonly #session: DomainRules;
  #request: DomainRules = new DomainRules({});
  /** `host:port` that the caller went to. */
  readonly #named = new Set<string>();
  /** Names among them that led to a public address first: they may not lead inside later (DNS rebinding). */
  readonly #public = new Set<string>();
  /** Sites that the caller went to. */
  readonly #sites = new Set<string>();

  /** @throws MooringError `INVALID_PARAMETER` */
  constructor({ guard, domains }: EgressPolicyOptions) {
    this.#guard = guard;
    this.#session = new DomainRules(domains);
  }

  /**
   * Takes note that the caller itself goes to this URL: its site is on the allow list from now on, and its host and port
   * count as named.
   *
   * @throws MooringError `DESTINATION_FORBIDDEN`, `DOMAIN_NOT_ALLOWED` when it must not be gone to
   */
  name(url: string): void {
    const to = destinationOf(url);
    this.#guard.assertName({ ...to, namedBy: 'caller' });
    if (this.#session.denies(to.host) || this.#request.denies(to.host)) throw denied(to);
    this.#named.add(`${to.host}:${to.port}`);
    this.#sites.add(siteOf(to.host));
  }

  /** Rules for the request that runs, over those of the session. @throws MooringError `INVALID_PARAMETER` */
  setRequestRules(domains: DomainLists): void {
    this.#request = new DomainRules(domains);
  }

  /** @throws MooringError `DOMAIN_NOT_ALLOWED` */
  assertDomain(to: Destination): void {
    const { host } = to;
    if (this.#session.denies(host) || this.#request.denies(host)) throw denied(to);
    if (!this.#session.restricts && !this.#request.restricts) return;
    // An entry for the request adds to those of the session; alone it restricts as they would.
    if (this.#session.allows(host) || this.#request.allows(host)) return;
    if ([...this.#sites].some((site) => covers(site, host))) return;
    throw new MooringError(
      'DOMAIN_NOT_ALLOWED',
      `expected a domain of \`whitelistedDomains\` or a site that the caller went to; ${host} is neither.`,
    );
  }

  /** The destination, and on whose word. */
  describe(to: Destination): GuardedDestination {
    const name = `${to.host}:${to.port}`;
    return { ...to, namedBy: this.#named.has(name) && !this.#public.has(name) ? 'caller' : 'page' };
  }

  /** The addresses to connect to. @throws MooringError as `AddressGuard.resolve` */
  async resolve(to: Destination): Promise<LookupAddress[]> {
    const addresses = await this.#guard.resolve(this.describe(to));
    if (isIP(to.host) === 0 && this.#guard.areGlobal(addresses)) this.#public.add(`${to.host}:${to.port}`);
    return addresses;
  }
}

/** Where a URL leads. */
export function destinationOf(url: string): Destination {
  const { hostname, port, protocol } = new URL(url);
  const standard = protocol === 'https:' || protocol === 'wss:' ? 443 : 80;
  return { host: bareHost(hostname), port: Number(port || standard) };
}

function denied({ host }: Destination): MooringError {
  return new MooringError('DOMAIN_NOT_ALLOWED', `expected a domain that is not on \`blackListedDomains\`; ${host} is.`);
}
