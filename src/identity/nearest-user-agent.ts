import { readUserAgent } from './browser-strings.js';

/**
 * Of user agents that a process was started with, the one that leaves least to be told of another: first the same
 * browser, then the same system, then the nearest version.
 */
export function nearestUserAgent(wanted: string, others: readonly string[]): string {
  const subject = readUserAgent(wanted);
  const distanceTo = (other: string): number => {
    const candidate = readUserAgent(other);
    if (!subject || !candidate) return Number.MAX_SAFE_INTEGER;
    return (
      (candidate.browser === subject.browser ? 0 : 1_000_000) +
      (candidate.operatingSystem === subject.operatingSystem ? 0 : 10_000) +
      Math.abs(candidate.version - subject.version)
    );
  };
  const [nearest] = others.toSorted((a, b) => distanceTo(a) - distanceTo(b));
  if (nearest === undefined) throw new Error('expected user agents to choose from; got none');
  return nearest;
}
