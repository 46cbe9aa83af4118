import { type ClientSocket, closeCodes } from '../client-socket.js';
import { LiveView, type LiveViewOptions } from './live-view.js';
import type { ViewTarget } from './view-target.js';
import { Watcher } from './watcher.js';

export interface LiveViewsOptions extends Omit<LiveViewOptions, 'target' | 'onEmpty'> {
  /** The largest files that a person may choose for a page, in all. */
  readonly maxUploadBytes: number;
  /** How often a watcher is told that its connection lives. Default: 10 s. */
  readonly heartbeatMs?: number | undefined;
}

/** Who watches at once: each takes pictures over the wire. */
const maxWatchers = { session: 20, all: 400 } as const;

/** The sessions that somebody looks at now. */
export class LiveViews {
  readonly #options: LiveViewsOptions;
  readonly #views = new Map<string, LiveView>();
  #watchers = 0;

  constructor(options: LiveViewsOptions) {
    this.#options = options;
  }

  /** Serves one watcher until it leaves, its time is over, or the session ends. */
  watch(target: ViewTarget, socket: ClientSocket, ttlMs: number): void {
    const key = JSON.stringify([target.owner, target.session]);
    let view = this.#views.get(key);
    if (this.#watchers >= maxWatchers.all || (view?.size ?? 0) >= maxWatchers.session) {
      socket.close(closeCodes.tryAgainLater, `at most ${maxWatchers.session} watch a session at once`);
      return;
    }
    if (!view) {
      view = new LiveView({
        ...this.#options,
        target,
        onEmpty: (empty) => {
          if (this.#views.get(key) === empty) this.#views.delete(key);
        },
      });
      this.#views.set(key, view);
    }
    this.#watchers += 1;
    socket.closed.addEventListener('abort', () => {
      this.#watchers -= 1;
    });
    const { maxUploadBytes, heartbeatMs } = this.#options;
    new Watcher({ socket, view, mayControl: target.control, ttlMs, maxUploadBytes, heartbeatMs });
  }
}
