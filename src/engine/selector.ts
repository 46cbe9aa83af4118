import { MooringError } from '../errors.js';

/** How an element is named: the field `cssSelector` takes all three. */
export type Selector =
  | { readonly kind: 'css' | 'xpath'; readonly expression: string }
  /** The smallest elements with this text in them; `isExact`: whose whole text it is, in this case. */
  | { readonly kind: 'text'; readonly text: string; readonly isExact: boolean };

const prefixed = /^\s*(css|xpath|text)\s*=(.*)$/is;
/** `//a`, `/html/body`, `(//a)[1]`, `.//a`, `../a`, `..`: no selector of CSS begins like that. */
const beginsAsXPath = /^[\s(]*(\.{0,2}\/|\.\.\s*$)/;
const quoted = /^(["'])(.*)\1$/s;

/**
 * Reads what a caller writes: CSS, XPath (`//…`, `xpath=…`), `text=…` or `css=…`.
 *
 * @throws MooringError `INVALID_PARAMETER` when nothing follows the prefix
 */
export function parseSelector(source: string): Selector {
  const selector = read(source);
  if ((selector.kind === 'text' ? selector.text : selector.expression) === '') throw badSelector(source);
  return selector;
}

function read(source: string): Selector {
  const [, name, rest = ''] = prefixed.exec(source) ?? [];
  switch (name?.toLowerCase()) {
    case 'css':
      return { kind: 'css', expression: rest.trim() };
    case 'xpath':
      return { kind: 'xpath', expression: rest.trim() };
    case 'text':
      return parseText(rest.trim());
    default:
      return { kind: beginsAsXPath.test(source) ? 'xpath' : 'css', expression: source.trim() };
  }
}

function parseText(source: string): Selector {
  const [, , inner] = quoted.exec(source) ?? [];
  const text = (inner ?? source).replace(/\s+/g, ' ').trim();
  return { kind: 'text', text, isExact: inner !== undefined };
}

const longest = 200;
const expected = {
  css: 'a CSS selector (`#id`, `.class`, `a[href]`), XPath (`//…`, `xpath=…`) or `text=…`',
  xpath: 'an XPath expression that finds elements (`//a[@href]`, `(//tr)[1]`)',
  text: 'some text after `text=`',
} as const satisfies Record<Selector['kind'], string>;

/** The error for a selector that no page can read: what was expected, and what came. */
export function badSelector(source: string, cause?: unknown): MooringError {
  const came = JSON.stringify(source.length > longest ? `${source.slice(0, longest)}…` : source);
  return new MooringError('INVALID_PARAMETER', `expected ${expected[read(source).kind]}; got ${came}.`, { cause });
}
