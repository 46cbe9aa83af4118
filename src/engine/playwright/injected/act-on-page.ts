/** The element's own click. What is no HTML has none. */
export function clickElement(element: Element): void {
  if (element instanceof HTMLElement) element.click();
  else element.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true, composed: true }));
}

/** The values of a select element's options. */
export function optionsOf(element: Element): string[] {
  const select = element instanceof HTMLLabelElement ? element.control : element;
  return select instanceof HTMLSelectElement ? [...select.options].map(({ value }) => value) : [];
}

/** Whether what is typed now goes into a field, or to an element that takes the focus itself. */
export function takesKeys(element: Node): boolean {
  const { ownerDocument } = element;
  if (!ownerDocument) return false; // it is a document itself
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

/** To the end of the page. */
export function scrollToEnd(): void {
  window.scrollTo(0, document.documentElement.scrollHeight);
}

export function removeFrames(): void {
  for (const frame of document.querySelectorAll('iframe, frame')) frame.remove();
}
