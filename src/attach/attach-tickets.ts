import { randomBytes } from 'node:crypto';
import type { Session } from '../sessions/session.js';
import { Attachment } from './attachment.js';
import type { ClientSocket } from './client-socket.js';

/** A session that a client may attach to. */
export class AttachPoint {
  readonly #session: Session;
  readonly #expiresAt: number;

  constructor(session: Session, ttlMs: number) {
    this.#session = session;
    this.#expiresAt = performance.now() + ttlMs;
  }

  get isOver(): boolean {
    return this.#expiresAt <= performance.now() || this.#session.over.aborted;
  }

  get browserVersion(): string {
    return this.#session.engine.version;
  }

  get userAgent(): string {
    return this.#session.identity.identity.userAgent;
  }

  /** The address of the page that the session shows, if it shows one. */
  get pageUrl(): string | undefined {
    return this.#session.page?.url;
  }

  /** Serves a client until it leaves, or the session ends; never rejects. */
  serve(socket: ClientSocket): Promise<void> {
    return new Attachment(this.#session, socket).run();
  }
}

/** Tokens to attach to sessions with. Each is good for its time, as often as one likes, and ends with its session. */
export class AttachTickets {
  readonly #points = new Map<string, AttachPoint>();

  /** @returns a token that cannot be guessed */
  issue(session: Session, ttlMs: number): string {
    this.#sweep();
    const token = randomBytes(24).toString('base64url');
    this.#points.set(token, new AttachPoint(session, ttlMs));
    return token;
  }

  /** @returns nothing if there is no such token, or its time or its session is over */
  find(token: string): AttachPoint | undefined {
    this.#sweep();
    return this.#points.get(token);
  }

  #sweep(): void {
    for (const [token, point] of this.#points) if (point.isOver) this.#points.delete(token);
  }
}
