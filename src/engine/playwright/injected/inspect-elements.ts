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

/** Looks at the elements that fit a selector. */
export function inspectElements(found: Element | Element[]): Finding {
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
