import { z } from 'zod';
import {
  boundedText,
  decimal,
  flag,
  integer,
  listOf,
  maxTextLength,
  optional,
  optionalFilled,
  webUrl,
} from './fields/scalars.js';

/** The most actions in one request, nested ones included. */
export const maxActions = 500;
/** How deep `if` and `while` may be nested. */
export const maxActionDepth = 10;

const milliseconds = (what: string, fallback: string) =>
  optionalFilled(integer(0, 600_000, 'milliseconds')).describe(`${what}, milliseconds. Default: ${fallback}.`);

/** Every action takes these. */
const commonFields = {
  when: optionalFilled(z.enum(['beforeload', 'afterload', 'after_captcha'])).describe(
    'Before the page is loaded, or after. Default: `afterload`; `after_captcha` is the same.',
  ),
  ignoreErrors: optional(flag()).describe('Go on with the next action when this one fails.'),
  timeout: milliseconds('How long it may take', 'what is left of the request, at most 30000'),
};

const selector = () =>
  z
    .string({ error: 'expected a selector' })
    .min(1, 'expected a selector')
    .max(maxTextLength)
    .describe(
      'CSS, XPath (`//…`, `(//…)[1]`, `xpath=…`) or `text=…` (in quotes: the whole text); the first element that fits counts.',
    );
const pauseLength = () => decimal(0, 600_000, 'seconds (up to 100) or milliseconds (above)');
const pauseUnit =
  'Up to 100 it is seconds, fractions too, if they fit into the time of the request; else milliseconds.';
const wait = optionalFilled(pauseLength()).describe(`A pause after it. ${pauseUnit}`);
const waitForSelector = optionalFilled(boundedText()).describe('Then wait until this is visible.');
const direct = optional(flag()).describe('Without cursor and keys: straight on the element.');
/** Reading code takes the one thread a tenth of a second for each million characters. */
const maxCodeLength = 500_000;
const code = (what: string) =>
  z.string({ error: 'expected JavaScript' }).min(1, 'expected JavaScript').max(maxCodeLength).describe(what);

const action = <N extends string, F extends z.ZodRawShape>(name: N, description: string, fields: F) =>
  z.object({ type: z.literal(name), ...fields, ...commonFields }).describe(description);

/** One pass over the text: an expression with the white space in it and after it would go back over all of it. */
function isBase64(text: string): boolean {
  if (/[^A-Za-z0-9+/=\s]/.test(text)) return false;
  const padding = text.indexOf('=');
  return padding < 0 || /^=\s*=?\s*$/.test(text.slice(padding, padding + maxTextLength));
}

const fileSchema = z.object({
  name: z.string().min(1).max(255).describe('As the page sees it.'),
  type: optional(boundedText(255)).describe('The content type. Default: `application/octet-stream`.'),
  base64: z.string().refine(isBase64, 'expected base64 without a data-URL prefix').describe('Its bytes.'),
});

export const keys = [
  'tab',
  'enter',
  'space',
  'arrowdown',
  'arrowup',
  'arrowleft',
  'arrowright',
  'backspace',
  'clear',
] as const;

/** Typing more would take hours. */
const maxTyped = 100_000;

const simpleActions = [
  action('click', 'Clicks an element.', { cssSelector: selector(), wait, waitForSelector, direct }),
  action('type', 'Types text into an element.', { cssSelector: selector(), text: boundedText(maxTyped), wait, direct }),
  action('goto', 'Goes to a URL.', { url: webUrl(), wait }),
  action('wait', 'Pauses.', { wait: pauseLength().describe(pauseUnit) }),
  action('wait_for_selector', 'Waits until an element is visible.', { cssSelector: selector() }),
  action('wait_for_function', 'Waits until an expression is true.', { code: code('A JavaScript expression.') }),
  action('wait_for_load_state', 'Waits until the page has come so far.', {
    waitForLoadState: z.enum(['domcontentloaded', 'networkidle', 'load']),
  }),
  action('wait_for_cookie', 'Waits until a cookie is there.', {
    cookieName: boundedText().min(1),
    cookieValue: optional(boundedText()).describe('Its value. If omitted, every value fits.'),
    cookieDomain: optionalFilled(boundedText()).describe('Its domain. If omitted, every domain fits.'),
    pollIntervalMs: milliseconds('How often to look', '200'),
  }),
  action('execute_js', 'Runs JavaScript in the page; what it returns is added to `solution.javascriptReturn`.', {
    code: code('An expression, a promise, or statements with `return`.'),
    dontReturnValue: optional(flag()).describe('Do not add what it returns.'),
  }),
  action('scroll', "Scrolls to an element, or to the page's end.", {
    cssSelector: optionalFilled(selector()),
    repeat: optionalFilled(integer(1, 1000)).describe('How often. Default: 1.'),
    delayMs: milliseconds('The pause between', '100'),
  }),
  action('hover', 'Moves the cursor over an element.', { cssSelector: selector() }),
  action('keyboard', 'Presses a key.', {
    value: z.enum(keys).describe('The key; `clear` empties the field.'),
    cssSelector: optionalFilled(selector()).describe('The element to press it in; absent: where the focus is.'),
    wait,
    waitForSelector,
  }),
  action('dropdown', 'Chooses an option of a select element.', {
    cssSelector: selector(),
    index: optionalFilled(integer(0, 100_000)).describe('Which option, from 0.'),
    value: optional(boundedText()).describe('Or the option of this value.'),
    wait,
    waitForSelector,
  }).refine(
    ({ index, value }) => index !== undefined || value !== undefined,
    'expected `index` or `value`; got neither',
  ),
  action('switch_iframe', 'Later actions act in that frame, until the end of the request.', {
    cssSelector: optional(boundedText()).describe('The iframe; empty: back to the page.'),
  }),
  action('set_viewport', 'Resizes the viewport.', {
    width: optionalFilled(integer(1, 8192, 'pixels')).describe(
      "CSS pixels. Default: as the session's identity has it.",
    ),
    height: optionalFilled(integer(1, 8192, 'pixels')).describe(
      "CSS pixels. Default: as the session's identity has it.",
    ),
    wait,
  }),
  action('upload', 'Chooses files, as a person does in a form.', {
    cssSelector: selector().describe('A file input, or what opens the file chooser when it is clicked.'),
    files: listOf(fileSchema).describe('The files; one alone is taken too.'),
    wait,
    waitForSelector,
  }),
  action('download', 'Waits for a file that the page hands out, and adds it to `solution.downloads`.', {
    cssSelector: optionalFilled(selector()).describe(
      'What to click for it; absent: the file of an earlier action, or the next that comes.',
    ),
    link: optional(flag()).describe('Give a link in place of base64, good for an hour or until the session ends.'),
  }),
  action('remove_iframes', 'Takes every iframe out of the page.', {}),
  action('screenshot', 'Adds a PNG to `solution.screenshots`.', {}),
] as const;

type SimpleAction = z.infer<(typeof simpleActions)[number]>;
type Common = Pick<SimpleAction, 'when' | 'ignoreErrors' | 'timeout'>;

export interface IfAction extends Common {
  type: 'if';
  condition: string;
  then: BrowserAction[];
  or?: BrowserAction[] | undefined;
}
export interface WhileAction extends Common {
  type: 'while';
  condition: string;
  then: BrowserAction[];
  maxAttempts?: number | undefined;
}

/** One action on the page, told apart by `type`. */
export type BrowserAction = SimpleAction | IfAction | WhileAction;

/** Actions of the contract that this project does not do. */
export const unsupportedActions = ['solve_captcha', 'discord_login'] as const;

export const actionSchema: z.ZodType<BrowserAction> = z
  .lazy(() => z.discriminatedUnion('type', [...simpleActions, ...branchActions]))
  .meta({ id: 'BrowserAction' });

/** Actions in order; one alone is a list too. */
export const actionList = () => listOf(actionSchema);

const branchActions = [
  action('if', 'Runs actions if an expression is true, others if not.', {
    condition: code('A JavaScript expression.'),
    then: actionList(),
    or: optionalFilled(actionList()).describe('What to do otherwise.'),
  }),
  action('while', 'Runs actions as long as an expression is true.', {
    condition: code('A JavaScript expression.'),
    then: actionList(),
    maxAttempts: optionalFilled(integer(1, 1000)).describe('How often at most. Default: 10.'),
  }),
] as const;

/** The fields of each action, by its type. */
export const actionShapes: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  [...simpleActions, ...branchActions].map(({ shape }) => [shape.type.value, Object.keys(shape)]),
);

export type ActionName = BrowserAction['type'];
