/** The other way of `encodeValue`; what has no such encoding is taken as it is. Self-contained: it runs in pages. */
export function decodeValue(encoded: unknown): unknown {
  const views: Readonly<Record<string, new (buffer: ArrayBuffer) => ArrayBufferView>> = {
    i8: Int8Array,
    ui8: Uint8Array,
    ui8c: Uint8ClampedArray,
    i16: Int16Array,
    ui16: Uint16Array,
    i32: Int32Array,
    ui32: Uint32Array,
    f32: Float32Array,
    f64: Float64Array,
    bi64: BigInt64Array,
    bui64: BigUint64Array,
  };
  const constants = new Map<unknown, unknown>([
    ['undefined', undefined],
    ['null', null],
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['-Infinity', Number.NEGATIVE_INFINITY],
    ['-0', -0],
  ]);
  // The keys of the encoding, with what each carries.
  interface Encoded {
    readonly v?: string;
    readonly d?: string;
    readonly u?: string;
    readonly bi?: string;
    readonly ref?: number;
    readonly id?: number;
    readonly e?: { readonly n: string; readonly m: string; readonly s: string };
    readonly r?: { readonly p: string; readonly f: string };
    readonly ta?: { readonly b: string; readonly k: string };
    readonly ab?: { readonly b: string };
    readonly a?: readonly unknown[];
    readonly s?: readonly unknown[];
    readonly o?: readonly { readonly k: string; readonly v: unknown }[];
    readonly m?: readonly { readonly k: unknown; readonly v: unknown }[];
  }
  const seen = new Map<number | undefined, unknown>();
  const bytesOf = (base64: string): ArrayBuffer =>
    Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)).buffer;
  const decode = (one: unknown): unknown => {
    if (typeof one !== 'object' || one === null) return one;
    const value = one as Encoded;
    if (value.ref !== undefined) return seen.get(value.ref);
    if (value.v !== undefined) return constants.get(value.v);
    if (value.d !== undefined) return new Date(value.d);
    if (value.u !== undefined) return value.u; // no browser stores a URL
    if (value.bi !== undefined) return BigInt(value.bi);
    if (value.r) return new RegExp(value.r.p, value.r.f);
    if (value.ta) {
      const View = Object.hasOwn(views, value.ta.k) ? views[value.ta.k] : undefined;
      if (!View) throw new Error(`expected a kind of typed array; got ${value.ta.k}`);
      return new View(bytesOf(value.ta.b));
    }
    if (value.ab) return bytesOf(value.ab.b);
    if (value.e) return Object.assign(new Error(value.e.m), { name: value.e.n, stack: value.e.s });
    return decodeCollection(value) ?? one;
  };
  const decodeCollection = ({ id, a, o, m, s }: Encoded): unknown => {
    if (a) {
      const array: unknown[] = [];
      seen.set(id, array);
      for (const item of a) array.push(decode(item));
      return array;
    }
    if (o) {
      const object: Record<string, unknown> = {};
      seen.set(id, object);
      for (const { k, v } of o) Object.defineProperty(object, k, { ...open, value: decode(v) });
      return object;
    }
    if (m) {
      const map = new Map<unknown, unknown>();
      seen.set(id, map);
      for (const { k, v } of m) map.set(decode(k), decode(v));
      return map;
    }
    if (!s) return undefined;
    const set = new Set<unknown>();
    seen.set(id, set);
    for (const item of s) set.add(decode(item));
    return set;
  };
  const open = { configurable: true, enumerable: true, writable: true };
  return decode(encoded);
}
