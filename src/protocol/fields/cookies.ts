import { z } from 'zod';
import { boundedText, flag, optional, withinLimit } from './scalars.js';

/** One cookie to set. Without a domain it belongs to the host of the URL. */
export const cookieSchema = z.object({
  name: boundedText().min(1).describe('Its name; `key` is taken too.'),
  value: boundedText().describe('Its value.'),
  domain: optional(boundedText().min(1)).describe(
    'Host, or `.host` for its subdomains too. Default: the host of the URL.',
  ),
  path: optional(boundedText().regex(/^\//, 'expected a path that starts with /')).describe('Default: `/`.'),
  expires: optional(z.preprocess(expiryToSeconds, z.number())).describe(
    'Seconds since 1970; `-1` or absent: with the session. A date as text is taken too.',
  ),
  httpOnly: optional(flag()).describe('Hidden from scripts.'),
  secure: optional(flag()).describe('Sent over https only.'),
  sameSite: optional(z.preprocess(sameSiteName, z.enum(['Strict', 'Lax', 'None']))).describe('Default: none stated.'),
});
export type CookieInput = z.infer<typeof cookieSchema>;

function expiryToSeconds(value: unknown): unknown {
  if (value === 0 || value === '0' || value === '') return -1; // how exports write a cookie of the session
  if (typeof value !== 'string' || value.length > 100) return value;
  if (/^-?\d+(\.\d+)?$/.test(value)) return Number(value);
  const ms = Date.parse(value);
  return Number.isNaN(ms) ? value : Math.floor(ms / 1000);
}

/** Browser extensions export `no_restriction` and `unspecified`; clients write any case. */
function sameSiteName(value: unknown): unknown {
  if (typeof value !== 'string' || value.length > 100) return value;
  const names: Record<string, string | undefined> = {
    strict: 'Strict',
    lax: 'Lax',
    none: 'None',
    no_restriction: 'None',
    unspecified: undefined,
    '': undefined,
  };
  const lower = value.toLowerCase();
  return Object.hasOwn(names, lower) ? names[lower] : value;
}

/** Cookies as a list of objects (`key` or `name`), of `a=b` texts, or as one text `a=b; c=d`. */
export const cookieList = () =>
  z.preprocess((value, context) => withinLimit(toCookieObjects(value), maxCookies, context), z.array(cookieSchema));

/** More than a browser keeps for one site, with room for those of many. */
const maxCookies = 5000;

function toCookieObjects(value: unknown): unknown {
  if (typeof value === 'string') return cookiesOfText(value);
  if (!Array.isArray(value)) return value === undefined || value === null ? value : [normalizeCookie(value)].flat();
  return value.flatMap(normalizeCookie);
}

function normalizeCookie(item: unknown): unknown {
  if (typeof item === 'string') return cookiesOfText(item);
  if (typeof item !== 'object' || item === null) return item;
  const { key, ...rest } = item as Record<string, unknown>; // an object, as checked the line above
  const named = rest.name === undefined && key !== undefined ? { ...rest, name: key } : rest;
  return typeof named.value === 'number' || typeof named.value === 'boolean'
    ? { ...named, value: String(named.value) }
    : named;
}

/** More than a browser's cookies are together. What is longer is left for the schema to refuse. */
const maxCookieText = 1_000_000;

const cookiesOfText = (text: string): unknown => (text.length <= maxCookieText ? parseCookieString(text) : text);

/** The pairs of a `Cookie` header. A piece without `=` is kept as a name without value, so that the schema names it. */
export function parseCookieString(text: string): { name: string; value: string }[] {
  return text
    .split(';')
    .map((piece) => piece.trim())
    .filter((piece) => piece !== '')
    .map((piece) => {
      const at = piece.indexOf('=');
      return at < 0
        ? { name: piece, value: '' }
        : { name: piece.slice(0, at).trim(), value: piece.slice(at + 1).trim() };
    });
}
