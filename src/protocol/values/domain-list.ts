import { isIP } from 'node:net';
import { MooringError } from '../../errors.js';
import type { DomainFields } from '../fields/domains.js';
import { optionFields } from '../fields/option-fields.js';
import { parseAddress } from './address.js';
import { type Reading, read, valueOfReading } from './reading.js';

/** A list of domains. */
export interface DomainList {
  /** As they were written, to compare lists. */
  readonly entries: readonly string[];
  /** The hosts that they mean. */
  readonly hosts: ReadonlySet<string>;
}

type ReadList = Reading<DomainList, readonly string[]>;

/** Domains as a caller lists them. */
export interface DomainLists {
  /** If omitted, every domain. */
  readonly allowed?: ReadList | undefined;
  readonly denied?: ReadList | undefined;
}

/** The hosts of the lists, each with what is below it. */
export interface DomainHosts {
  /** If omitted, every host. */
  readonly allowed?: ReadonlySet<string> | undefined;
  readonly denied?: ReadonlySet<string> | undefined;
}

export function readDomains(fields: DomainFields): DomainLists {
  const list = (field: keyof DomainFields) => read(fields[field], (entries) => parseDomains(field, entries));
  return { allowed: list(optionFields.allowedDomains), denied: list(optionFields.deniedDomains) };
}

/** @throws MooringError `INVALID_PARAMETER` where a list is unreadable */
export function hostsOf({ allowed, denied }: DomainLists): DomainHosts {
  return { allowed: valueOfReading(allowed)?.hosts, denied: valueOfReading(denied)?.hosts };
}

/** Characters of a whole list: what is read without holding up anybody. */
const maxListLength = 1_000_000;

/** @throws MooringError `INVALID_PARAMETER` naming the entry that is no domain, or the list that is too long */
function parseDomains(field: string, entries: readonly string[]): DomainList {
  if (entries.reduce((sum, { length }) => sum + length, 0) > maxListLength) {
    throw new MooringError(
      'INVALID_PARAMETER',
      `\`${field}\`: expected at most ${maxListLength} characters altogether; got more.`,
    );
  }
  return { entries, hosts: new Set(entries.map((entry) => hostOfEntry(field, entry))) };
}

/** A URL of more characters is no entry that somebody wrote. */
const maxEntryLength = 2048;

const isStray = (character: string | undefined): boolean =>
  character !== undefined && (/\s/.test(character) || '\'"[]()<>,'.includes(character));

/** The text without what lists that were pasted together have around their entries. */
function withoutStrays(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && isStray(text[start])) start += 1;
  while (end > start && isStray(text[end - 1])) end -= 1;
  return text.slice(start, end);
}

/**
 * The host that an entry means: a host, a URL, `*.host`, or any of these with unpaired brackets and quotes around it. An
 * address is written as `parseAddress` has it.
 */
function hostOfEntry(field: string, entry: string): string {
  const host = entry.length > maxEntryLength ? '' : hostOf(entry);
  if (isIP(host) !== 0) return parseAddress(host).toString();
  if (host.length <= 253 && /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(host)) return host;
  throw new MooringError(
    'INVALID_PARAMETER',
    `\`${field}\`: expected domains such as google.com; got ${JSON.stringify(entry.slice(0, 80))}.`,
  );
}

/** Empty: none. */
function hostOf(entry: string): string {
  const bare = withoutStrays(entry);
  if (isIP(bare) !== 0) return bare;
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(bare) ? bare : `http://${bare}`;
  const plain = url.replace(/:\/\/(\*\.|\.)/, '://');
  return URL.canParse(plain) ? bareHost(new URL(plain).hostname) : '';
}

/** The host of a URL without the brackets of IPv6 and the dot of the root; one that ends in two keeps them. */
export const bareHost = (hostname: string): string =>
  hostname
    .replace(/^\[|\]$/g, '')
    .replace(/(?<!\.)\.$/, '')
    .toLowerCase();
