/** Width and height of the whole page, in CSS pixels. Not every document has them. */
export function pageSize(): (number | undefined)[] {
  const root: Element | null = document.documentElement; // an empty document has none
  return [root?.scrollWidth, root?.scrollHeight];
}
