import { createHash } from 'node:crypto';
import { type IdentityFields, identityFields } from '../protocol/fields/identity.js';
import { optionFields } from '../protocol/fields/option-fields.js';
import type { DomainLists } from '../protocol/values/domain-list.js';
import type { ProxyAddress } from '../protocol/values/proxy-address.js';
import type { ProxyClass } from '../protocol/values/proxy-class.js';
import { type Reading, Unreadable } from '../protocol/values/reading.js';
import type { SessionOptions } from '../protocol/values/session-options.js';

/** One option, as it is compared and named to callers. */
interface Option {
  readonly field: string;
  /** Text that is the same for values that mean the same. Undefined where nothing is asked for. */
  readonly textOf: (options: SessionOptions) => string | undefined;
}

/** Options by name in a form that can be kept: short, and without a secret in it. */
export type OptionDigest = ReadonlyMap<string, string>;

const upstreamOptions: readonly Option[] = [
  { field: optionFields.proxy, textOf: ({ upstream }) => proxyText(upstream.proxy) },
  { field: optionFields.direct, textOf: ({ upstream }) => jsonText(upstream.direct) },
  ...(Object.entries(optionFields.classes) as [ProxyClass, string][]).map(([name, field]) => ({
    field, // of the table
    textOf: ({ upstream }: SessionOptions) => (upstream.classes?.includes(name) ? name : undefined),
  })),
  { field: optionFields.country, textOf: ({ upstream }) => writtenOr(upstream.country, (code) => code) },
];
const identityOptions: readonly Option[] = (Object.keys(identityFields) as (keyof IdentityFields)[]) // its own keys
  .map((name) => ({ field: name, textOf: ({ identity }) => identityText(name, identity[name]) }));
const maxBytesOption: Option = { field: optionFields.maxBytes, textOf: ({ maxBytes }) => jsonText(maxBytes) };

const openingOptions = [...upstreamOptions, ...identityOptions, maxBytesOption];
/** In the order of the schema. */
const allOptions: readonly Option[] = [
  ...openingOptions,
  { field: optionFields.idleMs, textOf: ({ idleMs }) => jsonText(idleMs) },
  { field: optionFields.maxLifetimeMs, textOf: ({ maxLifetimeMs }) => jsonText(maxLifetimeMs) },
  { field: optionFields.persist, textOf: ({ persist }) => jsonText(persist) },
  { field: optionFields.keepRunning, textOf: ({ keepRunning }) => jsonText(keepRunning) },
  { field: optionFields.allowedDomains, textOf: ({ domains }) => domainsText(domains.allowed) },
  { field: optionFields.deniedDomains, textOf: ({ domains }) => domainsText(domains.denied) },
];

/** The fields of the options that ask for something else than what is there; both compared by meaning, not by spelling. */
export const differingOptions = (given: SessionOptions, made: SessionOptions): string[] =>
  differing(allOptions, given, made);

/** The fields of the identity that ask for something else than what the session was made with. */
export const differingIdentity = (given: SessionOptions, made: SessionOptions): string[] =>
  differing(identityOptions, given, made);

function differing(options: readonly Option[], given: SessionOptions, made: SessionOptions): string[] {
  const others = options.filter(({ textOf }) => {
    const wanted = textOf(given);
    return wanted !== undefined && wanted !== textOf(made);
  });
  return others.map(({ field }) => field);
}

/** What the options say of the upstream. */
export const upstreamDigest = (options: SessionOptions): OptionDigest => digest(options, upstreamOptions);

/** An upstream that could not be read: no options ask for it again. */
export const unknownUpstream: OptionDigest = new Map([[optionFields.proxy, '']]);

/** What the options say of upstream, identity and bytes: what a session must not be opened without, once it was asked for. */
export const openingDigest = (options: SessionOptions): OptionDigest => digest(options, openingOptions);

/** Whether these options ask again for all that is in the digest. */
export function repeats(options: SessionOptions, before: OptionDigest): boolean {
  const now = openingDigest(options);
  return [...before].every(([field, value]) => now.get(field) === value);
}

const digest = (options: SessionOptions, from: readonly Option[]): OptionDigest =>
  new Map(
    from.flatMap(({ field, textOf }) => {
      const text = textOf(options);
      return text === undefined ? [] : [[field, createHash('sha256').update(text).digest('base64url')] as const];
    }),
  );

const jsonText = (value: unknown): string | undefined => (value === undefined ? undefined : JSON.stringify(value));

const listText = (list: readonly unknown[]): string =>
  [...new Set(list.map((item) => JSON.stringify(item)))].sort().join();

/** The text of a value; of what is none, as it was written. */
function writtenOr<T>(reading: Reading<T> | undefined, textOf: (value: T) => string): string | undefined {
  if (reading === undefined) return undefined;
  return reading instanceof Unreadable ? reading.written : textOf(reading);
}

const proxyText = (proxy: Reading<ProxyAddress> | undefined): string | undefined =>
  writtenOr(proxy, ({ protocol, host, port, username, password }) =>
    JSON.stringify([protocol, host.toLowerCase(), port, username, password]),
  );

/** By what was written: two spellings of one domain count as two. */
function domainsText(list: DomainLists['allowed']): string | undefined {
  if (list === undefined) return undefined;
  const entries = list instanceof Unreadable ? list.written : list.entries;
  return listText(entries.map((entry) => entry.toLowerCase()));
}

function identityText(name: keyof IdentityFields, value: unknown): string | undefined {
  if (value === undefined || value === (name === 'setLocale')) return undefined; // the one flag that is on by default
  if (!Array.isArray(value)) return JSON.stringify(value);
  if (value.length === 0) return undefined;
  return name === 'locales' ? JSON.stringify(value) : listText(value);
}
