/** What is left of a time, at least a millisecond. */
export function countdown(ms: number): () => number {
  const end = performance.now() + ms;
  return () => Math.max(1, end - performance.now());
}

/** Waits, at most until the signal aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
  });
}
