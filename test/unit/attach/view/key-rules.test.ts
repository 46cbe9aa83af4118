import { describe, expect, it } from 'vitest';
import { ruleOf } from '../../../../src/attach/view/key-rules.js';

const rule = (key: string, ...held: string[]) => ruleOf(key, new Set(held));

describe('ruleOf', () => {
  it('characters and named keys – are pressed; what no keyboard has is inserted', () => {
    expect(['a', 'Z', ' ', '~', 'Enter', 'ArrowUp', 'Shift', 'Control'].map((key) => rule(key))).toEqual(
      Array(8).fill('press'),
    );
    expect(['é', '感', '😀'].map((key) => rule(key))).toEqual(Array(3).fill('text'));
  });

  it("keys of the browser's own – are refused", () => {
    for (const key of ['F1', 'F12', 'Alt', 'Meta', 'Insert', 'ContextMenu', 'BrowserHome', 'Unidentified'])
      expect(rule(key), key).toBe('refuse');
    for (const key of ['l', 'L', 't', 'n', 'w', 'o', 's', 'u', 'c', 'x', 'v', 'Tab', 'PageDown', 'é'])
      expect(rule(key, 'Control'), key).toBe('refuse');
    for (const key of ['a', 'A', 'Backspace', 'Delete', 'p']) expect(rule(key, 'Control', 'Shift'), key).toBe('refuse');
    for (const key of ['Escape', 'Delete']) expect(rule(key, 'Shift'), key).toBe('refuse');
  });

  it('what edits a text – is pressed', () => {
    for (const key of ['a', 'A', 'z', 'ArrowLeft', 'Home', 'Backspace'])
      expect(rule(key, 'Control'), key).toBe('press');
    for (const key of ['Z', 'ArrowLeft', 'End']) expect(rule(key, 'Control', 'Shift'), key).toBe('press');
  });
});
