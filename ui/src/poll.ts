import { useEffect, useState } from 'preact/hooks';
import { type ApiError, asApiError } from './api.js';

export interface PollState<T> {
  /** What was read last, also while reading fails. */
  readonly value: T | undefined;
  /** Why the last try failed; undefined: it did not. */
  readonly error: ApiError | undefined;
  /** When it is read again after a failure, milliseconds since 1970. */
  readonly retryAt: number | undefined;
}

export interface PollOptions<T> {
  readonly read: (signal: AbortSignal) => Promise<T>;
  readonly everyMs: number;
  /** Whether it makes no sense to try again by itself. */
  readonly isFinal?: (error: ApiError) => boolean;
}

const maxRetryMs = 30_000;
/** A server that takes long is asked less often: its answers may take at most this part of the time. */
const workPart = 0.1;

/** Reads something again and again while somebody looks: the tab is shown, and a component listens. */
export class Poll<T> {
  readonly #options: PollOptions<T>;
  readonly #listeners = new Set<() => void>();
  #state: PollState<T> = { value: undefined, error: undefined, retryAt: undefined };
  #timer: ReturnType<typeof setTimeout> | undefined;
  #reading: AbortController | undefined;
  #failures = 0;

  constructor(options: PollOptions<T>) {
    this.#options = options;
  }

  get state(): PollState<T> {
    return this.#state;
  }

  /** @returns a function that ends it */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) {
      document.addEventListener('visibilitychange', this.#onVisibility);
      this.refresh();
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      document.removeEventListener('visibilitychange', this.#onVisibility);
      this.#stop();
    };
  }

  /** Reads at once. */
  refresh(): void {
    this.#stop();
    if (document.visibilityState === 'visible' && this.#listeners.size > 0) void this.#read();
  }

  readonly #onVisibility = (): void => {
    if (document.visibilityState === 'visible') this.refresh();
    else this.#stop();
  };

  #stop(): void {
    clearTimeout(this.#timer);
    this.#reading?.abort();
    this.#reading = undefined;
  }

  async #read(): Promise<void> {
    const reading = new AbortController();
    this.#reading = reading;
    const startedAt = performance.now();
    const { read, everyMs, isFinal } = this.#options;
    try {
      const value = await read(reading.signal);
      if (reading.signal.aborted) return;
      this.#failures = 0;
      this.#set({ value, error: undefined, retryAt: undefined });
      this.#schedule(Math.max(everyMs, (performance.now() - startedAt) / workPart));
    } catch (cause) {
      if (reading.signal.aborted) return;
      const error = asApiError(cause);
      const waitMs = Math.min(maxRetryMs, 1000 * 2 ** this.#failures);
      this.#failures += 1;
      const isOver = isFinal?.(error) ?? false;
      this.#set({ ...this.#state, error, retryAt: isOver ? undefined : Date.now() + waitMs });
      if (!isOver) this.#schedule(waitMs);
    }
  }

  #schedule(ms: number): void {
    this.#timer = setTimeout(() => void this.#read(), ms);
  }

  #set(state: PollState<T>): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

/** What a poll has read last; it goes on as long as the component is there. */
export function usePoll<T>(poll: Poll<T>): PollState<T> {
  const [state, setState] = useState(poll.state);
  useEffect(() => {
    setState(poll.state);
    return poll.subscribe(() => setState(poll.state));
  }, [poll]);
  return state;
}
