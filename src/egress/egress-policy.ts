import type { LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import { MooringError } from '../errors.js';
import { optionFields } from '../protocol/fields/option-fields.js';
import { bareHost, type DomainHosts } from '../protocol/values/domain-list.js';
import type { AddressGuard, GuardedDestination } from './address-guard.js';
import type { Destination } from './dial.js';
import { DomainRules, isListed, siteOf } from './domain-rules.js';

export interface EgressPolicyOptions {
  readonly guard: AddressGuard;
  /** Rules for the session's whole life. */
  readonly domains: DomainHosts;
}

/** Where one session may go: its own rules, those of the running request, and the server's guard over all. */
export class EgressPolicy {
  readonly #guard: AddressGuard;
  readonly #session: DomainRules;
  #request: DomainRules = new DomainRules({});
  /** `host:port` that the caller went to. */
  readonly #named = new Set<string>();
  /** `host:port` of names that led out or inside first: they may not lead to the other later (DNS rebinding). */
  readonly #led = new Map<string, 'out' | 'inside'>();
  /** Sites that the caller went to. */
  readonly #sites = new Set<string>();

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
    this.#named.add(keyOf(to));
    this.#sites.add(siteOf(to.host));
  }

  /** Rules for the request that runs, over those of the session. */
  setRequestRules(domains: DomainHosts): void {
    this.#request = new DomainRules(domains);
  }

  /** @throws MooringError `DOMAIN_NOT_ALLOWED` */
  assertDomain(to: Destination): void {
    const { host } = to;
    if (this.#session.denies(host) || this.#request.denies(host)) throw denied(to);
    if (!this.#session.restricts && !this.#request.restricts) return;
    // An entry for the request adds to those of the session; alone it restricts as they would.
    if (this.#session.allows(host) || this.#request.allows(host)) return;
    if (isListed(this.#sites, host)) return;
    throw new MooringError(
      'DOMAIN_NOT_ALLOWED',
      `expected a domain of \`${optionFields.allowedDomains}\` or a site that the caller went to; ${host} is neither.`,
    );
  }

  /** The destination, and on whose word. */
  describe(to: Destination): GuardedDestination {
    const name = keyOf(to);
    return { ...to, namedBy: this.#named.has(name) && this.#led.get(name) !== 'out' ? 'caller' : 'page' };
  }

  /** The addresses to connect to. @throws MooringError as `AddressGuard.resolve` */
  async resolve(to: Destination, signal: AbortSignal): Promise<LookupAddress[]> {
    const described = this.describe(to);
    const addresses = await this.#guard.resolve(described, signal, this);
    if (isIP(to.host) === 0) this.#assertSteady(described, this.#guard.arePublic(addresses) ? 'out' : 'inside');
    return addresses;
  }

  /** Takes note of where a name leads; refuses a change where callers may name private hosts. */
  #assertSteady(to: GuardedDestination, leads: 'out' | 'inside'): void {
    const name = keyOf(to);
    const before = this.#led.get(name);
    if (before !== undefined && before !== leads && to.namedBy === 'caller' && this.#guard.letsCallersName) {
      throw new MooringError(
        'DESTINATION_FORBIDDEN',
        `expected a name that leads where it led before; ${name} is refused: it changes between private and global addresses.`,
      );
    }
    if (before !== undefined) return;
    this.#led.set(name, leads);
    const [oldest] = this.#led.keys();
    if (this.#led.size > rememberedNames && oldest !== undefined) this.#led.delete(oldest);
  }
}

/** Pages can make up names without end. */
const rememberedNames = 10_000;

const keyOf = ({ host, port }: Destination): string => `${host}:${port}`;

/** Where a URL leads. */
export function destinationOf(url: string): Destination {
  const { hostname, port, protocol } = new URL(url);
  const standard = protocol === 'https:' || protocol === 'wss:' ? 443 : 80;
  return { host: bareHost(hostname), port: Number(port || standard) };
}

function denied({ host }: Destination): MooringError {
  return new MooringError(
    'DOMAIN_NOT_ALLOWED',
    `expected a domain that is not on \`${optionFields.deniedDomains}\`; ${host} is.`,
  );
}
