import { settledWithin } from '../util/deadline.js';
import type { ProcessVitals } from '../util/process-vitals.js';

/** What a heartbeat listens to. */
export interface Heart {
  /** Asks the process something that takes it no time; settles when it has answered, whatever it says. */
  ask(): Promise<unknown>;
  /** How it is, where the system tells. */
  vitals(): ProcessVitals | undefined;
  /** How many bytes it has sent since its start. */
  bytesSent(): number;
}

export interface HeartbeatOptions {
  readonly heart: Heart;
  /** Told after each answer how it is, where the system tells. */
  readonly onAnswer: (vitals: ProcessVitals | undefined) => void;
  /** Told when an answer is late, and when answers come again. */
  readonly onSilent: (isSilent: boolean) => void;
  /** Told once: it has given no answer for so long that it will give none. */
  readonly onHung: () => void;
}

const everyMs = 1500;
/** An answer takes milliseconds; later than this it is late. */
const lateAfterMs = 1000;
const answerTimeoutMs = 3000;
/** So often in a row it may leave a question unanswered. */
const missesUntilHung = 2;
/** The same if it may be the machine's fault each time. */
const unclearUntilHung = 10;
/** When this process was late, or the browser found no processor or was at work, for so much of the wait, silence says nothing. */
const starvedPart = 1 / 3;

/**
 * Asks a browser every now and then whether it is there. One that is stopped or stuck is told of within ten seconds; one
 * that answers late because the machine is slow, or because it works at something or has much to say first, is given
 * more time.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #timer: NodeJS.Timeout | undefined;
  #beating: Promise<void> | undefined;
  #misses = 0;
  #unclear = 0;
  #isSilent = false;
  #isOver = false;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#rest();
  }

  /** Asks until it is clear how the browser is: whether it answers, or is hung. */
  check(): Promise<void> {
    clearTimeout(this.#timer);
    this.#beating ??= this.#beat().finally(() => {
      this.#beating = undefined;
      this.#rest();
    });
    return this.#beating;
  }

  stop(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  #rest(): void {
    if (this.#isOver) return;
    this.#timer = setTimeout(() => void this.check(), everyMs);
    this.#timer.unref();
  }

  async #beat(): Promise<void> {
    while (!this.#isOver) {
      const answer = await this.#ask();
      if (this.#isOver) return;
      if (answer === 'came') {
        this.#misses = 0;
        this.#unclear = 0;
        this.#silent(false);
        this.#options.onAnswer(this.#options.heart.vitals());
        return;
      }
      if (answer === 'missing') this.#misses += 1;
      else this.#unclear += 1;
      if (this.#misses >= missesUntilHung || this.#unclear >= unclearUntilHung) {
        this.stop();
        this.#options.onHung();
        return;
      }
    }
  }

  async #ask(): Promise<'came' | 'missing' | 'unclear'> {
    const { heart } = this.#options;
    const startedAt = performance.now();
    const before = heart.vitals();
    const sentBefore = heart.bytesSent();
    let answered = false;
    const onAnswer = (): void => {
      answered = true;
    };
    const late = setTimeout(() => this.#silent(true), lateAfterMs);
    await settledWithin(heart.ask().then(onAnswer, onAnswer), answerTimeoutMs);
    // Timers come before input: after a busy spell an answer may be there and not read yet.
    for (let i = 0; i < 20 && !answered; i++) await new Promise((resolve) => setImmediate(resolve));
    clearTimeout(late);
    if (answered) return 'came';
    const waitedMs = performance.now() - startedAt;
    const after = heart.vitals();
    if (after?.isStopped) return 'missing';
    const starvedMs = after && before ? after.waitedForCpuMs - before.waitedForCpuMs : 0;
    const ranMs = after && before ? after.ranMs - before.ranMs : 0;
    const isUnclear =
      waitedMs - answerTimeoutMs > waitedMs * starvedPart || // we ourselves
      starvedMs > waitedMs * starvedPart ||
      ranMs > waitedMs * starvedPart || // it works at something large
      heart.bytesSent() > sentBefore || // the answer stands behind what a page makes it say
      after?.isWaitingForDisk === true;
    return isUnclear ? 'unclear' : 'missing';
  }

  #silent(isSilent: boolean): void {
    if (this.#isSilent === isSilent || this.#isOver) return;
    this.#isSilent = isSilent;
    this.#options.onSilent(isSilent);
  }
}
