import type { Socket } from 'node:net';
import { MooringError } from '../errors.js';
import type { Upstream } from './upstream.js';

/** Bytes both ways. */
export interface Bytes {
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** What bytes are counted under. */
export type UpstreamClass = Upstream['class'];

export interface MeterOptions {
  /** What bytes are counted under at first. */
  readonly upstreamClass: UpstreamClass;
  /** How many bytes may be moved, both ways together. If omitted, any number. */
  readonly maxBytes?: number | undefined;
}

/** Counts the bytes of a session's connections, open ones included, by the upstream that they go through. */
export class Meter {
  readonly #open = new Set<Socket>();
  #closedIn = 0;
  #closedOut = 0;
  #class: UpstreamClass;
  /** What was counted up to the last change of upstream. */
  #before: ReadonlyMap<UpstreamClass, Bytes> = new Map();
  #maxBytes: number | undefined;

  constructor({ upstreamClass, maxBytes }: MeterOptions) {
    this.#class = upstreamClass;
    this.#maxBytes = maxBytes;
  }

  /** Bytes that came from the network. */
  get bytesIn(): number {
    let sum = this.#closedIn;
    for (const socket of this.#open) sum += socket.bytesRead;
    return sum;
  }

  /** Bytes that went to the network. */
  get bytesOut(): number {
    let sum = this.#closedOut;
    for (const socket of this.#open) sum += socket.bytesWritten;
    return sum;
  }

  /** Bytes by the class of the upstream that they went through. */
  get byClass(): ReadonlyMap<UpstreamClass, Bytes> {
    const all = new Map(this.#before);
    let { bytesIn, bytesOut } = this;
    for (const bytes of this.#before.values()) {
      bytesIn -= bytes.bytesIn;
      bytesOut -= bytes.bytesOut;
    }
    const own = all.get(this.#class) ?? { bytesIn: 0, bytesOut: 0 };
    return all.set(this.#class, { bytesIn: own.bytesIn + bytesIn, bytesOut: own.bytesOut + bytesOut });
  }

  /** Counts the bytes of a connection from now until it closes. */
  count(socket: Socket): void {
    this.#open.add(socket);
    socket.once('close', () => {
      this.#open.delete(socket);
      this.#closedIn += socket.bytesRead;
      this.#closedOut += socket.bytesWritten;
    });
  }

  /** Counts under another class from now on. */
  changeClass(upstreamClass: UpstreamClass): void {
    this.#before = this.byClass;
    this.#class = upstreamClass;
  }

  get isLimited(): boolean {
    return this.#maxBytes !== undefined;
  }

  /** Lowers the limit; bytes that were moved before count. @returns false if it is as low already */
  lowerLimit(maxBytes: number): boolean {
    if (this.#maxBytes !== undefined && this.#maxBytes <= maxBytes) return false;
    this.#maxBytes = maxBytes;
    return true;
  }

  /** Whether the limit is reached. */
  get isUsedUp(): boolean {
    return this.#maxBytes !== undefined && this.bytesIn + this.bytesOut >= this.#maxBytes;
  }

  /** @throws MooringError `QUOTA_EXCEEDED` when the limit is reached */
  assertQuota(): void {
    if (this.isUsedUp) throw this.quotaError();
  }

  quotaError(): MooringError {
    return new MooringError(
      'QUOTA_EXCEEDED',
      `expected the session to move at most ${this.#maxBytes} bytes (\`maxBytes\`); it has moved them.`,
    );
  }
}
