/** What is known of a stored session without reading all of it. Plain data that JSON holds. */
export interface SnapshotHead {
  readonly owner: string;
  readonly id: string;
  /** Milliseconds since 1970, as the rest. */
  readonly createdAt: number;
  readonly lastAccessedAt: number;
  /** When its state was as it is stored. */
  readonly takenAt: number;
  /** Kept until it is destroyed. If false, it ends with this server, or its idle time. */
  readonly persist: boolean;
  /** Its caller did not name it. */
  readonly anonymous: boolean;
  /** When its longest lifetime is over; absent: never. */
  readonly endsAt?: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** A session as it is stored. */
export interface StoredSession {
  readonly head: SnapshotHead;
  /** The rest of it: plain data that JSON holds, in the shape that its `version` says. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** A session that was read. */
export interface ReadSession extends StoredSession {
  /** Why the newest record could not be used, and the one before it was; absent: it is the newest. */
  readonly damage?: string;
}

/** What was found when a store was opened. */
export type FoundSession =
  | { readonly kind: 'session'; readonly head: SnapshotHead; readonly bytes: number }
  /** It cannot be read: it was stored with another key, or all that is left of it is damaged. It is left as it is. */
  | { readonly kind: 'unreadable'; readonly address: string; readonly why: 'key' | 'damage'; readonly bytes: number };

/**
 * Keeps sessions over crashes, restarts and deploys. Records are found by owner and ID.
 *
 * Every call throws `MooringError`: `STATE_UNREADABLE` when a record was stored with another key or is damaged beyond the
 * record before it, `STATE_NOT_KEPT` when it cannot be written (the disk is full, the owner's share is used up).
 */
export interface SnapshotStore {
  /** Every session that is there. */
  found(): AsyncIterable<FoundSession>;
  /** @returns nothing if there is none */
  read(owner: string, id: string): Promise<ReadSession | undefined>;
  /** Resolves once the session is kept. The record that was there before stays as the one to fall back to. */
  write(session: StoredSession): Promise<void>;
  /** Removes a session with all its records. Does nothing where there is none. */
  remove(owner: string, id: string): Promise<void>;
  /** The address of a session in `FoundSession`. */
  addressOf(owner: string, id: string): string;
  /** Bytes that are stored for this owner. */
  bytesOf(owner: string): number;
  /** Waits for what is being written. Idempotent: repeated calls return the same promise. */
  close(): Promise<void>;
}
