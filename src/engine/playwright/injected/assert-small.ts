/** @returns the value @throws when what it holds is more than so many characters, or something like it */
export function assertSmall(value: unknown, maxChars: number, message: string): unknown {
  const seen = new Set<unknown>();
  const rest = [value];
  let chars = 0;
  while (rest.length > 0 && chars <= maxChars) {
    const item = rest.pop();
    chars += typeof item === 'string' ? item.length : 8;
    if (typeof item !== 'object' || item === null || seen.has(item)) continue;
    seen.add(item);
    if (ArrayBuffer.isView(item)) chars += item.byteLength;
    else if (Array.isArray(item) && item.length > maxChars) chars += item.length;
    else if ([Object.prototype, Array.prototype, null].includes(Object.getPrototypeOf(item))) {
      for (const [name, held] of Object.entries(item)) {
        chars += name.length;
        rest.push(held);
      }
    }
  }
  if (chars > maxChars) throw new Error(message);
  return value;
}
