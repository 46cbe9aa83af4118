import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { badSelector, parseSelector } from '../../../src/engine/selector.js';

const css = (expression: string) => ({ kind: 'css', expression });
const xpath = (expression: string) => ({ kind: 'xpath', expression });
const text = (words: string, isExact = false) => ({ kind: 'text', text: words, isExact });

describe('parseSelector', () => {
  it.each([
    ['#id', css('#id')],
    ['a[href="/x"] > b', css('a[href="/x"] > b')],
    ['css=.price', css('.price')],
    ['input[name="text=x"]', css('input[name="text=x"]')],
    ['text', css('text')],
    ['..class', css('..class')],
    ['//a', xpath('//a')],
    ['(//a)[1]', xpath('(//a)[1]')],
    ['( (//a | //b) )[last()]', xpath('( (//a | //b) )[last()]')],
    ['/html/body/p', xpath('/html/body/p')],
    ['.//a', xpath('.//a')],
    ['../a', xpath('../a')],
    ['..', xpath('..')],
    ['xpath=//a[text()="x=y"]', xpath('//a[text()="x=y"]')],
    ["XPath = id('x')/a", xpath("id('x')/a")],
    ['text=Log in', text('Log in')],
    ['text= Log \n in ', text('Log in')],
    ['text="Log in"', text('Log in', true)],
    ["text='Log in'", text('Log in', true)],
    ['text="', text('"')],
    ['text=//a', text('//a')],
  ])('%s', (source, selector) => {
    expect(parseSelector(source)).toEqual(selector);
  });

  it.each(['', ' ', 'css=', 'xpath= ', 'text=', 'text=""'])(
    '%j – nothing to look for – INVALID_PARAMETER',
    (source) => {
      expect(() => parseSelector(source)).toThrow(/INVALID_PARAMETER: expected .*; got /);
    },
  );

  it('any text – is read as one of the three, or refused with what came', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 100 }), (source) => {
        try {
          expect(['css', 'xpath', 'text']).toContain(parseSelector(source).kind);
        } catch (error) {
          expect(String(error)).toContain(JSON.stringify(source));
        }
      }),
      { seed: 9 },
    );
  });
});

describe('badSelector', () => {
  it('a selector without end – its error is short', () => {
    expect(badSelector('a'.repeat(100_000)).detail.length).toBeLessThan(400);
  });
});
