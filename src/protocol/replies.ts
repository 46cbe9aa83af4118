import { z } from 'zod';
import { wireCodes } from '../errors.js';

const wholeMs = (what: string) => z.int().describe(`${what}, milliseconds since 1970.`);
const textRecord = () => z.record(z.string(), z.string());

export const cookieOutputSchema = z
  .object({
    name: z.string(),
    value: z.string(),
    domain: z.string().describe('A leading dot: for subdomains too.'),
    path: z.string(),
    expires: z.int().describe('Whole seconds since 1970; `-1`: it ends with the session.'),
    httpOnly: z.boolean(),
    secure: z.boolean(),
    sameSite: z.enum(['Strict', 'Lax', 'None']),
  })
  .meta({ id: 'Cookie' });
/** A cookie as a reply prints it. */
export type CookieOutput = z.infer<typeof cookieOutputSchema>;

const sentFields = {
  url: z.string(),
  method: z.string(),
  headers: textRecord().describe('What was sent; lower-case names.'),
};

const exchangeSchema = z.object({
  ...sentFields,
  body: z.string().optional().describe('What was sent.'),
  status: z.int(),
  responseHeaders: textRecord(),
  response: z
    .unknown()
    .optional()
    .describe('What was answered: the value of JSON, or the text, or base64; absent when the browser did not keep it.'),
  base64: z.literal(true).optional().describe('`response` is base64.'),
});
export type ExchangeOutput = z.infer<typeof exchangeSchema>;

const abortedSchema = z.object({ ...sentFields, payload: z.string().optional().describe('What was to be sent.') });

const downloadSchema = z.object({
  name: z.string().describe('As the site calls it.'),
  type: z.string().describe('The content type.'),
  size: z.int().describe('Bytes.'),
  base64: z.string().optional().describe('Its bytes.'),
  url: z.string().optional().describe('Or a link to them, with `link`.'),
});
export type DownloadOutput = z.infer<typeof downloadSchema>;

export const solutionSchema = z.object({
  verified: z.boolean().describe("True when the page was reached through the session's own browser and proxy."),
  type: z.enum(['browser', 'request']).describe('How it was reached.'),
  response: z.string().describe('The HTML of the page as it stands after loading.'),
  innerText: z.string().describe('The text a reader sees; the raw body for JSON and plain text.'),
  statusCode: z.int().describe('The HTTP status of the page. A 403 or 404 is one, not an error.'),
  currentUrl: z.string().describe('Where the session stands now, after redirects.'),
  userAgent: z.string(),
  cookies: z.array(cookieOutputSchema).describe('Every cookie of the session.'),
  cookieString: z.string().describe('`a=b; c=d`: the cookies that the browser would send to `currentUrl`.'),
  responseHeaders: textRecord().describe('Lower-case names; several `set-cookie` are parted by a line break.'),
  requestHeaders: textRecord().describe('As they went over the wire; lower-case names.'),
  method: z.string().describe('The HTTP method that was sent.'),
  localStorageData: textRecord().describe("`localStorage` of the page's origin."),
  screenshot: z.string().optional().describe('A PNG as base64, without a data-URL prefix; with `screenshot`.'),
  javascriptReturn: z
    .array(z.unknown())
    .optional()
    .describe('What each `execute_js` returned, in order, nested ones too.'),
  screenshots: z.array(z.string()).optional().describe('A PNG as base64 for each action `screenshot`.'),
  cssSelector: z
    .array(z.string())
    .optional()
    .describe('What fits `cssSelector`: texts, or values of `customAttribute`.'),
  regex: z
    .array(z.union([z.string(), z.array(z.string())]))
    .optional()
    .describe('The matches of `regex`; for a list of expressions, a list for each.'),
  links: z.array(z.string()).optional().describe('With `includeLinks`.'),
  images: z.array(z.string()).optional().describe('With `includeImages`.'),
  markdown: z.string().optional().describe('With `markdown`.'),
  listAllRedirectsResponse: z.array(z.string()).optional().describe('With `listAllRedirects`: every URL, in order.'),
  redirects: z
    .array(z.object({ url: z.string(), statusCode: z.int() }))
    .optional()
    .describe('With `listAllRedirects`: the same with their statuses.'),
  interceptFetchRequestResponse: z
    .union([exchangeSchema, z.array(exchangeSchema)])
    .optional()
    .describe('With `interceptFetchRequest`: what was sent and answered; a list if that was one.'),
  abortOnDetectionResponse: z
    .array(abortedSchema)
    .optional()
    .describe('With `abortOnDetection`: the requests that were not let out; at most 100.'),
  screenshotUrl: z.string().optional().describe('With `screenshotUpload`: a link to the PNG.'),
  videoUrl: z.string().optional().describe('With `video`: a link to the film, WebM.'),
  downloads: z.array(downloadSchema).optional().describe('What the actions `download` and `goto` brought.'),
  popups: z
    .array(z.string())
    .optional()
    .describe(
      'The URLs of tabs that the page opened. They are not followed; they stay open beside it until the session goes ' +
        'to another page by `url` or `goto`.',
    ),
  blocked: z
    .array(
      z.object({
        host: z.string(),
        count: z.int(),
        reason: z
          .enum(['DESTINATION_FORBIDDEN', 'DOMAIN_NOT_ALLOWED', 'QUOTA_EXCEEDED'])
          .describe('The code of the error that a navigation there would end with.'),
      }),
    )
    .optional()
    .describe('Hosts that the rules of session, request or server refused, how often, and why; at most 50.'),
  base64Response: z.string().optional().describe('The bytes of a download, or of a page that is no text, as base64.'),
});
/** What a request brought back. */
export type Solution = z.infer<typeof solutionSchema>;

/** What of it comes back depends on `filter`, and in a failure on how far the command got. */
const partialSolutionSchema = solutionSchema.partial().meta({ id: 'Solution' });

/** Every name that a `solution` can hold; what `filter` may name. */
export const solutionFields = solutionSchema.keyof().options;

const brandsSchema = z.array(z.object({ brand: z.string(), version: z.string() }));

export const fingerprintSchema = z
  .object({
    browser: z.object({ name: z.enum(['chrome', 'firefox', 'safari']), version: z.int().describe('The major.') }),
    operatingSystem: z.enum(['windows', 'macos', 'linux', 'android', 'ios']),
    device: z.enum(['desktop', 'mobile']),
    userAgent: z.string().describe('The user agent that sites see.'),
    userAgentData: z
      .object({
        brands: brandsSchema,
        fullVersionList: brandsSchema,
        platform: z.string(),
        platformVersion: z.string(),
        architecture: z.string(),
        bitness: z.string(),
        model: z.string(),
        mobile: z.boolean(),
        wow64: z.boolean(),
      })
      .optional()
      .describe('What client hints say; absent: a browser that has none.'),
    platform: z.string().describe('`navigator.platform`.'),
    languages: z.array(z.string()).describe('The best first.'),
    timezone: z.string().describe("IANA name: the session's own, or the machine's."),
    screen: z.object({ width: z.int(), height: z.int(), devicePixelRatio: z.number() }),
    viewport: z.object({ width: z.int(), height: z.int() }),
    maxTouchPoints: z.int(),
    hardwareConcurrency: z.int().optional().describe('Absent: as the machine has it.'),
    webdriver: z
      .boolean()
      .describe('`navigator.webdriver`: true, as in every browser that is driven; other browsers say false.'),
    engine: z
      .object({
        name: z.string(),
        version: z.string(),
        build: z.string().describe('Which build of it: `shell`, `full`, …'),
      })
      .describe('The browser that really runs.'),
    warnings: z.array(z.string()).describe('Where the two differ, a sentence each.'),
  })
  .meta({ id: 'Fingerprint' });
/** How the session appears to a site, and what really runs. */
export type Fingerprint = z.infer<typeof fingerprintSchema>;

export const sessionRowSchema = z
  .object({
    session: z.string(),
    lastAccessed: wholeMs('The end of the last request'),
    createdAt: wholeMs('When it was made'),
    idleMs: z.int().describe('Milliseconds since the last request ended; 0 while one runs.'),
    bytesIn: z.int().describe('Bytes that came from the network.'),
    bytesOut: z.int().describe('Bytes that went to the network.'),
    state: z.enum(['open', 'busy']),
    waiting: z.int().describe('How many requests wait for their turn.'),
    anonymous: z.boolean().describe('Its caller did not name it: it is the first to go when room is needed.'),
  })
  .meta({ id: 'SessionRow' });
export type SessionRow = z.infer<typeof sessionRowSchema>;

const replyFields = {
  data: z.literal('success'),
  warnings: z.array(z.string()).optional().describe('What had no effect, or held with a restriction; a sentence each.'),
};
export const timedFields = { timeElapsed: z.int().describe('Whole milliseconds that the command took.') };
/** What every reply ends with. */
export const closingFields = {
  ...timedFields,
  requestId: z
    .string()
    .describe(
      "The request's ID, as in the header `x-request-id` and in the server's log: the caller's own, if it sent one.",
    ),
};

const sessionField = { session: z.string().describe('The ID of the session.') };

export const createReplySchema = z.object({
  solution: z.object({ verified: z.boolean() }),
  ...replyFields,
  ...sessionField,
  fingerprint: fingerprintSchema,
  context: z.object({
    _type: z.literal('BrowserContext'),
    _guid: z.string().describe('`browser-context@` and 32 hex digits.'),
  }),
});
const noSolution = { solution: z.object({}) };
export const destroyReplySchema = z.object({ ...noSolution, ...replyFields, ...sessionField });
export const listReplySchema = z.object({
  ...noSolution,
  ...replyFields,
  sessions: z.array(sessionRowSchema).describe('The open sessions of this key.'),
  open: z.int().describe('How many those are.'),
  limit: z.int().describe('How many this key can have.'),
});
export const proxyReplySchema = z.object({
  solution: z.object({ verified: z.boolean() }),
  ...replyFields,
  ...sessionField,
});
export const identityReplySchema = z.object({
  solution: z.object({ verified: z.boolean() }),
  ...replyFields,
  ...sessionField,
  fingerprint: fingerprintSchema,
  reports: z.object({
    headers: z.record(z.string(), textRecord()).describe('What was sent for each path of the built-in pages.'),
    contexts: z
      .record(z.string(), z.unknown())
      .describe('What `page`, `frame`, `popup`, `worker`, `sharedWorker` and `serviceWorker` say of themselves.'),
  }),
  contradictions: z
    .array(z.object({ where: z.string(), what: z.string(), expected: z.unknown(), came: z.unknown() }))
    .describe('Where that does not fit the fingerprint; empty when all of it does.'),
});
const createdField = {
  created: z.literal(true).optional().describe('The session was opened for this command: its ID was not open before.'),
};
export const activeReplySchema = z.object({ ...noSolution, ...replyFields, ...sessionField, active: z.boolean() });
export const requestReplySchema = z.object({
  solution: partialSolutionSchema,
  ...replyFields,
  ...sessionField,
  ...createdField,
});

export const batchReplySchema = z.object({
  ...noSolution,
  ...replyFields,
  ...sessionField,
  ...createdField,
  results: z
    .array(z.object({ solution: partialSolutionSchema, warnings: z.array(z.string()).optional(), ...timedFields }))
    .describe('What each request brought back, in order.'),
});
export type BatchReply = z.infer<typeof batchReplySchema>;

type CreateReply = z.infer<typeof createReplySchema>;
type DestroyReply = z.infer<typeof destroyReplySchema>;
type ListReply = z.infer<typeof listReplySchema>;
type ProxyReply = z.infer<typeof proxyReplySchema>;
type IdentityReply = z.infer<typeof identityReplySchema>;
type ActiveReply = z.infer<typeof activeReplySchema>;
export type RequestReply = z.infer<typeof requestReplySchema>;

/** What a handler returns; whoever runs it adds `timeElapsed`. */
export type Reply =
  | CreateReply
  | DestroyReply
  | ListReply
  | ActiveReply
  | ProxyReply
  | IdentityReply
  | RequestReply
  | BatchReply;

const progressFields = {
  request: z.int().optional().describe('In a batch: which request, from 0.'),
  elapsedMs: z.int().describe('Whole milliseconds that it took.'),
};

/** What a command with `Accept: text/event-stream` tells while it runs. */
export const progressSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('navigation'), url: z.string(), statusCode: z.int(), ...progressFields }),
  z.object({
    type: z.literal('action'),
    action: z.string().describe('Its `type`.'),
    place: z.string().describe('`browserActions[2].then[0]`.'),
    error: z.string().optional().describe('Why it failed.'),
    ...progressFields,
  }),
]);
export type Progress = z.infer<typeof progressSchema>;

/** A reply with the time the command took. */
export type TimedReply = Reply & { readonly timeElapsed: number };

export const errorReplySchema = z.object({
  data: z.literal('error'),
  error: z.string().describe('`<CODE>: ` and a sentence: what was expected, what came.'),
  code: z.enum(wireCodes),
  info: z.string().describe('The row of the error page that explains the code.'),
  solution: partialSolutionSchema.describe('`verified` is false. With `partial`: what was known by then.'),
  session: z.string().optional().describe('The session that was involved, if one was.'),
  partial: z.literal(true).optional().describe('What was finished before the failure is in this reply too.'),
  retryAfterMs: z.int().optional().describe('After how many milliseconds a new try makes sense.'),
  ...closingFields,
});
/** What a failed command answers. */
export type ErrorReply = z.infer<typeof errorReplySchema>;
