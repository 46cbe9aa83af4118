/** Fills `localStorage`, if the document is of that origin. */
export function storeLocally(origin: string, entries: Readonly<Record<string, string>>): void {
  if (location.origin !== origin) return;
  for (const [key, value] of Object.entries(entries)) localStorage.setItem(key, value);
}
