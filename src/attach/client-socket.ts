/** A client's connection, message by message. */
export interface ClientSocket {
  send(text: string): void;
  /** What was sent and not taken yet, in bytes. */
  readonly unsentBytes: number;
  /** @param reason at most 123 bytes are sent */
  close(code: number, reason: string): void;
  /** Ends it without a goodbye. */
  terminate(): void;
  /** Set it to take messages. */
  onMessage: (text: string) => void;
  /** Aborts when it is closed, by whoever. */
  readonly closed: AbortSignal;
}

/** Close codes: RFC 6455 §7.4.1, and the registry of IANA. */
export const closeCodes = {
  normal: 1000,
  goingAway: 1001,
  internal: 1011,
  tryAgainLater: 1013,
  /** Ours: it takes nothing of what it asked for. */
  tooSlow: 4008,
} as const;
