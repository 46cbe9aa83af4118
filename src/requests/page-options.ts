import type { EnginePage, Extraction, NavigationRequest, WatchOptions } from '../engine/engine.js';
import { MooringError } from '../errors.js';
import type { BrowserAction } from '../protocol/actions.js';
import { parseRegex } from '../protocol/fields/regex.js';
import type { RequestFields } from '../protocol/fields/request.js';
import type { Solution } from '../protocol/solution.js';
import type { HttpRequest } from './http-request.js';

type Field = keyof RequestFields;

/** How the page is to be loaded. */
export function loadingOf(
  request: RequestFields,
): Pick<NavigationRequest, 'loadState' | 'localStorage' | 'wantsBody' | 'emptyDocument'> {
  const { fullPageLoad, dontWaitOnPageLoad, localStorage, base64Response, base64, binary, dontLoadMainSite } = request;
  const loadState = fullPageLoad ? 'networkidle' : dontWaitOnPageLoad ? 'domcontentloaded' : undefined;
  return {
    ...(loadState ? { loadState } : {}),
    ...(localStorage ? { localStorage } : {}),
    wantsBody: base64Response || base64 || binary || false,
    emptyDocument: dontLoadMainSite ?? false,
  };
}

/** What is to be done with the page's traffic. */
export function watchOptionsOf(request: RequestFields, maxBytes: number): WatchOptions {
  return {
    abort: request.abortOnDetection ?? [],
    abortsOnlyPosts: request.abortOnPostRequest ?? false,
    capture: request.interceptFetchRequest === undefined ? [] : [request.interceptFetchRequest].flat(),
    blocksMedia: request.disableMedia ?? false,
    blocksCookieBanners: request.blockCookieBanners ?? false,
    maxBytes,
  };
}

/** How often the page is gone to. What may have had an effect is not repeated. */
export function attemptsOf({ retries, attempts }: RequestFields, { method }: HttpRequest): number {
  return method === 'GET' ? Math.max(attempts ?? 1, (retries ?? 0) + 1) : 1;
}

/** Takes out of the page what the request asks for. @throws MooringError `INVALID_PARAMETER` */
export async function extractFrom(
  page: EnginePage,
  request: RequestFields,
  signal: AbortSignal,
): Promise<Partial<Solution>> {
  const { cssSelector, customAttribute, regex, includeLinks, includeImages, markdown } = request;
  if (!cssSelector && !regex && !includeLinks && !includeImages && !markdown) return {};
  const wish: Extraction = {
    ...(cssSelector ? { selector: cssSelector } : {}),
    ...(customAttribute ? { attribute: customAttribute } : {}),
    ...(regex ? { regexes: [regex].flat().map(parseRegex) } : {}),
    links: includeLinks ?? false,
    images: includeImages ?? false,
    markdown: markdown ?? false,
  };
  const { elements, regexes, ...found } = await page.extract(wish, signal);
  return {
    ...found,
    ...(elements ? { cssSelector: elements } : {}),
    ...(regexes ? { regex: Array.isArray(regex) ? regexes : (regexes[0] ?? []) } : {}),
  };
}

/** The actions before the page is loaded, and those after. */
export function splitActions(actions: readonly BrowserAction[]): Record<'before' | 'after', BrowserAction[]> {
  return {
    before: actions.filter(({ when }) => when === 'beforeload'),
    after: actions.filter(({ when }) => when !== 'beforeload'),
  };
}

/** Fields that say how the page is gone to. */
const sendingFields = [
  'postData',
  'customHeaders',
  'referer',
  'localStorage',
  'base64Response',
  'base64',
  'binary',
  'dontLoadMainSite',
  'blockCookieBanners',
] as const satisfies readonly Field[];

/** Fields of a request that were given although nothing was sent. */
export function unusedWarnings(request: RequestFields): string[] {
  return asked(sendingFields, request).map((name) => `\`${name}\` had no effect: the session stayed on its page.`);
}

/** The screenshot that the request asks for: a PNG. @throws MooringError `RESPONSE_TOO_LARGE` */
export async function screenshotOf(
  page: EnginePage,
  request: RequestFields,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  if (!request.screenshot && !request.screenshotUpload) return undefined;
  const { screenshotWidth: width, screenshotHeight: height, fullPage = false } = request;
  const size =
    width || height ? { ...page.viewport, ...(width ? { width } : {}), ...(height ? { height } : {}) } : undefined;
  return fitting(await page.screenshot({ ...(size ? { size } : {}), fullPage }, signal), 'screenshot', maxBytes);
}

/** The PDF that the request asks for. @throws MooringError `RESPONSE_TOO_LARGE` */
export async function pdfOf(
  page: EnginePage,
  request: RequestFields,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  return request.pdf ? fitting(await page.pdf(signal), 'PDF', maxBytes) : undefined;
}

function fitting(bytes: Uint8Array, what: string, maxBytes: number): Uint8Array {
  if (bytes.byteLength <= maxBytes) return bytes;
  throw new MooringError(
    'RESPONSE_TOO_LARGE',
    `expected a ${what} of at most ${maxBytes} bytes (MOORING_RESPONSE_LIMIT); it has ${bytes.byteLength}.`,
  );
}

/** Fields that say what the reply is to show of a page. */
const readingFields = [
  'cssSelector',
  'regex',
  'includeLinks',
  'includeImages',
  'markdown',
  'screenshot',
  'screenshotUpload',
  'pdf',
] as const satisfies readonly Field[];

/** Fields that say what is to be over, or done with the page, before it is read. */
const settlingFields = [
  'waitForUrl',
  'removeIframes',
  'blockCookieBanners',
  'mouseMovements',
  'forceMouseMovement',
] as const satisfies readonly Field[];

/** Fields that say how another one is done, and that one. */
const dependentFields = {
  customAttribute: ['cssSelector'],
  fullPage: ['screenshot', 'screenshotUpload'],
  screenshotWidth: ['screenshot', 'screenshotUpload'],
  screenshotHeight: ['screenshot', 'screenshotUpload'],
  abortOnPostRequest: ['abortOnDetection'],
  waitForAbortOnDetection: ['abortOnDetection'],
  waitForAbortOnDetectionTimeout: ['waitForAbortOnDetection'],
} as const satisfies Partial<Record<Field, readonly Field[]>>;

const dependents = Object.entries(dependentFields) as [keyof typeof dependentFields, readonly Field[]][]; // its own keys

/** Fields that nothing can come of without a page. */
const pageFields: readonly Field[] = [
  ...readingFields,
  ...settlingFields,
  ...dependents.map(([name]) => name),
  'keepSamePage',
  'browserActions',
  'localStorage',
  'fullPageLoad',
  'dontWaitOnPageLoad',
  'dontLoadMainSite',
  'disableMedia',
  'interceptFetchRequest',
  'abortOnDetection',
  'video',
];

/** Fields that bring something into the reply which `onlyStatusCode` leaves out. */
const detailFields: readonly Field[] = [
  ...readingFields,
  'base64Response',
  'base64',
  'binary',
  'listAllRedirects',
  'interceptFetchRequest',
  'video',
];

/** The fields of a list that ask for something. */
const asked = <F extends Field>(names: readonly F[], request: RequestFields): F[] =>
  names.filter((name) => request[name] !== undefined && request[name] !== false && request[name] !== '');

/** @throws MooringError `INVALID_PARAMETER` when a field needs a page */
export function assertNoPageFields(request: RequestFields): void {
  const [field] = asked(pageFields, request);
  if (!field) return;
  throw new MooringError(
    'INVALID_PARAMETER',
    `\`${field}\`: expected it absent with \`requestType\` request, which has no page.`,
  );
}

/** What is to be said when the answer was a file, or nothing: the page that is there is the one before. */
export function noPageWarnings(request: RequestFields): string[] {
  const warnings = asked([...readingFields, ...settlingFields], request).map(
    (name) => `\`${name}\` had no effect: the answer is no page.`,
  );
  const acting = request.browserActions?.some(({ type, when }) => type !== 'download' && when !== 'beforeload');
  return acting ? [...warnings, '`browserActions` ran on the page of before: the answer is no page.'] : warnings;
}

/** Fields that can have no effect beside the others, or without one that is missing. */
export function idleWarnings(request: RequestFields): string[] {
  const lone = dependents
    .filter(([name, owners]) => request[name] && !owners.some((owner) => request[owner]))
    .map(([name, [owner]]) => `\`${name}\` has no effect without \`${owner}\`.`);
  if (!request.onlyStatusCode) return lone;
  return [
    ...lone,
    ...asked(detailFields, request).map((name) => `\`${name}\` has no effect: \`onlyStatusCode\` leaves it out.`),
  ];
}
