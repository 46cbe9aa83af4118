import { networkInterfaces } from 'node:os';
import { type Address, parseAddress } from '../protocol/values/address.js';
import { isWithin, type Network, parseNetwork } from './addresses.js';

const keepMs = 5000;

/** A wider block than sites get is no cable: an IPv6 tunnel may claim half the world. */
const shortestPrefix = 32;

/** The addresses of this machine, and of what stands on the same cable. They are asked for every few seconds. */
export class OwnNetwork {
  readonly #interfaces: typeof networkInterfaces;
  #addresses: ReadonlySet<string> = new Set();
  #onLink: readonly Network[] = [];
  #readAt = Number.NEGATIVE_INFINITY;

  /** @param interfaces those of this machine, unless a test has others */
  constructor(interfaces: typeof networkInterfaces = networkInterfaces) {
    this.#interfaces = interfaces;
  }

  /** Whether it is an address of this machine. */
  isOwn(address: Address): boolean {
    this.#read();
    return this.#addresses.has(address.toString());
  }

  /** Whether it is an IPv6 address of a network that this machine has an address in. */
  isNeighbour(address: Address): boolean {
    this.#read();
    return address.kind() === 'ipv6' && this.#onLink.some((network) => isWithin(address, network));
  }

  #read(): void {
    if (performance.now() - this.#readAt < keepMs) return;
    this.#readAt = performance.now();
    const entries = Object.values(this.#interfaces()).flatMap((list) => list ?? []);
    this.#addresses = new Set(entries.map(({ address }) => parseAddress(address).toString()));
    this.#onLink = entries
      .filter(({ family, cidr }) => family === 'IPv6' && cidr !== null)
      .map(({ cidr }) => parseNetwork(cidr ?? ''))
      .filter(([, bits]) => bits >= shortestPrefix);
  }
}
