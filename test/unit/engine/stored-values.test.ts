import { describe, expect, it } from 'vitest';
import { decodeValue } from '../../../src/engine/playwright/injected/decode-value.js';
import { encodeValue } from '../../../src/engine/playwright/injected/encode-value.js';

const overJson = (value: unknown): unknown => {
  const encoding = JSON.parse(JSON.stringify(encodeValue(value)));
  if ('refused' in encoding) throw new Error(encoding.refused);
  return 'plain' in encoding ? encoding.plain : decodeValue(encoding.encoded);
};

describe('values of IndexedDB', () => {
  it('encodeValue – what JSON holds – is kept as it is', () => {
    for (const value of [null, true, 'text', 1.5, [1, [2]], { a: { b: [null] } }, { v: 'NaN' }])
      expect(encodeValue(value)).toEqual({ plain: value });
  });

  it('encodeValue – what JSON does not hold – has the encoding of Playwright', () => {
    const encoded = (value: unknown) => encodeValue(value);
    expect(encoded(undefined)).toEqual({ encoded: { v: 'undefined' } });
    expect(encoded(Number.NaN)).toEqual({ encoded: { v: 'NaN' } });
    expect(encoded(new Date(0))).toEqual({ encoded: { d: '1970-01-01T00:00:00.000Z' } });
    expect(encoded(12n)).toEqual({ encoded: { bi: '12' } });
    expect(encoded(new Uint8Array([1, 2]))).toEqual({ encoded: { ta: { b: 'AQI=', k: 'ui8' } } });
    expect(encoded(new Uint8Array([3]).buffer)).toEqual({ encoded: { ab: { b: 'Aw==' } } });
    expect(encoded(/a/g)).toEqual({ encoded: { r: { p: 'a', f: 'g' } } });
    expect(encoded({ a: [null, undefined] })).toEqual({
      encoded: { o: [{ k: 'a', v: { a: [{ v: 'null' }, { v: 'undefined' }], id: 2 } }], id: 1 },
    });
    expect(encoded(new Map([[1, 'one']]))).toEqual({ encoded: { m: [{ k: 1, v: 'one' }], id: 1 } });
    expect(encoded(new Set(['x']))).toEqual({ encoded: { s: ['x'], id: 1 } });
  });

  it.each([
    ['numbers', [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, Number.NaN]],
    ['typed arrays', [new Int16Array([-1, 300]), new Float32Array([0.5]), new BigInt64Array([-1n])]],
    ['a part of a buffer', new Uint8Array([1, 2, 3]).subarray(1, 2)],
    ['collections', new Map<unknown, unknown>([[new Date(1), new Set([new Map([[{}, undefined]])])]])],
    ['half a surrogate pair', { a: '\ud800', b: undefined }],
    ['a key that reads like an encoding', { d: 'no date', e: undefined }],
  ])('decodeValue – %s – are as they were', (_name, value) => {
    expect(overJson(value)).toEqual(value);
  });

  it('decodeValue – an object in several places, and in itself – is one', () => {
    const shared = { name: 'shared' };
    const value: Record<string, unknown> = { one: shared, two: [shared] };
    value.self = value;
    const decoded = overJson(value) as { one: unknown; two: unknown[]; self: unknown };
    expect(decoded.self).toBe(decoded);
    expect(decoded.two[0]).toBe(decoded.one);
  });

  it('encodeValue – what cannot be kept – says what it is', () => {
    expect(encodeValue({ file: new Blob(['x']) })).toEqual({ refused: 'a Blob' });
    expect(encodeValue([new Date(Number.NaN)])).toEqual({ refused: 'an invalid Date' });
    let deep: unknown[] = [];
    for (let i = 0; i < 600; i++) deep = [deep];
    expect(encodeValue(deep)).toMatchObject({ refused: expect.stringContaining('500') });
  });

  it('decodeValue – bytes of no known kind – throws', () => {
    expect(() => decodeValue({ ta: { b: 'AA==', k: 'constructor' } })).toThrow('typed array');
  });
});
