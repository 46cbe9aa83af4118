import { ask, type SessionRow } from '../api.js';

/** How the page of a session looked. */
export interface Thumbnail {
  /** Of this tab alone, `blob:…`. */
  readonly src: string;
  /** Empty: the page has none. */
  readonly title: string;
  /** Where the page was. */
  readonly url: string;
}

interface Entry {
  /** What the row says now; another text: something has happened. */
  key: string;
  url: string;
  isVisible: boolean;
  /** What the row said when it was last asked for. */
  askedKey: string | undefined;
  /** For what it was asked a second time, since no picture came of the first. */
  retriedKey: string | undefined;
  /** By `performance.now()`. */
  askedAt: number;
  etag: string;
  shown: Thumbnail | undefined;
}

/** The server takes two at once too. */
const maxAtOnce = 2;
/** A session that works without end is asked for its picture so often. */
const restMs = 3000;
/** While a request runs, so often: that it runs is all that its row says. */
const busyRestMs = 10_000;
const failureRestMs = 10_000;
/** How far beyond the window a row counts as seen, so that its picture is there when it comes. */
const margin = '120px';

/**
 * Pictures of the sessions in the list: of the rows that are seen, and again when a row says that something has happened.
 * They are released when their session is gone from the list.
 */
export class Thumbnails {
  readonly #entries = new Map<string, Entry>();
  readonly #listeners = new Map<string, () => void>();
  readonly #over = new AbortController();
  readonly #sessions = new WeakMap<Element, string>();
  readonly #observer = new IntersectionObserver((seen) => this.#onSeen(seen), { rootMargin: margin });
  #asking = 0;
  #restsUntil = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  find(session: string): Thumbnail | undefined {
    return this.#entries.get(session)?.shown;
  }

  /** Tells when a session's picture is another. One listener for each session. @returns a function that ends it */
  subscribe(session: string, listener: () => void): () => void {
    this.#listeners.set(session, listener);
    return () => {
      if (this.#listeners.get(session) === listener) this.#listeners.delete(session);
    };
  }

  /** The list as it is now. */
  sync(rows: readonly SessionRow[]): void {
    const gone = new Set(this.#entries.keys());
    for (const row of rows) {
      const { session, url = '' } = row;
      gone.delete(session);
      const entry = this.#entryOf(session);
      entry.key = keyOf(row);
      entry.url = url;
    }
    for (const session of gone) this.#drop(session);
    this.#pump();
  }

  /** Asks for a session's picture while this element is seen. @returns a function that ends it */
  observe(element: Element, session: string): () => void {
    this.#sessions.set(element, session);
    this.#observer.observe(element);
    return () => {
      this.#observer.unobserve(element);
      this.#entryOf(session).isVisible = false;
    };
  }

  close(): void {
    this.#over.abort();
    this.#observer.disconnect();
    clearTimeout(this.#timer);
    for (const session of [...this.#entries.keys()]) this.#drop(session);
  }

  #onSeen(seen: readonly IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of seen) {
      const session = this.#sessions.get(target);
      if (session !== undefined) this.#entryOf(session).isVisible = isIntersecting;
    }
    this.#pump();
  }

  #entryOf(session: string): Entry {
    let entry = this.#entries.get(session);
    if (!entry) {
      entry = {
        key: '',
        url: '',
        isVisible: false,
        askedKey: undefined,
        retriedKey: undefined,
        askedAt: Number.NEGATIVE_INFINITY,
        etag: '',
        shown: undefined,
      };
      this.#entries.set(session, entry);
    }
    return entry;
  }

  #drop(session: string): void {
    const { shown } = this.#entries.get(session) ?? {};
    if (shown) URL.revokeObjectURL(shown.src);
    this.#entries.delete(session);
  }

  /** Asks for those that are due, the one that was asked for longest ago first. */
  #pump(): void {
    clearTimeout(this.#timer);
    if (this.#over.signal.aborted || document.visibilityState !== 'visible') return;
    const now = performance.now();
    const waiting = [...this.#entries]
      .filter(([, { isVisible, key, askedKey }]) => isVisible && key !== '' && key !== askedKey)
      .sort(([, one], [, other]) => one.askedAt - other.askedAt);
    for (const [session, entry] of waiting) {
      const dueAt = Math.max(entry.askedAt + restMs, this.#restsUntil);
      if (dueAt > now) {
        this.#timer = setTimeout(() => this.#pump(), dueAt - now);
        return;
      }
      if (this.#asking >= maxAtOnce) return; // it is looked again when one has come
      void this.#ask(session, entry, now);
    }
  }

  async #ask(session: string, entry: Entry, now: number): Promise<void> {
    this.#asking += 1;
    entry.askedKey = entry.key;
    entry.askedAt = now;
    const { url } = entry;
    try {
      const headers = entry.etag === '' ? {} : { 'if-none-match': entry.etag };
      const response = await ask(`/ui/thumbnails/${encodeURIComponent(session)}`, {
        signal: this.#over.signal,
        headers,
      });
      if (response.headers.has('retry-after') && entry.retriedKey !== entry.askedKey) {
        entry.retriedKey = entry.askedKey;
        entry.askedKey = undefined;
      }
      if (response.status === 200) {
        const blob = await response.blob();
        const title = decodeURIComponent(response.headers.get('x-mooring-title') ?? '');
        if (this.#entries.get(session) !== entry) return;
        if (entry.shown) URL.revokeObjectURL(entry.shown.src);
        entry.etag = response.headers.get('etag') ?? '';
        entry.shown = { src: URL.createObjectURL(blob), title, url };
        this.#listeners.get(session)?.();
      } else if (response.status === 304 && entry.shown && entry.shown.url !== url) {
        entry.shown = { ...entry.shown, url };
        this.#listeners.get(session)?.();
      }
    } catch {
      // The list says if the server is gone; its pictures are no reason for more.
      entry.askedKey = undefined;
      this.#restsUntil = performance.now() + failureRestMs;
    } finally {
      this.#asking -= 1;
      this.#pump();
    }
  }
}

/** Differs when something has happened in the session that may have changed how its page looks. */
function keyOf({ state, url = '', lastAccessed }: SessionRow): string {
  const isInUse = state === 'busy' || state === 'attached';
  return `${state} ${isInUse ? Math.floor(lastAccessed / busyRestMs) : lastAccessed} ${url}`;
}
