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

/** Longer than any name of a language, a time zone or a country. */
export const maxNameLength = 100;

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

/** The list, or an issue when it is too long. */
export function withinLimit(list: unknown, max: number, context: z.RefinementCtx): unknown {
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
