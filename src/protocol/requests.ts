import { z } from 'zod';
import { errorMessage } from '../errors.js';
import { actionList } from './actions.js';
import {
  boundedText,
  cookieList,
  flag,
  headers,
  integer,
  listOf,
  optional,
  optionalFilled,
  optionalSessionId,
  strictList,
  webUrl,
} from './fields.js';
import { solutionFields } from './replies.js';
import { requestDomainFields, sessionOptionFields } from './sessions.js';

/** As much as a browser keeps of one site. */
const maxStored = 5_242_880;
/** The JSON of a value; what is nested too deep to be written is left for the schema to refuse. */
function jsonText(value: unknown): unknown {
  try {
    return JSON.stringify(value);
  } catch {
    return value;
  }
}

/** Storage holds text; what is none goes in as scripts put it there, as JSON. */
const storageText = z.preprocess(
  (value) => (typeof value === 'string' || value === undefined ? value : jsonText(value)),
  boundedText(maxStored),
);
/** A browser keeps no more of one site. */
const maxStoredItems = 10_000;

/** `/source/flags`, or the source alone. All matches are looked for in any case. */
export function parseRegex(text: string): { source: string; flags: string } {
  const [, source = text, flags = ''] = /^\/(.+)\/([dgimsuvy]*)$/s.exec(text) ?? [];
  return { source, flags: [...new Set(`${flags}g`)].join('') };
}

/** What JavaScript finds wrong with an expression, without the expression itself. */
const regexFault = (error: unknown): string => {
  const fault = errorMessage(error).split(': ').at(-1) ?? '';
  return `${fault.charAt(0).toLowerCase()}${fault.slice(1, 60)}`;
};

/** Compiling takes the time of every request. */
const maxRegexLength = 2000;

const regex = () =>
  z
    .string()
    .min(1)
    .superRefine((text, context) => {
      if (text.length > maxRegexLength) {
        context.addIssue({ code: 'custom', message: `expected text of at most ${maxRegexLength} characters` });
        return;
      }
      try {
        const { source, flags } = parseRegex(text);
        // One `\p{RGI_Emoji}` takes 60 ms to compile, a class of letters in any case a third: that is for the page.
        if (!/[uv]/.test(flags)) new RegExp(source, flags);
      } catch (error) {
        context.addIssue({ code: 'custom', message: `expected a regular expression (${regexFault(error)})` });
      }
    });

const lowerCase = (value: unknown): unknown => (typeof value === 'string' ? value.toLowerCase() : value);

const urlPattern = () => z.string().min(1).max(2000);
/** How many patterns of one kind a request may have. */
const maxPatterns = 50;

/** What a request asks of the session that it names. */
const openSessionFields = {
  mustExist: optional(flag()).describe('Refuse with `SESSION_NOT_FOUND` instead of opening a session.'),
  dontChangeProxy: optional(flag()).describe('An explicit `proxy` that differs does not move the open session.'),
};

/** The fields of every `request.*`. */
export const requestSchema = z.object({
  url: optionalFilled(webUrl()).describe(
    'Where to go: an absolute `http://` or `https://` URL. Required unless `keepSamePage`.',
  ),
  session: optionalSessionId().describe(
    'The session to use. An ID that was never seen creates that session, and the reply says `created`. Default: a new ' +
      'anonymous session, whose ID is in the reply and may be used again.',
  ),
  postData: optional(
    z.union([z.string(), z.record(z.string(), z.unknown()), z.array(z.unknown())], {
      error: 'expected text, an object or a list',
    }),
  ).describe(
    'The body. Text goes as it is. An object becomes form fields if it is flat, and JSON if a value in it is an object or ' +
      'a list; a list becomes JSON. The content type follows: JSON also for text that is a JSON object or list. ' +
      '`customHeaders["content-type"]` takes precedence: JSON if it says JSON, form fields if it says form.',
  ),
  customHeaders: optionalFilled(headers()).describe(
    'Headers of the request for the page itself (not of what the page then loads). `cookie` sets cookies of the session.',
  ),
  referer: optionalFilled(webUrl()).describe('The `Referer` of the request for the page.'),
  cookies: optionalFilled(cookieList()).describe(
    'Cookies set before the request: `a=b; c=d`, or a list of `{name, value, domain, path, …}`. Twice changes nothing.',
  ),
  cookiejar: optionalFilled(cookieList()).describe('The same as `cookies`; entries may say `key` for `name`.'),
  timeout: optionalFilled(integer(1, 3_600_000, 'milliseconds')).describe(
    'Milliseconds for the whole request, waiting included; the answer comes a little before. Default: the setting ' +
      '`MOORING_REQUEST_TIMEOUT` (60000), which begins with the page when the request opens its session.',
  ),
  keepSamePage: optional(flag()).describe(
    'Stay on the page the session shows; `url` counts only if it shows none yet.',
  ),
  closeAfterUse: optional(flag()).describe('End the session after this request.'),
  filter: optionalFilled(listOf(z.enum(solutionFields))).describe('Only these fields of `solution` come back.'),
  screenshot: optional(flag()).describe('Adds `solution.screenshot`: a PNG as base64, without a data-URL prefix.'),
  screenshotWidth: optionalFilled(integer(1, 8192, 'pixels')).describe(
    "Width of the viewport for the screenshot, CSS pixels. Default: that of the session's viewport.",
  ),
  screenshotHeight: optionalFilled(integer(1, 8192, 'pixels')).describe(
    "Height of the viewport for the screenshot, CSS pixels. Default: that of the session's viewport.",
  ),
  fullPage: optional(flag()).describe(
    'The screenshot shows the whole page, not only the viewport: at most 16 384 pixels a side.',
  ),
  browserActions: optionalFilled(actionList()).describe(
    'What to do on the page, in order. One that fails ends the request with its code and its place.',
  ),
  innerText: optional(flag()).describe('`solution.innerText` is always there; accepted for code that asks for it.'),
  requestType: optionalFilled(z.preprocess(lowerCase, z.enum(['browser', 'request']))).describe(
    '`browser`: a page. `request`: a plain HTTP exchange with cookies, name and exit of the session; its page stays as it ' +
      'is. Fields that need a page are refused with it; `response` and `innerText` are the body.',
  ),
  retries: optionalFilled(integer(0, 10)).describe(
    'How often a GET is tried again when it got no usable response. Default: 0. What may have had an effect is not repeated.',
  ),
  attempts: optionalFilled(integer(1, 11)).describe('The same, the first try counted.'),
  onlyStatusCode: optional(flag()).describe('`solution` has `verified`, `statusCode` and `currentUrl` alone.'),
  localStorage: optionalFilled(
    z
      .record(z.string(), storageText)
      .refine((items) => Object.keys(items).length <= maxStoredItems, `expected at most ${maxStoredItems} items`),
  ).describe("Set in `localStorage` of the URL's origin before any of its scripts runs."),
  fullPageLoad: optional(flag()).describe('Wait until the network is idle, not only for the `load` event.'),
  dontWaitOnPageLoad: optional(flag()).describe('Wait until the document is parsed, not for the `load` event.'),
  waitForUrl: optionalFilled(boundedText()).describe(
    'Then wait until the address contains this; `*` stands for any text.',
  ),
  removeIframes: optional(flag()).describe('Take every iframe out of the page once it has loaded.'),
  cssSelector: optionalFilled(boundedText()).describe(
    'Adds `solution.cssSelector`: the text of every element that fits. CSS, XPath (`//…`, `xpath=…`; attributes, texts and values too) or `text=…`.',
  ),
  customAttribute: optionalFilled(boundedText()).describe('With `cssSelector`: the values of this attribute instead.'),
  regex: optionalFilled(z.union([regex(), strictList(regex(), maxPatterns)])).describe(
    'Adds `solution.regex`: in the HTML, the first group of each match, or all of it. `/…/flags` is taken too. For a ' +
      'list of expressions: a list for each.',
  ),
  includeLinks: optional(flag()).describe('Adds `solution.links`: absolute, each once.'),
  includeImages: optional(flag()).describe('Adds `solution.images`: absolute, each once.'),
  markdown: optional(z.boolean({ error: 'expected `true` or `false` itself, neither text nor a number' })).describe(
    'Adds `solution.markdown`: the readable part of the page. Must be a real `true`.',
  ),
  pdf: optional(flag()).describe('`solution.base64Response` is the page as a PDF.'),
  base64Response: optional(flag()).describe('`solution.base64Response` is the body of the answer, whatever its type.'),
  base64: optional(flag()).describe('The same as `base64Response`.'),
  binary: optional(flag()).describe('The same as `base64Response`.'),
  listAllRedirects: optional(flag()).describe(
    'Adds `solution.listAllRedirectsResponse`: every URL on the way, the last one too; and `solution.redirects`, with ' +
      'their statuses.',
  ),
  dontLoadMainSite: optional(flag()).describe(
    'Show an empty page at `url`, with its origin, cookies and storage; nothing is fetched from the site by it.',
  ),
  dontLoadFirstRequest: optional(flag()).describe('The same as `dontLoadMainSite`.'),
  blockCookieBanners: optional(flag()).describe(
    'Answer cookie banners with a refusal, or hide them, by the rules of DuckDuckGo autoconsent.',
  ),
  disableMedia: optional(flag()).describe('Load no images, styles, fonts, audio and video in this request.'),
  interceptFetchRequest: optionalFilled(
    z.union([urlPattern(), strictList(urlPattern(), maxPatterns)], { error: 'expected text or a list of texts' }),
  ).describe(
    'A part of a URL, `*` for any text, or a list: the first answer from each is waited for, and becomes ' +
      '`solution.interceptFetchRequestResponse`. One that does not come in the time of the request is CODE-0020.',
  ),
  abortOnDetection: optionalFilled(listOf(urlPattern())).describe(
    'Parts of URLs, `*` for any text: such requests of the page are not let out, and told in ' +
      '`solution.abortOnDetectionResponse`. Never the navigation to `url` itself.',
  ),
  abortOnPostRequest: optional(flag()).describe('With `abortOnDetection`: only POST requests.'),
  waitForAbortOnDetection: optional(flag()).describe(
    'With `abortOnDetection`: wait, after the actions, until there was such a request.',
  ),
  waitForAbortOnDetectionTimeout: optionalFilled(integer(1, 600_000, 'milliseconds')).describe(
    'How long to wait for it, milliseconds. Default: 45000. The reply comes then without it, with a warning.',
  ),
  screenshotUpload: optional(flag()).describe(
    'Adds `solution.screenshotUrl`: a link to a PNG, good for an hour or until the session ends.',
  ),
  video: optional(flag()).describe(
    'Adds `solution.videoUrl`: a link to a film of the request (WebM), good for an hour or until the session ends.',
  ),
  mouseMovements: optional(flag()).describe('Move the cursor about the page as a reader does, before the actions.'),
  forceMouseMovement: optional(flag()).describe('The same as `mouseMovements`.'),
  ...openSessionFields,
  forceNewProxy: optional(flag()).describe(
    "Moves a session that is open to another proxy of the operator's pool, of the same class and country. A request that " +
      'opens its session gets one anyway. In a batch it has no effect.',
  ),
  ...requestDomainFields,
  ...sessionOptionFields,
});
export type RequestFields = z.infer<typeof requestSchema>;

/** How many requests one batch may hold. */
export const maxBatch = 100;
const batchSize = `expected a list of 1 to ${maxBatch} requests, each an object`;

/** Several requests of one session in one turn. The options of a session count when the batch opens it. */
export const batchSchema = z.object({
  session: optionalSessionId().describe('The session to use. Default: a new anonymous session.'),
  requests: z
    .preprocess(
      (value) => (Array.isArray(value) || typeof value !== 'object' || value === null ? value : [value]),
      z.array(z.record(z.string(), z.unknown()), { error: batchSize }).min(1, batchSize).max(maxBatch, batchSize),
    )
    .describe('The requests, each with the fields of a `request.*` and its `cmd` (default `request.get`), in order.'),
  timeout: optionalFilled(integer(1, 3_600_000, 'milliseconds')).describe(
    'Milliseconds for all of them, waiting included. Default: as long as each of them may take.',
  ),
  closeAfterUse: optional(flag()).describe('End the session after the batch.'),
  ...openSessionFields,
  ...sessionOptionFields,
});

/** Fields that this project will never serve, each refused by name. */
export const refusedRequestFields = ['autoparse', 'structure', 'model', 'api_key'] as const;

/** Fields of the contract about solving challenges. */
export const solvingFields = [
  'automaticallySolveCaptchas',
  'alwaysLoad',
  'cloudflareBypass',
  'datadomeBypass',
  'kasadaBypass',
  'disableAntiBot',
] as const;

/** Whether a field is about solving challenges or a protection vendor: accepted, without effect, with a warning. */
export function isSolvingField(name: string): boolean {
  return /captcha|bypass$|turnstile|anti_?bot|datadome|incapsula|kasada|challenge$|^always_?load$/i.test(name);
}
