/** Names that are longer are not compared: nobody misspells one by so much. */
const maxCompared = 40;

/**
 * How many letters have to be added, left out, replaced or swapped with their neighbour to make one text of the other;
 * more than `max` is `max + 1`, and is not computed.
 *
 * @see https://en.wikipedia.org/wiki/Damerau%E2%80%93Levenshtein_distance (optimal string alignment)
 */
export function distance(a: string, b: string, max: number): number {
  if (Math.abs(a.length - b.length) > max || Math.max(a.length, b.length) > maxCompared) return max + 1;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(least);
    }
    if (Math.min(...row) > max) return max + 1;
    beforeLast = last;
    last = row;
  }
  return Math.min(last[b.length] ?? 0, max + 1);
}

/** The name without its case, and without what separates its words: `session_ttl` is `sessionTtl`. */
export const looseName = (name: string): string => name.toLowerCase().replace(/[_\-\s]/g, '');

/** The candidate that a misspelt name most likely means, if one is near. */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  if (name.length > maxCompared) return undefined;
  const loose = looseName(name);
  let nearest: string | undefined;
  let least = loose.length <= 4 ? 1 : loose.length <= 9 ? 2 : 3;
  for (const candidate of candidates) {
    const far = distance(loose, looseName(candidate), least);
    if (far > least || (far === least && nearest !== undefined)) continue;
    nearest = candidate;
    least = far;
  }
  return nearest;
}
