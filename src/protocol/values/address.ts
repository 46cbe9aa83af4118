import ipaddr from 'ipaddr.js';

export type Address = ipaddr.IPv4 | ipaddr.IPv6;

const wellKnownNat64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96');

/**
 * An address, without its zone. Of one that is IPv4-mapped (RFC 4291 §2.5.5.2) or behind the well-known prefix of NAT64
 * (RFC 6052), the IPv4 address that it stands for.
 *
 * @param text what `isIP` takes for an address
 */
export function parseAddress(text: string): Address {
  const address = ipaddr.parse(text.split('%', 1)[0] ?? '');
  if (address instanceof ipaddr.IPv4) return address;
  if (address.isIPv4MappedAddress()) return address.toIPv4Address();
  if (address.match(wellKnownNat64)) return new ipaddr.IPv4(address.toByteArray().slice(12));
  return address;
}
