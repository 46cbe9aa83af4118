import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import ipaddr from 'ipaddr.js';
import { MooringError } from '../errors.js';
import { networkProblem } from '../util/network-problem.js';

/**
 * What may be reached besides global addresses: nothing, hosts that the caller itself named, or the listed networks.
 */
export type PrivateNetworks =
  | { readonly kind: 'deny' }
  | { readonly kind: 'named' }
  | { readonly kind: 'listed'; readonly cidrs: readonly string[] };

export interface AddressGuardOptions {
  readonly privateNetworks: PrivateNetworks;
  /** Every address of a name. Default: as the system resolves it. */
  readonly resolve?: (host: string) => Promise<LookupAddress[]>;
}

/** A destination, and on whose word. */
export interface GuardedDestination {
  /** A name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
  /** `caller`: named in a URL or as a proxy; `operator`: a setting; `page`: led to by a page. */
  readonly namedBy: 'caller' | 'operator' | 'page';
}

/** Names under which clouds serve credentials to whoever asks from inside. */
const metadataNames = new Set([
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'metadata.tencentyun.com',
  'instance-data',
]);
const metadataAddresses = new Set(['169.254.169.254', '169.254.170.2', '100.100.100.200', 'fd00:ec2::254']);

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/**
 * Keeps sessions out of the network that the server stands in. A name is resolved once, every address of it is checked,
 * and the checked ones are what is connected to: a name that answers differently the second time gains nothing.
 */
export class AddressGuard {
  /** Ports of this very server: its door and its egress ports. Never reachable, whatever else is allowed. */
  readonly ownPorts = new Set<number>();
  readonly #options: AddressGuardOptions;
  readonly #listed: readonly [Address, number][];

  constructor(options: AddressGuardOptions) {
    this.#options = options;
    const { privateNetworks } = options;
    this.#listed = privateNetworks.kind === 'listed' ? privateNetworks.cidrs.map((cidr) => ipaddr.parseCIDR(cidr)) : [];
  }

  /**
   * Refuses what can be told without resolving: addresses, and names of services that nobody may reach.
   *
   * @throws MooringError `DESTINATION_FORBIDDEN`, naming host and rule
   */
  assertName(to: GuardedDestination): void {
    const name = to.host.toLowerCase().replace(/\.$/, '');
    if (metadataNames.has(name)) throw forbidden(to, 'it is a metadata service of a cloud');
    if (isIP(name) !== 0) this.#assertAddress(to, name);
    else if (name === 'localhost' || name.endsWith('.localhost')) this.#assertAddress(to, '127.0.0.1');
  }

  /**
   * The addresses to connect to.
   *
   * @throws MooringError `DESTINATION_FORBIDDEN`; `CODE-0006` when the name does not resolve
   */
  async resolve(to: GuardedDestination): Promise<LookupAddress[]> {
    this.assertName(to);
    const family = isIP(to.host);
    if (family !== 0) return [{ address: to.host, family }];
    const addresses = await this.#lookup(to);
    for (const { address } of addresses) this.#assertAddress(to, address);
    return addresses;
  }

  /** Whether all of them are global unicast addresses. */
  areGlobal(addresses: readonly LookupAddress[]): boolean {
    return addresses.every(({ address }) => isGlobalUnicast(unwrap(ipaddr.parse(address))));
  }

  async #lookup({ host }: GuardedDestination): Promise<LookupAddress[]> {
    const { resolve = (name) => lookup(name, { all: true, verbatim: true }) } = this.#options;
    try {
      const addresses = await resolve(host);
      if (addresses.length > 0) return addresses;
    } catch (error) {
      throw new MooringError(
        'CODE-0006',
        `expected a host that can be found; got ${host}: ${networkProblem(error, 'the name is not known')}.`,
        { cause: error },
      );
    }
    throw new MooringError('CODE-0006', `expected a host that can be found; got ${host}: the name has no address.`);
  }

  #assertAddress(to: GuardedDestination, text: string): void {
    const address = unwrap(ipaddr.parse(text));
    if (this.ownPorts.has(to.port) && isThisMachine(address)) throw forbidden(to, 'it is this server itself');
    if (to.namedBy === 'operator' || this.#isListed(address)) return;
    if (metadataAddresses.has(address.toString())) throw forbidden(to, 'it is a metadata service of a cloud');
    if (isGlobalUnicast(address)) return;
    if (this.#options.privateNetworks.kind === 'named' && to.namedBy === 'caller') return;
    const kind = address.range() === 'unicast' ? 'reserved' : address.range();
    // The address behind a name is not the caller's to know.
    const isNamed = text === to.host;
    throw forbidden(to, isNamed ? `it is no global address (${kind})` : `it resolves to no global address (${kind})`);
  }

  #isListed(address: Address): boolean {
    return this.#listed.some(([network, bits]) => network.kind() === address.kind() && matches(address, network, bits));
  }
}

function matches(address: Address, network: Address, bits: number): boolean {
  if (address instanceof ipaddr.IPv4 && network instanceof ipaddr.IPv4) return address.match(network, bits);
  return address instanceof ipaddr.IPv6 && network instanceof ipaddr.IPv6 && address.match(network, bits);
}

/** The IPv4 address inside an IPv4-mapped (RFC 4291 §2.5.5.2) or NAT64 (RFC 6052) one; any other as it is. */
function unwrap(address: Address): Address {
  if (address instanceof ipaddr.IPv4) return address;
  if (address.isIPv4MappedAddress()) return address.toIPv4Address();
  if (address.range() === 'rfc6052') return new ipaddr.IPv4(address.toByteArray().slice(12));
  return address;
}

const globalIPv6 = ipaddr.parseCIDR('2000::/3');

/** IANA gives out global IPv6 unicast from 2000::/3 alone; of the rest some has no name that a library knows. */
function isGlobalUnicast(address: Address): boolean {
  if (address.range() !== 'unicast') return false;
  return address instanceof ipaddr.IPv4 || matches(address, ...globalIPv6);
}

function isThisMachine(address: Address): boolean {
  const range = address.range();
  if (range === 'loopback' || range === 'unspecified') return true;
  const text = address.toString();
  return Object.values(networkInterfaces()).some((entries) =>
    entries?.some((entry) => isIP(entry.address) !== 0 && ipaddr.parse(entry.address).toString() === text),
  );
}

function forbidden({ host, port }: GuardedDestination, rule: string): MooringError {
  return new MooringError(
    'DESTINATION_FORBIDDEN',
    `expected a destination that sessions may reach; ${host}:${port} is refused: ${rule}.`,
  );
}
