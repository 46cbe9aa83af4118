import { MooringError } from '../errors.js';
import type { ResolvedIdentity } from '../identity/identity-resolver.js';
import type { ProxyAddress } from '../protocol/values/proxy-address.js';
import type { StoredOptions } from '../protocol/values/stored-options.js';
import type { BrowserState, PagePlace } from '../snapshots/browser-state.js';
import type { SnapshotHead, StoredSession } from '../snapshots/snapshot-store.js';
import type { StoredEvents } from './session-events.js';

/** The shape of records that this version writes. It reads this and every older one. */
const version = 1;

/** What of a session is kept while it has no browser: with it, it is opened again as the one it was. */
export interface SessionRecord {
  readonly head: SnapshotHead;
  /** 32 hex digits, the same for its whole life. */
  readonly guid: string;
  readonly byCreate: boolean;
  readonly options: StoredOptions;
  readonly identity: ResolvedIdentity;
  /** The proxy of the operator's pool that it had; absent: it had none of the pool. */
  readonly pooledProxy?: ProxyAddress;
  /** What was to be said of its upstream, a sentence each. */
  readonly warnings: readonly string[];
  readonly state: BrowserState;
  /** What could not be kept, a sentence each. */
  readonly left: readonly string[];
  /** Where its page stood; absent: it showed none. */
  readonly place?: PagePlace;
  /** How often in a row its browser crashed while it was at work. */
  readonly crashes: number;
  /** What happened in it; absent: it is another session's copy, or an older version wrote it. */
  readonly events?: StoredEvents;
  /** What came of bringing it back and no reply has said yet, a sentence each. */
  readonly untold?: readonly string[];
  /** What happened to the record itself, a part of a sentence. */
  readonly damage?: string;
}

/** Whether the session went out without a proxy. */
export const goesDirectly = ({ options, pooledProxy }: SessionRecord): boolean =>
  !pooledProxy && options.upstream.proxy === undefined;

export function toStored({ head, damage: _damage, ...body }: SessionRecord): StoredSession {
  return { head, body: { version, ...body } };
}

/** @throws MooringError `STATE_UNREADABLE` when a newer version wrote it */
export function fromStored({ head, body, damage }: StoredSession & { readonly damage?: string }): SessionRecord {
  const { version: written, ...rest } = body as { readonly version: number } & Omit<SessionRecord, 'head'>; // as `toStored` wrote it
  if (written > version) {
    throw new MooringError(
      'STATE_UNREADABLE',
      `expected the state of session ${head.id} in a shape up to ${version}; a newer version of the server wrote shape ${written}.`,
    );
  }
  return { ...rest, head, ...(damage === undefined ? {} : { damage }) };
}

/** What could not be brought back, a sentence each. @param unrestored what the browser did not take */
export function restoringWarnings(
  { left, damage, untold = [] }: SessionRecord,
  unrestored: readonly string[] = [],
): string[] {
  const ofDamage =
    damage === undefined
      ? []
      : [`The newest state of the session could not be read (${damage}): the one before it was used.`];
  return [...new Set([...ofDamage, ...untold, ...left, ...unrestored])];
}
