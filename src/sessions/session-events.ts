import type { PageEvent } from '../engine/engine.js';
import { noisyKinds, type SessionEvent, type SleepReason } from '../protocol/replies/session-event.js';

type Kind = SessionEvent['kind'];
type NoisyKind = (typeof noisyKinds)[number];

/** What an event says besides its kind, number and time. */
export type EventFields<K extends Kind> = Omit<Extract<SessionEvent, { kind: K }>, 'kind' | 'sequence' | 'at'>;

/** The events after a given one. */
export interface EventReading {
  /** The oldest first. */
  readonly events: readonly SessionEvent[];
  /** How many of those are no longer kept. */
  readonly missed: number;
  /** The sequence of the last event. */
  readonly last: number;
}

/** The events of a session as they are stored with it: plain data that JSON holds. */
export interface StoredEvents {
  readonly last: number;
  readonly events: readonly SessionEvent[];
}

/**
 * What is kept, 500 events and 100 KB in all, and of a session that has ended 50. What the caller did, and what the page did, each have a share: neither pushes
 * out what became of the session.
 */
const shareLimits = {
  /** Commands, and what became of the session. */
  session: { events: 200, bytes: 40_000, eventsOfEnded: 20 },
  /** What commands did on the page. */
  work: { events: 150, bytes: 30_000, eventsOfEnded: 15 },
  /** What the page did. */
  page: { events: 150, bytes: 30_000, eventsOfEnded: 15 },
} as const;
type ShareName = keyof typeof shareLimits;

/** Of each noisy kind so many are kept in one window; the others are counted. */
const keptInWindow = 10;
const windowMs = 1000;

/** So many are written with each record of a session that is to last. */
const storedOften = 50;

/** A text is cut to so many characters. */
const maxChars = 300;
/** What an event takes besides its texts. */
const eventBytes = 160;

const isNoisy = (kind: Kind): kind is NoisyKind => noisyKinds.some((noisy) => noisy === kind);

/** The newest events of one share. */
class Share {
  readonly #limits: (typeof shareLimits)[ShareName];
  readonly #bytes: number[] = [];
  #total = 0;
  events: SessionEvent[] = [];

  constructor(name: ShareName) {
    this.#limits = shareLimits[name];
  }

  add(event: SessionEvent): void {
    const bytes = bytesOf(event);
    this.events.push(event);
    this.#bytes.push(bytes);
    this.#total += bytes;
    while (this.events.length > this.#limits.events || this.#total > this.#limits.bytes) this.#shift();
  }

  keepFew(): void {
    while (this.events.length > this.#limits.eventsOfEnded) this.#shift();
  }

  #shift(): void {
    this.events.shift();
    this.#total -= this.#bytes.shift() ?? 0;
  }
}

/**
 * What happened in one session, newest last. Bounded in number and bytes, whatever a page does: of what it does without end
 * a few are kept each second, and one event says how many more there were.
 */
export class SessionEvents {
  readonly #shares: Readonly<Record<ShareName, Share>> = {
    session: new Share('session'),
    work: new Share('work'),
    page: new Share('page'),
  };
  #last = 0;
  #isOver = false;
  /** How many of each noisy kind came in the current window. */
  readonly #counts = new Map<NoisyKind, number>();
  #windowEnd = 0;
  #timer: NodeJS.Timeout | undefined;
  #change: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;

  /** The events of a session that was stored, which go on from there. */
  static restore({ last, events }: StoredEvents): SessionEvents {
    const restored = new SessionEvents();
    for (const event of events) restored.#keep(event);
    restored.#last = last;
    return restored;
  }

  /** Whether no more are to come. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The sequence of the last event. */
  get last(): number {
    return this.#last;
  }

  /** Resolves when there is another event, or no more are to come. */
  get changed(): Promise<void> {
    if (this.#isOver) return Promise.resolve();
    if (!this.#change) {
      let resolve = (): void => {};
      const promise = new Promise<void>((settle) => {
        resolve = settle;
      });
      this.#change = { promise, resolve };
    }
    return this.#change.promise;
  }

  add<K extends Kind>(kind: K, fields: EventFields<K>): void {
    this.#note(kind, fields);
  }

  /** What its page tells of itself. The text of an event that is not kept is not read. */
  addOfPage(event: PageEvent): void {
    if (event.kind === 'console') {
      const { kind, source } = event;
      this.#note(kind, () => ({ source, text: event.readText() }));
    } else {
      const { kind, ...fields } = event;
      this.#note(kind, fields);
    }
  }

  /**
   * The events after one of them. If there never was such a one, all: the session was opened afresh.
   *
   * @param since its sequence; 0: all
   */
  read(since = 0): EventReading {
    this.#countSkipped();
    const from = since > this.#last ? 0 : since;
    const events = Object.values(this.#shares)
      .flatMap((share) => share.events.filter(({ sequence }) => sequence > from))
      .sort((a, b) => a.sequence - b.sequence);
    return { events, missed: this.#last - from - events.length, last: this.#last };
  }

  /** To store them with the session. */
  toJSON(): StoredEvents {
    const { events, last } = this.read();
    return { last, events };
  }

  /** The newest alone, to be stored often. */
  newest(): StoredEvents {
    const { events, last } = this.read();
    return { last, events: events.slice(-storedOften) };
  }

  /** What is stored of a session that is about to fall asleep: that too. */
  asleep(reason: SleepReason): StoredEvents {
    const { events, last } = this.read();
    return { last: last + 1, events: [...events, { sequence: last + 1, at: Date.now(), kind: 'sleep', reason }] };
  }

  /** No more are to come: whoever follows them is told so. */
  close(): void {
    this.#countSkipped();
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#tellChange();
  }

  /** Lets go of all but the newest: of a session that has ended so much is kept. */
  keepFew(): void {
    for (const share of Object.values(this.#shares)) share.keepFew();
  }

  #note(kind: Kind, fields: object | (() => object)): void {
    if (isNoisy(kind) && !isOfCommand(fields) && !this.#hasRoomFor(kind)) return;
    this.#append(kind, typeof fields === 'function' ? fields() : fields);
  }

  #append(kind: Kind, fields: object): void {
    this.#last += 1;
    this.#keep({ sequence: this.#last, at: Date.now(), kind, ...withShortTexts(fields) } as SessionEvent); // its callers give those of that kind
    this.#tellChange();
  }

  #keep(event: SessionEvent): void {
    this.#shares[shareOf(event)].add(event);
  }

  /** Whether one more of this kind is kept now. */
  #hasRoomFor(kind: NoisyKind): boolean {
    const now = performance.now();
    if (now >= this.#windowEnd) {
      this.#countSkipped();
      this.#counts.clear();
      this.#windowEnd = now + windowMs;
    }
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    if (count > keptInWindow && !this.#isOver) {
      this.#timer ??= setTimeout(() => this.#countSkipped(), windowMs).unref();
    }
    return count <= keptInWindow;
  }

  /** Tells how many were not kept. */
  #countSkipped(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const [of, count] of this.#counts) {
      if (count <= keptInWindow) continue;
      this.#counts.set(of, keptInWindow);
      this.#append('more', { of, count: count - keptInWindow });
    }
  }

  #tellChange(): void {
    this.#change?.resolve();
    this.#change = undefined;
  }
}

/** Whether a command caused it: callers bound themselves. */
const isOfCommand = (fields: object): boolean => 'by' in fields && fields.by === 'command';

function shareOf(event: SessionEvent): ShareName {
  if (event.kind === 'action' || isOfCommand(event)) return 'work';
  return event.kind === 'more' || isNoisy(event.kind) ? 'page' : 'session';
}

/** Copies of its texts, cut: a part of a string holds all of it. */
function withShortTexts(fields: object): Record<string, unknown> {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    entries.map(([name, value]) => [
      name,
      typeof value === 'string' ? short(name === 'url' ? bare(value) : value) : value,
    ]),
  );
}

const short = (text: string): string =>
  text.length > maxChars ? `${Buffer.from(text.slice(0, maxChars - 1)).toString()}…` : text;

/** A URL without its `user:password@`. */
const bare = (url: string): string => url.replace(/^([a-z][a-z\d+.-]*:\/\/)[^/?#]*@/i, '$1');

const bytesOf = (event: SessionEvent): number =>
  Object.values(event).reduce<number>(
    (sum, value) => sum + (typeof value === 'string' ? Buffer.byteLength(value) : 0),
    eventBytes,
  );
