import { z } from 'zod';

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
export const partialSolutionSchema = solutionSchema.partial().meta({ id: 'Solution' });

/** Every name that a `solution` can hold; what `filter` may name. */
export const solutionFields = solutionSchema.keyof().options;

/** One as the reference shows it. */
export const exampleSolution = {
  verified: true,
  type: 'browser',
  response: '<!DOCTYPE html><html><head><title>Shop</title></head><body>Welcome</body></html>',
  innerText: 'Welcome',
  statusCode: 200,
  currentUrl: 'https://example.com/',
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36',
  cookies: [
    {
      name: 'sid',
      value: '7c1',
      domain: 'example.com',
      path: '/',
      expires: -1,
      httpOnly: true,
      secure: true,
      sameSite: 'Lax',
    },
  ],
  cookieString: 'sid=7c1',
  responseHeaders: { 'content-type': 'text/html; charset=utf-8' },
  requestHeaders: { accept: 'text/html,*/*' },
  method: 'GET',
  localStorageData: {},
};
