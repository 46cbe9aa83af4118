import { MooringError } from '../errors.js';
import { abortable, settledWithin } from '../util/deadline.js';

/** How a process ended; what is absent the system did not tell. */
export interface ProcessEnd {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
}

/** A browser's process, for the log. */
export interface BrowserProcess {
  readonly engine: string;
  readonly processId: number | undefined;
  /** Never rejects. */
  readonly ended: Promise<ProcessEnd>;
}

/** A running browser process. */
export interface LaunchedBrowser {
  readonly process?: BrowserProcess;
  /** Aborts when the process is gone, asked or not. */
  readonly gone: AbortSignal;
  /** Whether the process answers. */
  responds(): Promise<boolean>;
  /** Ends the process. Twice is the same promise. */
  close(): Promise<void>;
}

export interface BrowserPoolOptions<B extends LaunchedBrowser> {
  readonly launch: () => Promise<B>;
  /** Contexts that share one process. */
  readonly seatsPerBrowser: number;
  /** After so many contexts a process takes no more, and ends with its last: what it leaked goes with it. */
  readonly retireAfterSeats: number;
  /** Absent: one process is always warm. Else an empty one ends after so many milliseconds, and none is launched ahead. */
  readonly lingerMs?: number;
  readonly observer: BrowserPoolObserver;
}

/** What happens to browser processes, for whoever counts it. */
export interface BrowserPoolObserver {
  launched(ms: number): void;
  /** Told before the contexts of the process are lost. */
  crashed(process: BrowserProcess | undefined): void;
  launchFailed(error: unknown): void;
}

/** One context's place in a browser process. */
export interface BrowserSeat<B> {
  readonly browser: B;
  /** Gives the place back; twice does nothing more. */
  release(): void;
}

interface Member<B> {
  readonly browser: B;
  readonly startedAt: number;
  seats: number;
  taken: number;
  lingering: NodeJS.Timeout | undefined;
}

const closeTimeoutMs = 10_000;
const triesToAnswer = 3;
const relaunchDelaysMs = [0, 250, 1000, 5000, 15_000] as const;
/** A process that lived so long before it crashed does not count as failing to start. */
const steadyAfterMs = 30_000;

/**
 * The processes of one kind of browser. One is always warm; more come as contexts need them, and go when they are
 * empty. One that crashes is replaced, with growing pauses while it keeps crashing.
 */
export class BrowserPool<B extends LaunchedBrowser> {
  readonly #options: BrowserPoolOptions<B>;
  readonly #members = new Set<Member<B>>();
  readonly #closing = new Set<Promise<unknown>>();
  #launching: Promise<void> | undefined;
  #waiting = 0;
  #failures = 0;
  #relaunchTimer: NodeJS.Timeout | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: BrowserPoolOptions<B>) {
    this.#options = options;
  }

  /** Whether contexts are open now, or on their way. */
  get isUsed(): boolean {
    return this.#launching !== undefined || this.#waiting > 0 || [...this.#members].some(({ seats }) => seats > 0);
  }

  /** Processes that run now. */
  get size(): number {
    return this.#members.size;
  }

  /** Launches the first process. @throws what the launch threw */
  async start(): Promise<void> {
    if (this.#members.size === 0) await this.#launch();
  }

  /**
   * A place in a process; one is launched if all are full.
   *
   * @throws MooringError `CODE-0026` when none can be launched; the signal's reason when it aborts first
   */
  async take(signal: AbortSignal): Promise<BrowserSeat<B>> {
    this.#waiting += 1;
    try {
      for (;;) {
        signal.throwIfAborted();
        if (this.#closed)
          throw new MooringError('CODE-0026', 'expected a running browser, but the server is shutting down.');
        const member = this.#roomiest();
        if (member) return this.#seat(member);
        await abortable(this.#launch(), signal);
      }
    } finally {
      this.#waiting -= 1;
    }
  }

  /** A process that runs, however full; one is launched if there is none. @throws as `take` does */
  async any(signal: AbortSignal): Promise<B> {
    for (;;) {
      signal.throwIfAborted();
      const [member] = this.#members;
      if (member) return member.browser;
      const seat = await this.take(signal);
      seat.release();
    }
  }

  /** Ends processes that no longer answer, as if they had crashed. */
  async endHung(): Promise<void> {
    await Promise.all(
      [...this.#members].map(async (member) => {
        const { browser } = member;
        // Whatever made this necessary may keep our own process from hearing answers in time: ask more than once.
        for (let i = 0; i < triesToAnswer; i++) if (await browser.responds()) return;
        // At once, so that no session is opened in it while it is ended.
        this.#onGone(member);
        await settledWithin(browser.close(), closeTimeoutMs);
      }),
    );
  }

  /** Ends every process. Twice is the same promise. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    clearTimeout(this.#relaunchTimer);
    await this.#launching?.catch(() => {});
    for (const member of [...this.#members]) this.#end(member);
    await Promise.all([...this.#closing]);
  }

  /** The fullest process that has room, so that the others empty and can go. */
  #roomiest(): Member<B> | undefined {
    let best: Member<B> | undefined;
    for (const member of this.#members) {
      if (!this.#hasRoom(member)) continue;
      if (!best || member.seats > best.seats) best = member;
    }
    return best;
  }

  #hasRoom(member: Member<B>): boolean {
    return member.seats < this.#options.seatsPerBrowser && !this.#isRetired(member);
  }

  #isRetired(member: Member<B>): boolean {
    return member.taken >= this.#options.retireAfterSeats;
  }

  #seat(member: Member<B>): BrowserSeat<B> {
    clearTimeout(member.lingering);
    member.seats += 1;
    member.taken += 1;
    let held = true;
    return {
      browser: member.browser,
      release: () => {
        if (!held) return;
        held = false;
        member.seats -= 1;
        if (member.seats === 0 && this.#members.has(member)) this.#onEmpty(member);
      },
    };
  }

  #onEmpty(member: Member<B>): void {
    const another = [...this.#members].some((other) => other !== member && this.#hasRoom(other));
    if (this.#isRetired(member) || another) this.#end(member);
    else this.#linger(member);
    if (!another) this.#keepWarm();
  }

  #linger(member: Member<B>): void {
    const { lingerMs } = this.#options;
    if (lingerMs === undefined) return;
    member.lingering = setTimeout(() => this.#end(member), lingerMs);
    member.lingering.unref();
  }

  #launch(): Promise<void> {
    this.#launching ??= this.#launchOne().finally(() => {
      this.#launching = undefined;
    });
    return this.#launching;
  }

  async #launchOne(): Promise<void> {
    const startedAt = performance.now();
    let browser: B;
    try {
      browser = await this.#options.launch();
    } catch (error) {
      this.#failures += 1;
      this.#options.observer.launchFailed(error);
      throw new MooringError('CODE-0026', 'expected the browser to start; it did not.', { cause: error });
    }
    const member: Member<B> = { browser, startedAt: performance.now(), seats: 0, taken: 0, lingering: undefined };
    this.#members.add(member);
    this.#linger(member); // whoever asked for it may be gone
    this.#options.observer.launched(performance.now() - startedAt);
    browser.gone.addEventListener('abort', () => this.#onGone(member), { once: true });
    if (browser.gone.aborted) this.#onGone(member);
  }

  #onGone(member: Member<B>): void {
    if (!this.#members.delete(member)) return;
    this.#failures = performance.now() - member.startedAt < steadyAfterMs ? this.#failures + 1 : 0;
    this.#options.observer.crashed(member.browser.process);
    this.#keepWarm();
  }

  #keepWarm(): void {
    if (this.#options.lingerMs !== undefined) return;
    if (this.#closed || this.#roomiest() || this.#launching) return;
    const delay = relaunchDelaysMs[Math.min(this.#failures, relaunchDelaysMs.length - 1)] ?? 0;
    clearTimeout(this.#relaunchTimer);
    this.#relaunchTimer = setTimeout(() => {
      if (!this.#closed && !this.#roomiest()) this.#launch().catch(() => this.#keepWarm());
    }, delay);
    this.#relaunchTimer.unref();
  }

  #end(member: Member<B>): void {
    clearTimeout(member.lingering);
    this.#members.delete(member);
    const closing = settledWithin(member.browser.close(), closeTimeoutMs).finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}
