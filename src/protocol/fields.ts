import { z } from 'zod';

/**
 * The shapes that fields are made of. What real clients send in other types than documented is folded in here and
 * nowhere else: `"true"` for a boolean, `"116"` for an integer, one value for a list, `null` (and of most
 * fields `""`) for nothing.
 *
 * Every fold is a step *before* the schema, so the schema behind it stays the documented shape, which is what the
 * OpenAPI document prints.
 */

const absent = (value: unknown): unknown => (value === null ? undefined : value);

/** A field that may be left out; `null` is the same as leaving it out. */
export const optional = <T extends z.ZodType>(schema: T) => z.preprocess(absent, schema.optional()).optional();

/** The same where an empty text means nothing either: forms send one for each field that is not filled in. */
export const optionalFilled = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === null || value === '' ? undefined : value), schema.optional()).optional();

/** A boolean; also `"true"`, `"false"`, `1`, `0`. */
export const flag = () =>
  z.preprocess(
    (value) => (value === 'true' || value === 1 ? true : value === 'false' || value === 0 ? false : value),
    z.boolean(),
  );

/**
 * A whole number in a range; also its digits as text.
 *
 * @param unit what it counts, for the message: `milliseconds`
 */
export const integer = (min: number, max: number, unit?: string) => {
  const error = `expected a whole number${unit === undefined ? '' : ` of ${unit}`} from ${min} to ${max}`;
  return z.preprocess(numberOf, z.int({ error }).min(min, { error }).max(max, { error }));
};

/** A number in a range, fractions too; also its digits as text. */
export const decimal = (min: number, max: number, unit: string) => {
  const error = `expected a number of ${unit} from ${min} to ${max}`;
  return z.preprocess(numberOf, z.number({ error }).min(min, { error }).max(max, { error }));
};

/** The number that a text is the digits of. */
function numberOf(value: unknown): unknown {
  return typeof value === 'string' && value.length <= 40 && /^\s*-?\d+(\.\d+)?\s*$/.test(value) ? Number(value) : value;
}

/** Longer than any name, host or path that a browser takes. */
export const maxTextLength = 10_000;

/** Text of a bounded length. */
export const boundedText = (max = maxTextLength) => z.string().max(max);

/** A list, and nothing else. One that is too long is refused before its values are looked at. */
export const strictList = <T extends z.ZodType>(item: T, max: number) =>
  z.preprocess((value, context) => withinLimit(value, max, context), z.array(item));

/** A list; also one value that is none. One that is too long is refused before its values are looked at. */
export const listOf = <T extends z.ZodType>(item: T, max = 1000) =>
  z.preprocess((value, context) => {
    const list = Array.isArray(value) || value === undefined ? value : [value];
    return withinLimit(list, max, context);
  }, z.array(item));

function withinLimit(list: unknown, max: number, context: z.RefinementCtx): unknown {
  if (!Array.isArray(list) || list.length <= max) return list;
  context.addIssue({ code: 'custom', message: `expected a list of at most ${max}` });
  return z.NEVER;
}

const sessionIdError = 'expected 1 to 128 characters of A-Z a-z 0-9 . _ : -';
const sessionIdText = () =>
  z
    .string({ error: sessionIdError })
    .regex(/^[A-Za-z0-9._:-]{1,128}$/, sessionIdError)
    .meta({ examples: ['my-session-id'] });

const idOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'session' in value ? value.session : value;

/** A caller's session ID; also `{"session": "x"}`, as one client sends the whole reply of `sessions.create`. */
export const sessionId = () =>
  z.preprocess(idOf, sessionIdText()).describe('The ID of the session: 1 to 128 characters of `A-Za-z0-9._:-`.');

/** The same where it may be left out; `""` is left out. */
export const optionalSessionId = () =>
  z
    .preprocess((value) => {
      const id = idOf(value);
      return id === null || id === '' ? undefined : id;
    }, sessionIdText().optional())
    .optional();

/** Longer than what browsers and servers take. */
const maxUrlLength = 100_000;

/** An absolute `http:` or `https:` URL. */
export const webUrl = () =>
  z.string().superRefine((text, context) => {
    if (text.length > maxUrlLength) {
      context.addIssue({ code: 'custom', message: `expected text of at most ${maxUrlLength} characters` });
      return;
    }
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url && (url.protocol === 'http:' || url.protocol === 'https:')) return;
    context.addIssue({
      code: 'custom',
      message: url
        ? 'expected a URL that starts with http:// or https://'
        : 'expected an absolute URL such as https://example.com/',
    });
  });

/** More than a server takes of one request. */
const maxHeaders = 500;
const maxHeaderLength = 100_000;
const headerName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Header names to values; numbers and booleans become text. */
export const headers = () =>
  z
    .record(
      z.string(),
      z.preprocess(
        (value) => (typeof value === 'number' || typeof value === 'boolean' ? String(value) : value),
        // Line breaks would let a value add headers of its own (RFC 9110 §5.5).
        boundedText(maxHeaderLength).regex(/^[^\r\n\0]*$/, 'expected a header value without line breaks'),
      ),
    )
    .superRefine((record, context) => {
      const names = Object.keys(record);
      if (names.length > maxHeaders) {
        context.addIssue({ code: 'custom', message: `expected at most ${maxHeaders} headers` });
        return;
      }
      for (const name of names) {
        if (!headerName.test(name)) {
          context.addIssue({
            code: 'custom',
            message: 'expected header names of letters, digits and the signs that RFC 9110 allows',
            path: [name],
          });
        }
      }
    });

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
