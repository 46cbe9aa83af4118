/** A value in the encoding of Playwright's storage state, or why it has none. */
export type Encoding = { readonly plain: unknown } | { readonly encoded: unknown } | { readonly refused: string };

/**
 * Turns what IndexedDB holds into what JSON holds, in the encoding that `storageState` of Playwright has: `{ d: … }` for a
 * Date, `{ m: … }` for a Map, and so on. Self-contained: it runs in pages, as part of other functions.
 */
export function encodeValue(value: unknown): Encoding {
  const views: Readonly<Record<string, string>> = {
    Int8Array: 'i8',
    Uint8Array: 'ui8',
    Uint8ClampedArray: 'ui8c',
    Int16Array: 'i16',
    Uint16Array: 'ui16',
    Int32Array: 'i32',
    Uint32Array: 'ui32',
    Float32Array: 'f32',
    Float64Array: 'f64',
    BigInt64Array: 'bi64',
    BigUint64Array: 'bui64',
  };
  const maxDepth = 500;
  const ids = new Map<object, number>();
  let isPlain = true;
  let refused: string | undefined;
  const base64 = (bytes: Uint8Array): string => {
    let text = '';
    for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
    return btoa(text);
  };
  const special = (encoded: unknown): unknown => {
    isPlain = false;
    return encoded;
  };
  const encodeNumber = (number: number): unknown => {
    if (Object.is(number, -0)) return special({ v: '-0' });
    return Number.isFinite(number) ? number : special({ v: String(number) });
  };
  const encode = (one: unknown, depth: number): unknown => {
    if (one === null) return { v: 'null' };
    if (one === undefined) return special({ v: 'undefined' });
    if (typeof one === 'string' || typeof one === 'boolean') return one;
    if (typeof one === 'number') return encodeNumber(one);
    if (typeof one === 'bigint') return special({ bi: String(one) });
    if (typeof one !== 'object') return special({ v: 'undefined' });
    return encodeObject(one, depth);
  };
  const encodeObject = (one: object, depth: number): unknown => {
    const tag = Object.prototype.toString.call(one).slice(8, -1);
    const view = Object.hasOwn(views, tag) ? views[tag] : undefined;
    if (view !== undefined) {
      const { buffer, byteOffset, byteLength } = one as Uint8Array; // as its tag says
      return special({ ta: { b: base64(new Uint8Array(buffer, byteOffset, byteLength)), k: view } });
    }
    if (tag === 'ArrayBuffer') return special({ ab: { b: base64(new Uint8Array(one as ArrayBuffer)) } }); // as its tag says
    if (tag === 'Date') return special({ d: encodeDate(one as Date) }); // as its tag says
    if (tag === 'RegExp') {
      const { source, flags } = one as RegExp; // as its tag says
      return special({ r: { p: source, f: flags } });
    }
    if (tag === 'Error') {
      const { name, message, stack } = one as Error; // as its tag says
      return special({ e: { n: name, m: message, s: stack ?? '' } });
    }
    const known = ids.get(one);
    if (known !== undefined) return special({ ref: known });
    if (depth > maxDepth) {
      refused ??= `something nested more than ${maxDepth} levels deep`;
      return undefined;
    }
    const id = ids.size + 1;
    ids.set(one, id);
    if (Array.isArray(one)) return { a: Array.from(one, (item: unknown) => encode(item, depth + 1)), id };
    if (tag === 'Map') {
      const entries = [...(one as Map<unknown, unknown>)]; // as its tag says
      return special({ m: entries.map(([k, v]) => ({ k: encode(k, depth + 1), v: encode(v, depth + 1) })), id });
    }
    if (tag === 'Set') return special({ s: [...(one as Set<unknown>)].map((item) => encode(item, depth + 1)), id });
    if (tag !== 'Object') refused ??= `a ${tag}`;
    const keys = Object.keys(one);
    if (keys.includes('__proto__')) refused ??= 'a property named __proto__';
    if ('toJSON' in one) isPlain = false;
    return { o: keys.map((k) => ({ k, v: encode((one as Record<string, unknown>)[k], depth + 1) })), id };
  };
  const encodeDate = (date: Date): string | null => {
    if (Number.isNaN(date.getTime())) refused ??= 'an invalid Date';
    return date.toJSON();
  };
  const encoded = encode(value, 0);
  if (refused !== undefined) return { refused };
  // What JSON would write in full twice is one object here.
  return isPlain ? { plain: value } : { encoded };
}
