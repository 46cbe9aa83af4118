import { errorMessage, MooringError } from '../../../errors.js';

/** What a page says of the elements that fit a selector, and of the first of them. */
export interface Finding {
  readonly count: number;
  /** The first one, `button#send.primary`. */
  readonly label: string;
  /** Why it is not seen, if it is not. */
  readonly hidden?: string;
  /** What lies over its middle, if something does. */
  readonly cover?: string;
  readonly isOutside: boolean;
  readonly isDisabled: boolean;
  readonly isReadOnly: boolean;
  /** `field`: text can be typed into it. `control`: a link, a button or the like. `other`: a click tells. */
  readonly typing: 'field' | 'control' | 'other';
  readonly isSelect: boolean;
  readonly isFileInput: boolean;
}

/** Runs in the page. */
export function inspect(found: Element | Element[]): Finding {
  const elements = Array.isArray(found) ? found : [found];
  const [element] = elements;
  if (!element) {
    const none = { isOutside: false, isDisabled: false, isReadOnly: false, isSelect: false, isFileInput: false };
    return { count: 0, label: '', typing: 'other', ...none };
  }
  const name = (one: Element): string => {
    const id = one.getAttribute('id');
    return [one.localName, ...(id ? [`#${id}`] : []), ...[...one.classList].map((word) => `.${word}`)]
      .join('')
      .slice(0, 80);
  };
  const parentOf = (one: Element): Element | null => {
    const root = one.getRootNode();
    return one.parentElement ?? (root instanceof ShadowRoot ? root.host : null);
  };
  const whyHidden = (): string | undefined => {
    for (let at: Element | null = element; at; at = parentOf(at))
      if (getComputedStyle(at).display === 'none') return `display: none${at === element ? '' : ` of ${name(at)}`}`;
    const { visibility } = getComputedStyle(element);
    if (visibility !== 'visible') return `visibility: ${visibility}`;
    if (width === 0 || height === 0) return `its size is ${Math.round(width)} × ${Math.round(height)}`;
    return element.checkVisibility() ? undefined : 'it is not rendered';
  };
  const { left, top, width, height } = element.getBoundingClientRect();
  const [x, y] = [left + width / 2, top + height / 2];
  const whatCovers = (): string | undefined => {
    const root = element.getRootNode() as Document | ShadowRoot; // of what is in a document
    const hit = root.elementFromPoint?.(x, y);
    return hit && !element.contains(hit) ? name(hit) : undefined;
  };
  const control = element instanceof HTMLLabelElement ? (element.control ?? element) : element;
  const isField =
    control instanceof HTMLTextAreaElement ||
    (control instanceof HTMLInputElement &&
      !/^(button|submit|reset|image|file|checkbox|radio|range|color|hidden)$/.test(control.type)) ||
    (control instanceof HTMLElement && control.isContentEditable);
  const controls = 'a[href], area[href], button, summary, select, input, [role="button"], [role="link"]';
  const hidden = whyHidden();
  const cover = hidden === undefined ? whatCovers() : undefined;
  return {
    count: elements.length,
    label: name(element),
    ...(hidden === undefined ? {} : { hidden }),
    ...(cover === undefined ? {} : { cover }),
    isOutside: x < 0 || y < 0 || x > innerWidth || y > innerHeight,
    isDisabled: element.matches(':disabled') || element.closest('[aria-disabled="true"]') !== null,
    isReadOnly: 'readOnly' in control && control.readOnly === true,
    typing: isField ? 'field' : control.closest(controls) ? 'control' : 'other',
    isSelect: control instanceof HTMLSelectElement,
    isFileInput: element instanceof HTMLInputElement && element.type === 'file',
  };
}

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

/** Whether what is typed now goes into a field, or to an element that takes the focus itself. Runs in the page. */
export function takesKeys(element: Element): boolean {
  const { ownerDocument } = element;
  let active = ownerDocument.activeElement;
  while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
  if (ownerDocument.designMode === 'on') return true;
  if (!active) return false;
  return (
    active instanceof HTMLInputElement ||
    active instanceof HTMLTextAreaElement ||
    active instanceof HTMLIFrameElement || // an editor in a document of its own
    (active instanceof HTMLElement && active.isContentEditable) ||
    (active !== ownerDocument.body && element.contains(active))
  );
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
