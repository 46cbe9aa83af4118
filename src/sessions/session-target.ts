import type { ImportedState } from '../protocol/values/imported-state.js';
import type { SessionOptions } from '../protocol/values/session-options.js';
import type { SessionRecord } from './session-record.js';

/** Which session a command means, and how to make it if there is none. */
export interface SessionTarget {
  /** Who asks: a name for the key. */
  readonly owner: string;
  readonly id: string;
  /** Whether the caller gave the ID. */
  readonly named: boolean;
  readonly options: SessionOptions;
  /** What it was before it slept: it is opened again from that. */
  readonly record?: SessionRecord | undefined;
  /** Aborts when the session that slept ends; absent: it is new. */
  readonly life?: AbortController | undefined;
  /** What a new session starts with. */
  readonly state?: ImportedState | undefined;
}

/** The key of a session: the same ID of another owner is another session. */
export const keyOf = ({ owner, id }: Pick<SessionTarget, 'owner' | 'id'>): string => `${owner}\n${id}`;

/** The same for a request, which may do without a session that is open. */
export interface RequestTarget extends SessionTarget {
  /** Refuse rather than open one. */
  readonly mustExist: boolean;
  /** Leave an open session on its upstream, whatever `proxy` says. */
  readonly dontChangeProxy: boolean;
  /** Move an open session to another proxy of the pool. */
  readonly forceNewProxy?: boolean;
  /**
   * The options are for a session that the request opens; an open one keeps its own. But a session without a proxy goes to
   * the one that the request names: nothing goes around it.
   */
  readonly keepsOptions?: boolean;
}
