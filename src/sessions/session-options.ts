import { createHash } from 'node:crypto';
import { identityFields } from '../protocol/fields/identity.js';
import { exitFields } from '../protocol/fields/proxy.js';
import type { SessionOptions } from '../protocol/fields/session-options.js';
import { countryCode } from '../protocol/values/country-code.js';
import { parseProxyUrl } from '../protocol/values/proxy-address.js';

type OptionName = keyof SessionOptions;

const upstreamNames = Object.keys(exitFields) as OptionName[]; // the keys of a part of the schema
const identityNames = Object.keys(identityFields) as OptionName[]; // likewise
const poolNames = ['datacenter', 'premiumProxy', 'mobileProxy', 'proxyCountry'] as const;

/** Options by name in a form that can be kept: short, and without a secret in it. */
export type OptionDigest = ReadonlyMap<string, string>;

/** Whether the options say by themselves where to connect: through this proxy, or directly. */
export const namesUpstream = ({ proxy, noProxy }: SessionOptions): boolean => proxy !== undefined || noProxy === true;

/** Whether the options ask for a proxy of the pool by class or country. */
export const asksPool = (options: SessionOptions): boolean =>
  poolNames.some((name) => normal(name, options[name]) !== undefined);

/** The names of the options that ask for something else than what is there; both compared by meaning, not by spelling. */
export function differingOptions(given: SessionOptions, made: SessionOptions): OptionName[] {
  const names = Object.keys(given) as OptionName[]; // of a parsed object
  return names.filter((name) => {
    const wanted = normal(name, given[name]);
    return wanted !== undefined && wanted !== normal(name, made[name]);
  });
}

/** The identity options that ask for something else than what the session was made with. */
export const differingIdentity = (given: SessionOptions, made: SessionOptions): OptionName[] =>
  differingOptions(given, made).filter((name) => identityNames.includes(name));

/** What the options say of the upstream. */
export const upstreamDigest = (options: SessionOptions): OptionDigest => digest(options, upstreamNames);

/** An upstream that could not be read: no options ask for it again. */
export const unknownUpstream: OptionDigest = new Map([['proxy', '']]);

/** What the options say of upstream, identity and bytes: what a session must not be opened without, once it was asked for. */
export const openingDigest = (options: SessionOptions): OptionDigest =>
  digest(options, [...upstreamNames, ...identityNames, 'maxBytes']);

/** Whether these options ask again for all that is in the digest. */
export function repeats(options: SessionOptions, before: OptionDigest): boolean {
  const now = openingDigest(options);
  return [...before].every(([name, value]) => now.get(name) === value);
}

/** The options that are not about the upstream. */
export const withoutUpstream = (options: SessionOptions): SessionOptions =>
  Object.fromEntries(Object.entries(options).filter(([name]) => !Object.hasOwn(exitFields, name)));

/** The options that are about the upstream. */
export const upstreamOnly = (options: SessionOptions): SessionOptions =>
  Object.fromEntries(Object.entries(options).filter(([name]) => Object.hasOwn(exitFields, name)));

function digest(options: SessionOptions, names: readonly OptionName[]): OptionDigest {
  return new Map(
    names.flatMap((name) => {
      const value = normal(name, options[name]);
      return value === undefined ? [] : [[name, createHash('sha256').update(value).digest('base64url')] as const];
    }),
  );
}

/** An option as text that is the same for values that mean the same; nothing for one that asks for nothing. */
function normal(name: OptionName, value: unknown): string | undefined {
  if (value === undefined || value === (name === 'setLocale')) return undefined; // the one flag that is on by default
  if (name === 'proxy') return proxyText(String(value));
  if (name === 'proxyCountry') return countryCode(String(value)) ?? String(value);
  if (!Array.isArray(value)) return JSON.stringify(value);
  if (name === 'whitelistedDomains' || name === 'blackListedDomains')
    return listText(value.map((domain) => String(domain).toLowerCase()));
  if (value.length === 0) return undefined;
  return name === 'locales' ? JSON.stringify(value) : listText(value);
}

const listText = (list: readonly unknown[]): string =>
  [...new Set(list.map((item) => JSON.stringify(item)))].sort().join();

function proxyText(text: string): string {
  try {
    const { protocol, host, port, username, password } = parseProxyUrl(text);
    return JSON.stringify([protocol, host.toLowerCase(), port, username, password]);
  } catch {
    return text; // opening it says what is wrong with it
  }
}
