/** How far the page is scrolled, in CSS pixels. */
export function scrollPlace(): { x: number; y: number } {
  return { x: window.scrollX, y: window.scrollY };
}

/** Scrolls there at once, as far as the page goes: one that scrolls smoothly would still be on its way. */
export function scrollToPlace(x: number, y: number): void {
  window.scrollTo({ left: x, top: y, behavior: 'instant' });
}
