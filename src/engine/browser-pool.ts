import { MooringError } from '../errors.js';
import { abortable, settledWithin } from '../util/deadline.js';
import { type Heart, Heartbeat } from './heartbeat.js';

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
export interface LaunchedBrowser extends Heart {
  readonly process?: BrowserProcess;
  /** Aborts when the process is gone, asked or not; with a sentence as its reason when it was killed. */
  readonly gone: AbortSignal;
  /** Ends the process. Twice is the same promise. */
  close(): Promise<void>;
  /** Ends it without asking it, with all its children. @param why what those are told whose contexts it had */
  kill(why: string): void;
  /** Ends those of its processes that hold more memory than one may, as if they had crashed. Default: there is no limit. */
  endGreedy?(): void;
}

export interface BrowserPoolOptions<B extends LaunchedBrowser> {
  readonly launch: () => Promise<B>;
  /** Contexts that share one process. */
  readonly seatsPerBrowser: number;
  /** After so many contexts a process takes no more, and ends with its last: what it leaked goes with it. */
  readonly retireAfterSeats: number;
  /** When fewer places are free in all, a process is launched ahead. Default: 0, when somebody asks for it. */
  readonly spareSeats?: number;
  /** Absent: one process is always warm. Else an empty one ends after so many milliseconds, and none is launched ahead. */
  readonly lingerMs?: number;
  readonly observer: BrowserPoolObserver;
}

/** What happens to browser processes, for whoever counts it. */
export interface BrowserPoolObserver {
  launched(ms: number): void;
  /** Told before the contexts of the process are lost. */
  crashed(process: BrowserProcess | undefined): void;
  /** It gave no answer any more, and is killed; `crashed` follows. */
  hung(process: BrowserProcess | undefined): void;
  launchFailed(error: unknown): void;
}

/** One context's place in a browser process. */
export interface BrowserSeat<B> {
  readonly browser: B;
  /** Aborts when the process takes no more contexts, and is to end once those that it has are gone. */
  readonly retired: AbortSignal;
  /** Gives the place back; twice does nothing more. */
  release(): void;
}

interface Member<B> {
  readonly browser: B;
  readonly startedAt: number;
  readonly heartbeat: Heartbeat;
  /** It leaves a question unanswered just now. */
  isSilent: boolean;
  /** Aborts when it takes no more contexts: for its age, its memory, or how many it has had. */
  readonly retired: AbortController;
  seats: number;
  taken: number;
  lingering: NodeJS.Timeout | undefined;
}

const closeTimeoutMs = 10_000;
/** A process that has run so long takes no more contexts. */
const retireAfterMs = 24 * 60 * 60_000;
/** The same for one that holds so much memory by itself: its pages have theirs in processes of their own. */
const retireAboveBytes = 1024 ** 3;
/** So many launches in a row may fail before who asks is told. */
const triesToLaunch = 3;
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
  /** Processes in a row that did not start, or crashed before they were steady. */
  #failures = 0;
  /** Those of them that did not start. */
  #failedLaunches = 0;
  #lastFailureAt = 0;
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
   * @throws MooringError `BROWSER_FAILED` when none can be launched, with `retryAfterMs` when the last ones could not; the
   *   signal's reason when it aborts first
   */
  async take(signal: AbortSignal): Promise<BrowserSeat<B>> {
    this.#waiting += 1;
    try {
      for (;;) {
        signal.throwIfAborted();
        if (this.#closed)
          throw new MooringError('BROWSER_FAILED', 'expected a running browser, but the server is shutting down.');
        const member = this.#roomiest();
        if (member) return this.#seat(member);
        this.#assertMayLaunch();
        try {
          await abortable(this.#launch(), signal);
        } catch (error) {
          // One that was killed as it started says nothing of the next.
          if (signal.aborted || this.#failedLaunches >= triesToLaunch) throw error;
        }
      }
    } finally {
      this.#waiting -= 1;
    }
  }

  /**
   * A process that runs and answers, however full, for a context beside its places; one is launched if there is none.
   *
   * @throws as `take` does
   */
  async any(signal: AbortSignal): Promise<B> {
    for (;;) {
      signal.throwIfAborted();
      const member = [...this.#members].find(({ isSilent }) => !isSilent);
      if (member) {
        this.#countTaken(member); // it leaks as others do
        return member.browser;
      }
      const seat = await this.take(signal);
      seat.release();
    }
  }

  /** Looks at once for processes that no longer answer, and ends them as if they had crashed. */
  async endHung(): Promise<void> {
    await Promise.all([...this.#members].map(({ heartbeat }) => heartbeat.check()));
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
    return member.seats < this.#options.seatsPerBrowser && !member.isSilent && !this.#isRetired(member);
  }

  #isRetired({ retired }: Member<B>): boolean {
    return retired.signal.aborted;
  }

  /** Counts a context, or what is as good as one. */
  #countTaken(member: Member<B>): void {
    member.taken += 1;
    if (member.taken >= this.#options.retireAfterSeats) member.retired.abort();
  }

  /** Places that are free in processes other than this one. */
  #freeBeside(member: Member<B> | undefined): number {
    let free = 0;
    for (const other of this.#members)
      if (other !== member && this.#hasRoom(other)) free += this.#options.seatsPerBrowser - other.seats;
    return free;
  }

  #seat(member: Member<B>): BrowserSeat<B> {
    clearTimeout(member.lingering);
    member.seats += 1;
    this.#countTaken(member);
    this.#launchAhead();
    let held = true;
    return {
      browser: member.browser,
      retired: member.retired.signal,
      release: () => {
        if (!held) return;
        held = false;
        member.seats -= 1;
        if (this.#members.has(member)) this.#onFreed(member);
      },
    };
  }

  #onFreed(freed: Member<B>): void {
    const enough = Math.max(1, 2 * this.#spareSeats);
    for (const member of [...this.#members]) {
      if (member.seats > 0) continue;
      if (this.#isRetired(member) || this.#freeBeside(member) >= enough) this.#end(member);
      else if (member === freed) this.#linger(member);
    }
    this.#keepWarm();
  }

  get #spareSeats(): number {
    return this.#options.spareSeats ?? 0;
  }

  #launchAhead(): void {
    if (this.#closed || this.#launching || this.#failures > 0 || this.#freeBeside(undefined) >= this.#spareSeats)
      return;
    this.#launch().catch(() => {}); // told to the observer
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
      this.#noteFailure();
      this.#failedLaunches += 1;
      this.#options.observer.launchFailed(error);
      throw new MooringError('BROWSER_FAILED', 'expected the browser to start; it did not.', { cause: error });
    }
    this.#failedLaunches = 0;
    const heartbeat = new Heartbeat({
      heart: browser,
      onAnswer: (vitals) => {
        browser.endGreedy?.();
        const ageMs = performance.now() - member.startedAt;
        if (ageMs >= steadyAfterMs) this.#failures = 0;
        if (ageMs < retireAfterMs && (vitals?.privateBytes ?? 0) < retireAboveBytes) return;
        member.retired.abort();
        this.#onFreed(member);
      },
      onSilent: (isSilent) => {
        member.isSilent = isSilent;
        if (isSilent) this.#keepWarm();
      },
      onHung: () => this.#onHung(member),
    });
    const member: Member<B> = {
      browser,
      startedAt: performance.now(),
      heartbeat,
      isSilent: false,
      retired: new AbortController(),
      seats: 0,
      taken: 0,
      lingering: undefined,
    };
    this.#members.add(member);
    this.#linger(member); // whoever asked for it may be gone
    this.#options.observer.launched(performance.now() - startedAt);
    browser.gone.addEventListener('abort', () => this.#onGone(member), { once: true });
    if (browser.gone.aborted) this.#onGone(member);
  }

  #onGone(member: Member<B>): void {
    if (!this.#members.delete(member)) return;
    member.heartbeat.stop();
    if (performance.now() - member.startedAt < steadyAfterMs) this.#noteFailure();
    else this.#failures = 0;
    this.#options.observer.crashed(member.browser.process);
    this.#keepWarm();
  }

  #onHung(member: Member<B>): void {
    const { browser } = member;
    if (this.#members.has(member)) this.#options.observer.hung(browser.process);
    this.#onGone(member);
    browser.kill('its process no longer answered and was ended');
  }

  #noteFailure(): void {
    this.#failures += 1;
    this.#lastFailureAt = performance.now();
  }

  get #relaunchDelayMs(): number {
    return relaunchDelaysMs[Math.min(this.#failures, relaunchDelaysMs.length - 1)] ?? 0;
  }

  /** A browser that dies at its start is not started for each one who asks. */
  #assertMayLaunch(): void {
    const delay = this.#relaunchDelayMs;
    const retryAfterMs = Math.ceil(this.#lastFailureAt + delay - performance.now());
    if (this.#launching || this.#failedLaunches < triesToLaunch || retryAfterMs <= 0) return;
    throw new MooringError(
      'BROWSER_FAILED',
      `expected the browser to start; ${this.#failedLaunches} times in a row it did not.`,
      { retryAfterMs },
    );
  }

  #keepWarm(): void {
    if (this.#options.lingerMs !== undefined) return;
    if (this.#closed || this.#roomiest() || this.#launching) return;
    const delay = this.#relaunchDelayMs;
    clearTimeout(this.#relaunchTimer);
    this.#relaunchTimer = setTimeout(() => {
      if (!this.#closed && !this.#roomiest()) this.#launch().catch(() => this.#keepWarm());
    }, delay);
    this.#relaunchTimer.unref();
  }

  #end(member: Member<B>): void {
    clearTimeout(member.lingering);
    member.heartbeat.stop();
    this.#members.delete(member);
    const closing = closeOrKill(member.browser).finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}

async function closeOrKill(browser: LaunchedBrowser): Promise<void> {
  if (await settledWithin(browser.close(), closeTimeoutMs)) return;
  browser.kill('its process did not end when it was asked to');
}
