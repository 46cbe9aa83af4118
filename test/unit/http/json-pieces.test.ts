import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonOf } from '../../../src/http/json-pieces.js';

async function written(value: unknown): Promise<string> {
  const json = jsonOf(value);
  let text = '';
  for await (const piece of typeof json === 'string' ? [json] : json) text += piece;
  return text;
}

describe('jsonOf', () => {
  it('any value – reads as what it was', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), fc.string({ unit: 'grapheme' }), fc.nat(3), async (value, text, times) => {
        const long = text.repeat(Math.ceil(70_000 / Math.max(1, text.length)) * (times + 1));
        const whole = { value, long, list: [long, 'x', value], [text]: text };
        expect(JSON.parse(await written(whole))).toEqual(JSON.parse(JSON.stringify(whole)));
      }),
      { numRuns: 30, seed: 7 },
    );
  });

  it('a long text of signs that are escaped, cut anywhere – is the same text', async () => {
    for (const sign of ['\u{1F600}', '"', '\\', '\u0000', '\ud800']) {
      const text = `x${sign.repeat(300_000)}`;
      expect(JSON.parse(await written([text]))).toEqual([text]);
    }
  });

  it('short texts – in one piece', () => {
    expect(jsonOf({ a: ['b', 1, null] })).toBe('{"a":["b",1,null]}');
  });

  it('more than one string can hold – is written in pieces all the same', async () => {
    const page = 'x'.repeat(60_000_000);
    const json = jsonOf(Array.from({ length: 10 }, () => page));
    if (typeof json === 'string') throw new Error('expected pieces');
    const first = await json[Symbol.asyncIterator]().next();
    expect(first).toEqual({ value: '[', done: false });
  });
});
