import type { EnginePage } from '../../engine/engine.js';
import type { GivenFile, LivePage, LivePicture, PictureOptions } from '../../engine/live-page.js';
import { errorMessage } from '../../errors.js';
import type { Session } from '../../sessions/session.js';
import type { SessionManager } from '../../sessions/session-manager.js';
import { Takeover } from './takeover.js';
import type { ControlState, InputMessage } from './view-messages.js';
import type { ViewTarget } from './view-target.js';
import type { WatchedView, Watcher } from './watcher.js';

export interface LiveViewOptions {
  readonly sessions: Pick<SessionManager, 'openNow' | 'follow' | 'takeOver' | 'assertUrl'>;
  /** How long a person keeps a session that they do nothing with. Default: two minutes. */
  readonly controlIdleMs?: number | undefined;
  readonly target: Pick<ViewTarget, 'owner' | 'session' | 'life'>;
  /** Nobody watches any more. */
  readonly onEmpty: (view: LiveView) => void;
}

/**
 * One session as it is shown to those who watch it. It follows the session through sleep and waking, and its page from one
 * tab to the next; it takes pictures only while somebody looks.
 */
export class LiveView implements WatchedView {
  readonly #options: LiveViewOptions;
  readonly #watchers = new Set<Watcher>();
  #following: Disposable | undefined;
  #session: Session | undefined;
  #watching: Disposable | undefined;
  #page: EnginePage | undefined;
  #live: LivePage | undefined;
  #picture: LivePicture | undefined;
  #pictures: PictureOptions | undefined;
  #takeover: { readonly by: Watcher; readonly turn: Takeover } | undefined;
  #isTelling = false;
  readonly #onEnd = (): void => this.#end();

  constructor(options: LiveViewOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#watchers.size;
  }

  add(watcher: Watcher): void {
    this.#watchers.add(watcher);
    if (!this.#following) this.#begin();
    this.#tellNow();
    if (this.#picture) watcher.offer(this.#picture);
    this.resize();
  }

  remove(watcher: Watcher): void {
    if (!this.#watchers.delete(watcher)) return;
    this.give(watcher);
    if (this.size === 0) this.#stop();
    else this.resize();
    this.#tell();
  }

  /** The windows of its watchers are others: pictures are as large as the largest. */
  resize(): void {
    const wanted = [...this.#watchers].flatMap(({ pictures }) => pictures ?? []);
    const largest = (of: (options: PictureOptions) => number): number => Math.max(...wanted.map(of));
    const before = this.#pictures;
    this.#pictures =
      wanted.length === 0
        ? undefined
        : {
            maxWidth: largest(({ maxWidth }) => maxWidth),
            maxHeight: largest(({ maxHeight }) => maxHeight),
            quality: largest(({ quality }) => quality),
          };
    if (JSON.stringify(before) !== JSON.stringify(this.#pictures)) this.#shoot();
  }

  /** A watcher can soon show another picture. */
  wantPicture(): void {
    this.#live?.nextPicture();
  }

  isControlledBy(watcher: Watcher): boolean {
    return this.#takeover?.by === watcher && this.#takeover.turn.isHeld;
  }

  /** A watcher takes the session over, when the commands before it are done. */
  take(watcher: Watcher): void {
    if (this.#takeover) {
      if (this.#takeover.by !== watcher)
        watcher.tell({ type: 'notice', text: 'Somebody else has control. Wait until they give it back.' });
      return;
    }
    const { sessions, target, controlIdleMs } = this.#options;
    const turn = new Takeover({
      sessions,
      target,
      idleMs: controlIdleMs,
      live: () => this.#live,
      viewport: () => this.#picture?.viewport ?? this.#page?.viewport,
      tell: (message) => watcher.tell(message),
      onChange: () => this.#tell(),
    });
    this.#takeover = { by: watcher, turn };
    this.#tell();
    void turn
      .run()
      .catch((error: unknown) => watcher.tell({ type: 'notice', text: errorMessage(error) }))
      .finally(() => {
        if (this.#takeover?.turn === turn) this.#takeover = undefined;
        this.#tell();
      });
  }

  give(watcher: Watcher): void {
    if (this.#takeover?.by === watcher) this.#takeover.turn.end();
  }

  /** The first input takes the session over. What cannot be done at once is not done later, on another page. */
  input(watcher: Watcher, message: InputMessage): void {
    if (this.isControlledBy(watcher)) this.#takeover?.turn.input(message);
    else if (message.type !== 'mouse' || message.action === 'down') this.take(watcher);
  }

  chooseFiles(watcher: Watcher, chooser: string, files: readonly GivenFile[]): void {
    if (this.isControlledBy(watcher)) this.#takeover?.turn.chooseFiles(chooser, files);
  }

  #begin(): void {
    const { sessions, target } = this.#options;
    this.#following = sessions.follow(target.owner, target.session, () => this.#followSession());
    target.life.addEventListener('abort', this.#onEnd, { once: true });
    if (target.life.aborted) queueMicrotask(this.#onEnd);
    this.#followSession();
  }

  #stop(): void {
    this.#following?.[Symbol.dispose]();
    this.#following = undefined;
    this.#options.target.life.removeEventListener('abort', this.#onEnd);
    this.#takeover?.turn.end();
    this.#watching?.[Symbol.dispose]();
    this.#watching = undefined;
    this.#session = undefined;
    this.#showPage(undefined);
    this.#options.onEmpty(this);
  }

  #end(): void {
    const { reason } = this.#options.target.life;
    for (const watcher of [...this.#watchers]) watcher.end(`This session has ended.\n${errorMessage(reason)}`);
  }

  #followSession(): void {
    const { sessions, target } = this.#options;
    const session = sessions.openNow(target.owner, target.session);
    if (session !== this.#session) {
      this.#watching?.[Symbol.dispose]();
      this.#session = session;
      this.#watching = session?.watch(() => this.#showPage(session.page));
    }
    this.#showPage(session?.page);
    this.#tell();
  }

  #showPage(page: EnginePage | undefined): void {
    if (page === this.#page && (page === undefined || this.#live)) return;
    void this.#live?.close();
    this.#page = page;
    this.#picture = undefined;
    this.#live = page?.live({
      onPicture: (picture) => this.#onPicture(page, picture),
      onChange: () => this.#tell(),
      onGone: () => {
        if (this.#page === page) this.#showPage(undefined);
      },
    });
    this.#shoot();
    this.#takeover?.turn.pageChanged();
    this.#tell();
  }

  #shoot(): void {
    if (this.#pictures) this.#live?.startPictures(this.#pictures);
    else this.#live?.stopPictures();
  }

  #onPicture(page: EnginePage, picture: LivePicture): void {
    if (page !== this.#page) return;
    // A watcher is told what it sees before it sees it.
    if (this.#isTelling) this.#tellNow();
    this.#picture = picture;
    for (const watcher of this.#watchers) watcher.offer(picture);
  }

  /** Tells everybody, once for all that happens at once. */
  #tell(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    setImmediate(() => {
      this.#isTelling = false;
      this.#tellNow();
    });
  }

  #tellNow(): void {
    const { session: id } = this.#options.target;
    const tabs = this.#live?.tabs ?? [];
    const shownTab = this.#live?.shownTab ?? '';
    const state = {
      type: 'state',
      session: id,
      state: this.#live ? 'open' : this.#session ? 'blank' : 'asleep',
      url: tabs.find((tab) => tab.id === shownTab)?.url ?? '',
      tabs,
      shownTab,
      watchers: this.size,
      touch: this.#session?.identity.identity.device === 'mobile',
    };
    for (const watcher of this.#watchers) {
      const control = this.#controlOf(watcher);
      const turn = control === 'yours' ? this.#takeover?.turn : undefined;
      watcher.tellState({ ...state, dialogs: turn?.dialogs ?? [], choosers: turn?.choosers ?? [] }, control);
    }
  }

  #controlOf(watcher: Watcher): ControlState {
    if (this.#takeover?.by === watcher) return this.#takeover.turn.isHeld ? 'yours' : 'waiting';
    if (this.#takeover?.turn.isHeld) return 'others';
    return 'free';
  }
}
