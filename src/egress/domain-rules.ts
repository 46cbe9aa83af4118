import { isIP } from 'node:net';
import { getDomain } from 'tldts';
import { MooringError } from '../errors.js';

/** Domains as a caller lists them. */
export interface DomainLists {
  /** Absent: every domain. */
  readonly whitelistedDomains?: readonly string[] | undefined;
  readonly blackListedDomains?: readonly string[] | undefined;
}

/**
 * Which domains may be reached. Without an allow list: all. With one: what it lists and the sites that the caller itself
 * goes to, each with its subdomains. A deny list wins.
 */
export class DomainRules {
  readonly #allowed: readonly string[] | undefined;
  readonly #denied: readonly string[];

  /** @throws MooringError `INVALID_PARAMETER` naming the entry that is no domain */
  constructor({ whitelistedDomains, blackListedDomains }: DomainLists) {
    this.#allowed = whitelistedDomains?.map((entry) => hostOfEntry('whitelistedDomains', entry));
    this.#denied = (blackListedDomains ?? []).map((entry) => hostOfEntry('blackListedDomains', entry));
  }

  /** Whether there is an allow list. */
  get restricts(): boolean {
    return this.#allowed !== undefined;
  }

  /** Whether an entry of the allow list covers this host. */
  allows(host: string): boolean {
    return this.#allowed?.some((entry) => covers(entry, host)) ?? false;
  }

  /** Whether an entry of the deny list covers this host. */
  denies(host: string): boolean {
    return this.#denied.some((entry) => covers(entry, host));
  }
}

/** Whether a domain is this host or above it. */
export function covers(domain: string, host: string): boolean {
  return host === domain || (host.endsWith(`.${domain}`) && isIP(host) === 0);
}

/** The site of a host: its registrable domain by the public suffix list; the host itself where it has none. */
export function siteOf(host: string): string {
  return getDomain(host, { allowPrivateDomains: true }) ?? host;
}

/**
 * The host that an entry means: a host, a URL, `*.host`, or any of these with stray brackets and quotes around it, as
 * lists that were pasted together have them.
 */
function hostOfEntry(field: string, entry: string): string {
  const address = entry.trim().replace(/^\[([0-9a-f:.]+)\]$/i, '$1');
  if (isIP(address) !== 0) return address.toLowerCase();
  const bare = entry.trim().replace(/^[\s'"[\]()<>]+|[\s'"[\]()<>,]+$/g, '');
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(bare) ? bare : `http://${bare}`;
  const plain = url.replace(/:\/\/(\*\.|\.)/, '://');
  const host = URL.canParse(plain) ? bareHost(new URL(plain).hostname) : '';
  if (host !== '' && (isIP(host) !== 0 || /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(host))) return host;
  throw new MooringError(
    'INVALID_PARAMETER',
    `\`${field}\`: expected domains such as google.com; got ${JSON.stringify(entry.slice(0, 80))}.`,
  );
}

/** The host of a URL without the brackets of IPv6 and the dot of the root. */
export const bareHost = (hostname: string): string =>
  hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();
