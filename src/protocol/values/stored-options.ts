import { optionFields } from '../fields/option-fields.js';
import type { DomainList, DomainLists } from './domain-list.js';
import { readDomains } from './domain-list.js';
import { Unreadable } from './reading.js';
import type { SessionOptions } from './session-options.js';

/** The options of a session that was open, as JSON holds them: all of them are readable. */
export interface StoredOptions extends Omit<SessionOptions, 'domains'> {
  readonly allowedDomains?: readonly string[];
  readonly deniedDomains?: readonly string[];
}

export function storeOptions({ domains, ...rest }: SessionOptions): StoredOptions {
  const allowed = entriesOf(domains.allowed);
  const denied = entriesOf(domains.denied);
  return {
    ...rest,
    ...(allowed ? { allowedDomains: allowed } : {}),
    ...(denied ? { deniedDomains: denied } : {}),
  };
}

export function restoreOptions({ allowedDomains, deniedDomains, ...rest }: StoredOptions): SessionOptions {
  const domains = readDomains({
    [optionFields.allowedDomains]: allowedDomains && [...allowedDomains],
    [optionFields.deniedDomains]: deniedDomains && [...deniedDomains],
  });
  return { ...rest, domains };
}

function entriesOf(list: DomainLists['allowed']): readonly string[] | undefined {
  if (list === undefined) return undefined;
  return list instanceof Unreadable ? list.written : (list as DomainList).entries;
}
