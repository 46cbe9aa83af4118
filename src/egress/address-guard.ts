import type { LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import { MooringError } from '../errors.js';
import { type Address, parseAddress } from '../protocol/values/address.js';
import { networkProblem } from '../util/network-problem.js';
import { threadPoolSize } from '../util/thread-pool.js';
import { carriedAddresses, isGlobalUnicast, isWithin, type Network, parseNetwork } from './addresses.js';
import { badPorts } from './bad-ports.js';
import { NameResolver } from './name-resolver.js';
import { OwnNetwork } from './own-network.js';

/**
 * What may be reached besides global addresses: nothing, hosts that the caller itself named, or the listed networks.
 */
export type PrivateNetworks =
  | { readonly kind: 'deny' }
  | { readonly kind: 'named' }
  | { readonly kind: 'listed'; readonly cidrs: readonly string[] };

export interface AddressGuardOptions {
  readonly privateNetworks: PrivateNetworks;
  /**
   * Every address of a name. Default: as the system resolves it, a few names at a time.
   *
   * @param asker whose turn it takes
   */
  readonly resolve?: (host: string, asker: object, signal: AbortSignal) => Promise<LookupAddress[]>;
  /** Default: the network that this machine stands in. */
  readonly ownNetwork?: OwnNetwork;
}

/** A destination, and on whose word. */
export interface GuardedDestination {
  /** A name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
  /** `caller`: named in a URL or as a proxy; `operator`: a setting; `page`: led to by a page. */
  readonly namedBy: 'caller' | 'operator' | 'page';
  /** A proxy: its port is for `assertPort` to refuse, once it has taken the connection and before a byte is sent. */
  readonly isProxy?: true;
}

/** Names under which clouds serve credentials to every caller inside. */
const metadataNames = new Set([
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'metadata.azure.internal',
  'metadata.tencentyun.com',
  'metadata.packet.net',
  'metadata.platformequinix.com',
  'api.metadata.cloud.ibm.com',
  'instance-data',
  'instance-data.ec2.internal',
  'rancher-metadata',
]);
/** And the addresses, as `Address.toString` writes them. */
const metadataAddresses = new Set([
  '169.254.169.254', // most of them
  '169.254.169.252', // Google's Kubernetes
  '169.254.169.250', // Rancher
  '169.254.170.2', // Amazon's containers
  '169.254.170.23', // … and its Kubernetes
  '169.254.42.42', // Scaleway
  '169.254.0.23', // Tencent
  '168.63.129.16', // Azure, in the public range
  '100.100.100.200', // Alibaba
  '100.96.0.96', // Volcengine
  '192.0.0.192', // Oracle, the older one
  'fd00:ec2::254', // Amazon
  'fd00:ec2::23',
  'fd20:ce::254', // Google
  'fd00:42::42', // Scaleway
  'fd00:c1::a9fe:a9fe', // Oracle
  'fe80::a9fe:a9fe', // OpenStack
]);

/**
 * Keeps sessions out of the network that the server stands in. A name is resolved once, every address of it is checked,
 * and the checked ones are what is connected to: a name that answers differently the second time gains nothing.
 */
export class AddressGuard {
  /** Ports that this server itself listens on: for HTTP, and for the sessions' proxies. Never reachable, whatever else is allowed. */
  readonly ownPorts = new Set<number>();
  readonly #options: AddressGuardOptions;
  readonly #listed: readonly Network[];
  readonly #own: OwnNetwork;
  readonly #resolve: NonNullable<AddressGuardOptions['resolve']>;

  constructor(options: AddressGuardOptions) {
    this.#options = options;
    const { privateNetworks, ownNetwork = new OwnNetwork(), resolve } = options;
    this.#listed = privateNetworks.kind === 'listed' ? privateNetworks.cidrs.map(parseNetwork) : [];
    this.#own = ownNetwork;
    this.#resolve = resolve ?? systemResolve();
  }

  /** Whether callers may go to private hosts, by naming them. */
  get letsCallersName(): boolean {
    return this.#options.privateNetworks.kind === 'named';
  }

  /**
   * Refuses what can be told without resolving: ports, addresses, what is no name, and names of services that nobody may
   * reach.
   *
   * @throws MooringError `DESTINATION_FORBIDDEN`, naming host and rule
   */
  assertName(to: GuardedDestination): void {
    if (!to.isProxy) this.assertPort(to);
    const name = to.host.toLowerCase().replace(/\.$/, '');
    if (!isHostName(name)) throw forbidden(to, 'it is no valid host name');
    if (metadataNames.has(name)) throw forbidden(to, 'it is a metadata service of a cloud');
    if (isIP(name) !== 0) this.#assertAddress(to, name);
    else if (name === 'localhost' || name.endsWith('.localhost')) this.#assertAddress(to, '127.0.0.1');
  }

  /** @throws MooringError when it is a port of another protocol: `NO_RESPONSE`, of a proxy `DESTINATION_FORBIDDEN` */
  assertPort(to: GuardedDestination): void {
    if (to.namedBy === 'operator' || !badPorts.has(to.port)) return;
    const rule = 'browsers do not connect to that port';
    if (to.isProxy) throw forbidden(to, rule);
    // As where the browser itself refuses it.
    throw new MooringError('NO_RESPONSE', `expected a usable HTTP response from ${to.host}:${to.port}; ${rule}.`);
  }

  /**
   * The addresses to connect to.
   *
   * @throws MooringError `DESTINATION_FORBIDDEN`; `NO_RESPONSE` when the name does not resolve
   */
  async resolve(
    to: GuardedDestination,
    signal: AbortSignal = new AbortController().signal,
    asker: object = this,
  ): Promise<LookupAddress[]> {
    this.assertName(to);
    const family = isIP(to.host);
    if (family !== 0) return [{ address: to.host, family }];
    const addresses = await this.#lookup(to, signal, asker);
    for (const { address } of addresses) this.#assertAddress(to, address);
    // The browser takes the address that it likes: what is public is not the caller's own, however the name is.
    if (to.namedBy === 'caller' && this.letsCallersName && this.#areMixed(addresses))
      throw forbidden(to, 'it resolves to global and to other addresses');
    return addresses;
  }

  /** Whether all of them are global unicast addresses, none of this machine's own network. */
  arePublic(addresses: readonly LookupAddress[]): boolean {
    return addresses.every(({ address }) => this.#isPublic(parseAddress(address)));
  }

  #areMixed(addresses: readonly LookupAddress[]): boolean {
    return !this.arePublic(addresses) && addresses.some((address) => this.arePublic([address]));
  }

  async #lookup({ host }: GuardedDestination, signal: AbortSignal, asker: object): Promise<LookupAddress[]> {
    try {
      const addresses = await this.#resolve(host, asker, signal);
      if (addresses.length > 0) return addresses;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw new MooringError(
        'NO_RESPONSE',
        `expected a host that can be found; got ${host}: ${networkProblem(error, 'the name is not known')}.`,
        { cause: error },
      );
    }
    throw new MooringError('NO_RESPONSE', `expected a host that can be found; got ${host}: the name has no address.`);
  }

  #assertAddress(to: GuardedDestination, text: string): void {
    const address = parseAddress(text);
    const all = [address, ...carriedAddresses(address)];
    if (this.ownPorts.has(to.port) && all.some((one) => this.#isThisMachine(one)))
      throw forbidden(to, 'it is this server itself');
    if (to.namedBy === 'operator') return;
    if (all.some((one) => metadataAddresses.has(one.toString())))
      throw forbidden(to, 'it is a metadata service of a cloud');
    if (this.#isListed(address) || this.#isPublic(address)) return;
    if (to.namedBy === 'caller' && this.letsCallersName) return;
    // The address behind a name is not the caller's to know.
    const verb = text === to.host ? 'is' : 'resolves to';
    const range = address.range() === 'unicast' ? 'reserved' : address.range();
    throw forbidden(
      to,
      isGlobalUnicast(address) && carriedAddresses(address).every(isGlobalUnicast)
        ? `it ${verb} an address of the network that the server stands in`
        : `it ${verb} no global address (${range})`,
    );
  }

  #isListed(address: Address): boolean {
    return this.#listed.some((network) => isWithin(address, network));
  }

  /** Whether it is everybody's, and no address of the machine's own network, whatever range that is in. */
  #isPublic(address: Address): boolean {
    if (this.#own.isOwn(address) || this.#own.isNeighbour(address)) return false;
    return [address, ...carriedAddresses(address)].every(isGlobalUnicast);
  }

  #isThisMachine(address: Address): boolean {
    const range = address.range();
    return range === 'loopback' || range === 'unspecified' || this.#own.isOwn(address);
  }
}

function systemResolve(): NonNullable<AddressGuardOptions['resolve']> {
  // The rest of the threads is for files and compression.
  const atOnce = Math.max(2, threadPoolSize() - 2);
  const names = new NameResolver({ atOnce, atOnceForOne: Math.max(1, Math.floor(atOnce / 3)) });
  return (host, asker, signal) => names.resolve(host, asker, signal);
}

/** Whether it has no empty label, once the dot of the root is off, and the length of a name (RFC 1035 §2.3.4). */
const isHostName = (name: string): boolean => name.length <= 253 && name.split('.').every((label) => label !== '');

function forbidden({ host, port }: GuardedDestination, rule: string): MooringError {
  return new MooringError(
    'DESTINATION_FORBIDDEN',
    `expected a destination that sessions may reach; ${host.slice(0, 253)}:${port} is refused: ${rule}.`,
  );
}
