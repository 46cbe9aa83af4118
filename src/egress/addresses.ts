import ipaddr from 'ipaddr.js';
import type { Address } from '../protocol/values/address.js';

/** Where the bytes of an IPv4 address stand in an IPv6 one, by how that begins. */
const carriers: readonly { readonly prefix: string; readonly at: readonly number[]; readonly inverted?: true }[] = [
  { prefix: '::/96', at: [12, 13, 14, 15] }, // IPv4-compatible (RFC 4291 §2.5.5.1)
  { prefix: '::ffff:0:0:0/96', at: [12, 13, 14, 15] }, // IPv4-translated (RFC 6145)
  { prefix: '64:ff9b:1::/48', at: [12, 13, 14, 15] }, // NAT64 of a network's own (RFC 8215): with 96 bits of prefix
  { prefix: '64:ff9b:1::/48', at: [6, 7, 9, 10] }, // … and with 48 (RFC 6052 §2.2)
  { prefix: '2002::/16', at: [2, 3, 4, 5] }, // 6to4 (RFC 3056)
  { prefix: '2001::/32', at: [4, 5, 6, 7] }, // Teredo (RFC 4380): the server
  { prefix: '2001::/32', at: [12, 13, 14, 15], inverted: true }, // … and the client
];
const parsedCarriers = carriers.map(({ prefix, ...rest }) => ({ ...rest, network: ipaddr.IPv6.parseCIDR(prefix) }));

/** The IPv4 addresses that a tunnel or translator would make of an address. */
export function carriedAddresses(address: Address): ipaddr.IPv4[] {
  if (address instanceof ipaddr.IPv4) return [];
  const bytes = address.toByteArray();
  const found = parsedCarriers
    .filter(({ network }) => address.match(network))
    .map(({ at, inverted }) => at.map((index) => (bytes[index] ?? 0) ^ (inverted ? 0xff : 0)));
  // ISATAP (RFC 5214 §6.1): the mark stands in the interface's part, behind any prefix.
  if (((bytes[8] ?? 0) & 0xfd) === 0 && bytes[9] === 0 && bytes[10] === 0x5e && bytes[11] === 0xfe)
    found.push(bytes.slice(12));
  return found.map((four) => new ipaddr.IPv4(four));
}

const globalIPv6 = ipaddr.IPv6.parseCIDR('2000::/3');

/** IANA gives out global IPv6 unicast from 2000::/3 alone; of the rest some has no name that a library knows. */
export function isGlobalUnicast(address: Address): boolean {
  if (address.range() !== 'unicast') return false;
  return address instanceof ipaddr.IPv4 || address.match(globalIPv6);
}

/** A block of addresses. */
export type Network = readonly [Address, number];

/** @param cidr such as `10.0.0.0/8` */
export const parseNetwork = (cidr: string): Network => ipaddr.parseCIDR(cidr);

export function isWithin(address: Address, [network, bits]: Network): boolean {
  if (address instanceof ipaddr.IPv4) return network instanceof ipaddr.IPv4 && address.match(network, bits);
  return network instanceof ipaddr.IPv6 && address.match(network, bits);
}
