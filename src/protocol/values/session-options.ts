import { type IdentityFields, identityFields } from '../fields/identity.js';
import { optionFields } from '../fields/option-fields.js';
import type { SessionOptionFields } from '../fields/session-options.js';
import type { DomainLists } from './domain-list.js';
import { readUpstream, type UpstreamPreferences } from './upstream-preferences.js';

/** What a session is made with. */
export interface SessionOptions {
  readonly upstream: UpstreamPreferences;
  /** How it appears to sites. */
  readonly identity: IdentityFields;
  /** Where it may go. */
  readonly domains: DomainLists;
  /** How many bytes it may move, both ways together. If omitted, any number. */
  readonly maxBytes?: number | undefined;
  /** How long it lives without a request. If omitted, as long as the server says. */
  readonly idleMs?: number | undefined;
  /** How long it lives at most. If omitted, as long as the server says. */
  readonly maxLifetimeMs?: number | undefined;
  /** It is kept until it is destroyed, over crashes and restarts. */
  readonly persist?: true | undefined;
  /** Its page goes on running between requests. */
  readonly keepRunning?: true | undefined;
}

/** Nothing is asked for. */
export const noOptions: SessionOptions = { upstream: {}, identity: {}, domains: {} };

const identityNames = Object.keys(identityFields);

/** Reads the options that a request can have too: no domains, which it has for itself. */
export function readSessionOptions(fields: SessionOptionFields): SessionOptions {
  return {
    upstream: readUpstream(fields),
    identity: Object.fromEntries(
      Object.entries(fields).filter(([name, value]) => identityNames.includes(name) && value !== undefined),
    ),
    domains: {},
    maxBytes: fields[optionFields.maxBytes],
    idleMs: milliseconds(fields[optionFields.idleMs]),
    maxLifetimeMs: milliseconds(fields[optionFields.maxLifetimeMs]),
    persist: fields[optionFields.persist] || undefined,
    keepRunning: fields[optionFields.keepRunning] || undefined,
  };
}

const milliseconds = (seconds: number | undefined): number | undefined =>
  seconds === undefined ? undefined : seconds * 1000;
