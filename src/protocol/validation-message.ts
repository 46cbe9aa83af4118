import type { z } from 'zod';
import { type ErrorCode, MooringError } from '../errors.js';
import { nearestName } from './names/nearest-name.js';

/**
 * What a schema makes of a value; what does not fit it is told in our words: the field, what was expected, what came.
 *
 * @throws MooringError `INVALID_PARAMETER`, or the code that the catalogue has for the field
 */
export function parse<T extends z.ZodType>(schema: T, body: unknown): z.infer<T> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (!issue) throw result.error;
  const { path, expectation, options } = explain(issue);
  const { value, action } = find(body, path);
  const forAction = action !== undefined && value === undefined ? ` for the action \`${shorten(action)}\`` : '';
  const near = typeof value === 'string' && options && !isSecret(path) ? nearestName(value, options) : undefined;
  throw new MooringError(
    codeOf(path, issue.code),
    `\`${place(path)}\`: ${expectation}${forAction}; got ${got(value, path, expectation)}` +
      (near === undefined ? '.' : `; did you mean \`${near}\`?`),
  );
}

interface Explained {
  readonly path: readonly PropertyKey[];
  /** `expected …`. */
  readonly expectation: string;
  /** The values that would do, if there are only so many. */
  readonly options?: readonly string[];
}

function explain(issue: z.core.$ZodIssue, base: readonly PropertyKey[] = []): Explained {
  const path = [...base, ...issue.path];
  // Schemas say by themselves what they expect where a type or a range does not say it.
  if (issue.message.startsWith('expected')) return { path, expectation: issue.message };
  switch (issue.code) {
    case 'invalid_type':
      return { path, expectation: `expected ${typeWords[issue.expected] ?? 'another type'}` };
    case 'invalid_value':
      return oneOf(path, issue.values.map(String));
    case 'too_small':
      return { path, expectation: `expected ${sizeWords(issue.origin, 'least', Number(issue.minimum))}` };
    case 'too_big':
      return { path, expectation: `expected ${sizeWords(issue.origin, 'most', Number(issue.maximum))}` };
    case 'invalid_union': {
      if ('options' in issue && Array.isArray(issue.options)) return oneOf(path, issue.options.map(String));
      const options = issue.errors.flatMap(([first]) => (first ? [first] : []));
      // The alternative whose type is right says best what is wrong.
      const fitting = options.find((option) => option.path.length > 0 || option.code !== 'invalid_type');
      if (fitting) return explain(fitting, path);
      const types = options.map((option) => explain(option).expectation.replace(/^expected /, ''));
      return { path, expectation: `expected ${types.join(' or ') || 'another value'}` };
    }
    default:
      return { path, expectation: 'expected another value' };
  }
}

const typeWords: Readonly<Record<string, string>> = {
  string: 'text',
  boolean: '`true` or `false`',
  number: 'a number',
  int: 'a whole number',
  object: 'an object',
  record: 'an object',
  array: 'a list',
};

function sizeWords(origin: string, bound: 'least' | 'most', limit: number): string {
  if (origin === 'string')
    return bound === 'least' && limit === 1
      ? 'text that is not empty'
      : `text of at ${bound} ${limit} character${limit === 1 ? '' : 's'}`;
  if (origin === 'array')
    return bound === 'least' && limit === 1 ? 'a list that is not empty' : `a list of at ${bound} ${limit}`;
  return `a number of at ${bound} ${limit}`;
}

/** How many characters the names may take that a field can have. */
const maxListed = 290;

function oneOf(path: readonly PropertyKey[], options: readonly string[]): Explained {
  const all = options.join(', ');
  if (all.length <= maxListed) return { path, expectation: `expected one of ${all}`, options };
  const shown = options.slice(0, 8).join(', ');
  return { path, expectation: `expected one of ${options.length} names (${shown}, …; all at /docs)`, options };
}

/** Fields whose bad values have a code of their own in the catalogue. */
const fieldCodes: Readonly<Record<string, ErrorCode>> = { 'browser.name': 'UNKNOWN_BROWSER' };

function codeOf(path: readonly PropertyKey[], issue: string): ErrorCode {
  const names = path.filter((part) => typeof part === 'string');
  if (names[0] === 'browserActions' && names.at(-1) === 'value' && issue === 'invalid_value') return 'UNKNOWN_KEY';
  return fieldCodes[names.join('.')] ?? 'INVALID_PARAMETER';
}

/** `browserActions[2].then[0].cssSelector`. */
function place(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'body';
  return path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i > 0 ? '.' : ''}${shorten(String(part))}`))
    .join('');
}

/** A name that a caller wrote, fit for a sentence: without line breaks and backticks, and not long. */
export function shorten(name: string): string {
  const text = JSON.stringify(name.slice(0, 100)).slice(1, -1).replaceAll('`', "'");
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

interface Found {
  readonly value: unknown;
  /** The type of the browser action that the value belongs to. */
  readonly action?: string | undefined;
}

function find(body: unknown, path: readonly PropertyKey[]): Found {
  let value = body;
  let action: string | undefined;
  let name: string | undefined;
  for (const part of path) {
    if (typeof part === 'string') name = part;
    // One value alone was taken for a list, or a name for an object: there is no such path, so it is the value itself.
    if (typeof part !== 'number' || Array.isArray(value)) {
      if (typeof value !== 'object' || value === null) break;
      value = Object.hasOwn(value, part) ? (value as Record<PropertyKey, unknown>)[part] : undefined; // an object, as checked
    }
    const isAction = typeof part === 'number' && name !== undefined && actionLists.has(name);
    if (isAction && typeof value === 'object' && value !== null && 'type' in value)
      action = typeof value.type === 'string' ? value.type : undefined;
  }
  return { value, action };
}

const actionLists = new Set(['browserActions', 'then', 'or']);

/** Fields whose value may be a secret, wherever they stand: of those only the kind is told. */
const secretFields = new Set([
  'proxy',
  'username',
  'password',
  'cookies',
  'cookiejar',
  'cookieValue',
  'customHeaders',
  'localStorage',
  'postData',
  'text',
  'value',
  'code',
  'condition',
  'base64',
  'files',
]);

const isSecret = (path: readonly PropertyKey[]): boolean =>
  path.some((part) => typeof part === 'string' && secretFields.has(part));

const maxShown = 60;

function got(value: unknown, path: readonly PropertyKey[], expectation: string): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (typeof value === 'object') return 'an object';
  const last = path.findLast((part) => typeof part === 'string');
  if (typeof value === 'string') {
    if (value === '') return 'empty text';
    if (/text of at (least|most)/.test(expectation)) return `${value.length} characters`;
    // A list of actions or requests as one text holds all that they hold.
    if (isSecret(path) || last === 'browserActions' || last === 'requests') return 'text';
    return JSON.stringify(cut(withoutSecrets(value)));
  }
  return isSecret(path) ? `a ${typeof value}` : String(value);
}

const cut = (text: string): string => (text.length > maxShown ? `${text.slice(0, maxShown - 1)}…` : text);

/** A text without what URLs hold of secrets: user and password, and the query. */
function withoutSecrets(text: string): string {
  const start = text.slice(0, 2000);
  return start.replace(/\/\/[^/@\s]*@/, '//…@').replace(/^([a-z][a-z0-9+.-]*:[^?#]*)[?#].*$/is, '$1?…');
}
