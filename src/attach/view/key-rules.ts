/** Keys that a page knows what to do with, and a browser's own windows do not. */
const namedKeys = new Set([
  'Enter',
  'Tab',
  'Backspace',
  'Delete',
  'Escape',
  'ArrowLeft',
  'ArrowRight',
  'ArrowUp',
  'ArrowDown',
  'Home',
  'End',
  'PageUp',
  'PageDown',
]);
const modifiers = new Set(['Shift', 'Control']);
const withControl = new Set([
  'a',
  'z',
  'ArrowLeft',
  'ArrowRight',
  'ArrowUp',
  'ArrowDown',
  'Home',
  'End',
  'Backspace',
  'Enter',
]);
/** Firefox opens its task manager for the one; the other cuts into the clipboard. */
const notWithShift = new Set(['Escape', 'Delete']);

/**
 * What becomes of a key that a person presses. Shortcuts are left out: some browsers take them for their own (`Control+L`
 * and an address would lead anywhere), and copying and pasting by key would use a clipboard that all sessions of a browser
 * share.
 *
 * @returns `text`: the key is on no keyboard of the driver, so its character is inserted
 */
export function ruleOf(key: string, held: ReadonlySet<string>): 'press' | 'text' | 'refuse' {
  if (modifiers.has(key)) return 'press';
  if (held.has('Control')) {
    if (held.has('Shift') && key === 'Backspace') return 'refuse';
    return withControl.has(key.length === 1 ? key.toLowerCase() : key) && !(held.has('Shift') && /^a$/i.test(key))
      ? 'press'
      : 'refuse';
  }
  if (held.has('Shift') && notWithShift.has(key)) return 'refuse';
  if (namedKeys.has(key)) return 'press';
  if ([...key].length !== 1) return 'refuse';
  return /^[\x20-\x7e]$/.test(key) ? 'press' : 'text';
}

export const isModifier = (key: string): boolean => modifiers.has(key);
