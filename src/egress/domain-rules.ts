import { isIP } from 'node:net';
import { getDomain } from 'tldts';
import { parseAddress } from '../protocol/values/address.js';
import type { DomainHosts } from '../protocol/values/domain-list.js';

/**
 * Which domains may be reached. Without an allow list: all. With one: what it lists and the sites that the caller itself
 * goes to, each with its subdomains. A deny list wins.
 */
export class DomainRules {
  readonly #allowed: ReadonlySet<string> | undefined;
  readonly #denied: ReadonlySet<string>;

  constructor({ allowed, denied = new Set() }: DomainHosts) {
    this.#allowed = allowed;
    this.#denied = denied;
  }

  /** Whether there is an allow list. */
  get restricts(): boolean {
    return this.#allowed !== undefined;
  }

  /** Whether an entry of the allow list covers this host. */
  allows(host: string): boolean {
    return this.#allowed !== undefined && isListed(this.#allowed, host);
  }

  /** Whether an entry of the deny list covers this host. */
  denies(host: string): boolean {
    return isListed(this.#denied, host);
  }
}

/** Whether a host is among these, or below one of them. */
export function isListed(hosts: ReadonlySet<string>, host: string): boolean {
  if (isIP(host) !== 0) return hosts.has(parseAddress(host).toString());
  let at = host;
  while (!hosts.has(at)) {
    const dot = at.indexOf('.');
    if (dot < 0) return false;
    at = at.slice(dot + 1);
  }
  return true;
}

/** The site of a host: its registrable domain by the public suffix list; the host itself where it has none. */
export function siteOf(host: string): string {
  if (isIP(host) !== 0) return parseAddress(host).toString();
  return getDomain(host, { allowPrivateDomains: true }) ?? host;
}
