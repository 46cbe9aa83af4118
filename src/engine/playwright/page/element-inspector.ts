import { errorMessage, MooringError } from '../../../errors.js';
import type { Finding } from '../injected/inspect-elements.js';

/** A page may say more than it was asked for. */
export function capped({ label, hidden, cover, ...rest }: Finding): Finding {
  const cut = (text: string): string => String(text).slice(0, 120);
  return {
    ...rest,
    label: cut(label),
    ...(hidden === undefined ? {} : { hidden: cut(hidden) }),
    ...(cover === undefined ? {} : { cover: cut(cover) }),
  };
}

interface Objection {
  /** What the driver writes into its log. */
  readonly pattern: RegExp;
  /** Whether the page says so too, where it can be asked. */
  readonly isSo?: (finding: Finding) => boolean;
  readonly say: (finding: Partial<Finding>) => string;
}

/** Why the driver did not use an element that is there; of what the page says the first that fits counts. */
const objections: readonly Objection[] = [
  {
    pattern: /element is not visible|resolved to hidden/,
    isSo: ({ hidden }) => hidden !== undefined,
    say: ({ hidden }) => `is hidden${hidden === undefined ? '' : ` (${hidden})`}`,
  },
  { pattern: /option being selected is not enabled/, say: () => 'has that option disabled' },
  { pattern: /element is not enabled/, isSo: ({ isDisabled }) => isDisabled, say: () => 'is disabled' },
  {
    pattern: /outside of the viewport/,
    isSo: ({ isOutside }) => isOutside,
    say: () => 'is outside the viewport and cannot be scrolled into it',
  },
  {
    pattern: /intercepts pointer events/,
    isSo: ({ cover }) => cover !== undefined,
    say: ({ cover }) => `is covered by ${cover ?? 'another element'}`,
  },
  { pattern: /element is not editable/, isSo: ({ isReadOnly }) => isReadOnly, say: () => 'is read-only' },
  { pattern: /element is not stable/, say: () => 'keeps moving' },
];

/** The error for an element that was not to be used in time: none there, or why not. */
export function notUsableError(
  selector: string,
  timeoutMs: number,
  finding: Finding | undefined,
  cause: unknown,
): MooringError {
  const within = `within ${Math.round(timeoutMs)} ms`;
  // The log goes on from try to try: what was objected to last counts.
  const log = errorMessage(cause);
  const last = objections
    .map((objection) => ({ objection, at: lastIndexOf(log, objection.pattern) }))
    .reduce((a, b) => (b.at > a.at ? b : a));
  // When the time was too short for a try there is none.
  const objection =
    last.at >= 0 ? last.objection : objections.find(({ isSo }) => finding !== undefined && isSo?.(finding));
  if (!objection && finding?.count === 0)
    return new MooringError('ELEMENT_NOT_FOUND', `expected an element for ${selector} ${within}; none matches.`, {
      cause,
    });
  if (!objection && !finding) {
    const came = /locator resolved to/.test(log) ? 'it could not be used in that time' : 'none was seen in that time';
    return new MooringError('ELEMENT_NOT_FOUND', `expected an element for ${selector} ${within}; ${came}.`, { cause });
  }
  const { count = 1, label = 'it' } = finding ?? {};
  const which = count > 1 ? `the first of ${count} that match, ${label},` : label || 'it';
  const what = objection?.say(finding ?? {}) ?? 'is there, but could not be used in that time';
  return new MooringError(
    'ELEMENT_NOT_FOUND',
    `expected an element for ${selector} that can be used ${within}; ${which} ${what}.`,
    { cause },
  );
}

function lastIndexOf(text: string, pattern: RegExp): number {
  return [...text.matchAll(new RegExp(pattern, 'g'))].at(-1)?.index ?? -1;
}

interface Refusal {
  readonly pattern: RegExp;
  readonly expected: string;
}

/** What the driver does not even try. */
const refusals: readonly Refusal[] = [
  { pattern: /Cannot type text into input\[type=number\]/, expected: 'a number as `text` for the number field' },
  { pattern: /Malformed value/, expected: 'a value as the field holds it (a date as `2026-11-24`) for' },
  { pattern: /Non-multiple file input/, expected: 'one file for the input without `multiple`' },
];

/** The error for an element that is there and does not serve. */
export function wrongElementError(selector: string, finding: Finding, cause: unknown): MooringError {
  const refusal = refusals.find(({ pattern }) => pattern.test(errorMessage(cause)));
  const expected = refusal?.expected ?? 'an element that serves for this action at';
  return new MooringError('INVALID_PARAMETER', `expected ${expected} ${selector}; it is ${finding.label}.`, { cause });
}
