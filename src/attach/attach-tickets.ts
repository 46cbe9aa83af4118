import { randomBytes } from 'node:crypto';
import type { Session } from '../sessions/session.js';
import type { SessionManager } from '../sessions/session-manager.js';
import { Attachment } from './attachment.js';
import type { ClientSocket } from './client-socket.js';

/** A session that a client may attach to. It may sleep meanwhile: attaching wakes it. */
export class AttachPoint {
  readonly #sessions: SessionManager;
  readonly #owner: string;
  readonly #id: string;
  readonly #ended: AbortSignal;
  readonly #expiresAt: number;
  readonly browserVersion: string;
  readonly userAgent: string;

  constructor(sessions: SessionManager, { owner, id, ended, engine, identity }: Session, ttlMs: number) {
    this.#sessions = sessions;
    this.#owner = owner;
    this.#id = id;
    this.#ended = ended;
    this.#expiresAt = performance.now() + ttlMs;
    this.browserVersion = engine.version;
    this.userAgent = identity.identity.userAgent;
  }

  get isOver(): boolean {
    return this.#expiresAt <= performance.now() || this.#ended.aborted;
  }

  /** The address of the page that the session shows, if it shows one. */
  get pageUrl(): string | undefined {
    return this.#sessions.openNow(this.#owner, this.#id)?.page?.url;
  }

  /** Serves a client until it leaves, or the session ends; never rejects. */
  serve(socket: ClientSocket): Promise<void> {
    const turn = (signal: AbortSignal) => this.#sessions.attach(this.#owner, this.#id, signal);
    return new Attachment(turn, socket).run();
  }
}

/** Tokens to attach to sessions with. Each is good for its time, as often as one likes, and ends with its session. */
export class AttachTickets {
  readonly #sessions: SessionManager;
  readonly #points = new Map<string, AttachPoint>();

  constructor(sessions: SessionManager) {
    this.#sessions = sessions;
  }

  /** @returns a token that cannot be guessed */
  issue(session: Session, ttlMs: number): string {
    this.#sweep();
    const token = randomBytes(24).toString('base64url');
    this.#points.set(token, new AttachPoint(this.#sessions, session, ttlMs));
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
