import { randomBytes } from 'node:crypto';
import type { ClientSocket } from '../client-socket.js';
import type { LiveViews } from './live-views.js';
import type { ViewTarget } from './view-target.js';

/** A link to a live view. */
export class ViewLink {
  readonly #target: ViewTarget;
  readonly #views: Pick<LiveViews, 'watch'>;
  readonly #expiresAt: number;

  constructor(target: ViewTarget, ttlMs: number, views: Pick<LiveViews, 'watch'>) {
    this.#target = target;
    this.#views = views;
    this.#expiresAt = performance.now() + ttlMs;
  }

  get isOver(): boolean {
    return this.#expiresAt <= performance.now() || this.#target.life.aborted;
  }

  get session(): string {
    return this.#target.session;
  }

  /** Serves one watcher until it leaves, the link's time is over, or the session ends. */
  serve(socket: ClientSocket): void {
    this.#views.watch(this.#target, socket, this.#expiresAt - performance.now());
  }
}

/** Links to live views. Each is good for its time, for as many as one likes to give it to, and ends with its session. */
export class ViewLinks {
  readonly #links = new Map<string, ViewLink>();
  readonly #views: Pick<LiveViews, 'watch'>;

  constructor(views: Pick<LiveViews, 'watch'>) {
    this.#views = views;
  }

  /** @returns a token that cannot be guessed */
  issue(target: ViewTarget, ttlMs: number): string {
    this.#sweep();
    const token = randomBytes(24).toString('base64url');
    this.#links.set(token, new ViewLink(target, ttlMs, this.#views));
    return token;
  }

  /** @returns nothing if there is no such token, or its time or its session is over */
  find(token: string): ViewLink | undefined {
    const link = this.#links.get(token);
    return link?.isOver ? undefined : link;
  }

  #sweep(): void {
    for (const [token, link] of this.#links) if (link.isOver) this.#links.delete(token);
  }
}
