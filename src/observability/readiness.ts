/** What a check of the browser found. */
export interface Readiness {
  readonly ready: boolean;
  readonly engine: { readonly name: string; readonly version: string };
  /** Why it is not ready. */
  readonly reason?: string;
}

/**
 * Keeps the answer of an expensive check for a while, and lets everyone who asks meanwhile share one check.
 *
 * @param check never rejects
 */
export function cachedReadiness(check: () => Promise<Readiness>, keepMs: number): () => Promise<Readiness> {
  let current: { readonly answer: Promise<Readiness>; readonly until: number } | undefined;
  return () => {
    const now = performance.now();
    if (!current || current.until <= now) {
      const answer = check();
      current = { answer, until: Number.POSITIVE_INFINITY };
      void answer.then(({ ready }) => {
        // Bad news is asked again sooner.
        current = { answer, until: performance.now() + (ready ? keepMs : keepMs / 5) };
      });
    }
    return current.answer;
  };
}
