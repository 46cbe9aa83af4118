import type { EnginePage, Extraction, NavigationRequest, WatchOptions } from '../engine/engine.js';
import { MooringError, settingName } from '../errors.js';
import type { BrowserAction } from '../protocol/actions.js';
import { type FieldNeed, fieldsWhere, traitsOf } from '../protocol/fields/define-fields.js';
import { parseRegex } from '../protocol/fields/regex.js';
import { type RequestFields, requestSchema } from '../protocol/fields/request.js';
import type { Solution } from '../protocol/replies/solution.js';
import type { HttpRequest } from './http-request.js';

type Field = keyof RequestFields;

const needing = (...needs: readonly FieldNeed[]): readonly Field[] =>
  fieldsWhere(requestSchema.shape, (traits) => needs.some((need) => traits.needs?.includes(need)));

const navigationFields = needing('navigation');
const documentFields = needing('document');
const pageFields = needing('page', 'document');
const solutionFields: readonly Field[] = fieldsWhere(requestSchema.shape, (traits) => traits.fillsSolution === true);
const dependents = Object.entries(requestSchema.shape).flatMap(([name, schema]) => {
  const { dependsOn } = traitsOf(schema);
  return dependsOn ? [{ name: name as Field, owners: dependsOn as readonly [Field, ...Field[]] }] : []; // fields of the same group
});

/** The fields of a list that ask for something. */
const asked = (names: readonly Field[], request: RequestFields): Field[] =>
  names.filter((name) => request[name] !== undefined && request[name] !== false && request[name] !== '');

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
  const extraction: Extraction = {
    ...(cssSelector ? { selector: cssSelector } : {}),
    ...(customAttribute ? { attribute: customAttribute } : {}),
    ...(regex ? { regexes: [regex].flat().map(parseRegex) } : {}),
    links: includeLinks ?? false,
    images: includeImages ?? false,
    markdown: markdown ?? false,
  };
  const { elements, regexes, ...found } = await page.extract(extraction, signal);
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

/** Fields of a request that were given although nothing was sent. */
export function unusedWarnings(request: RequestFields): string[] {
  return asked(navigationFields, request).map((name) => `\`${name}\` had no effect: the session stayed on its page.`);
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
    `expected a ${what} of at most ${maxBytes} bytes (${settingName('responseLimit')}); it has ${bytes.byteLength}.`,
  );
}

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
  const warnings = asked(documentFields, request).map((name) => `\`${name}\` had no effect: the answer is no page.`);
  const acting = request.browserActions?.some(({ type, when }) => type !== 'download' && when !== 'beforeload');
  return acting ? [...warnings, '`browserActions` ran on the page of before: the answer is no page.'] : warnings;
}

/** Fields that can have no effect beside the others, or without one that is missing. */
export function idleWarnings(request: RequestFields): string[] {
  const lone = dependents
    .filter(({ name, owners }) => request[name] && !owners.some((owner) => request[owner]))
    .map(({ name, owners: [owner] }) => `\`${name}\` has no effect without \`${owner}\`.`);
  if (!request.onlyStatusCode) return lone;
  return [
    ...lone,
    ...asked(solutionFields, request).map((name) => `\`${name}\` has no effect: \`onlyStatusCode\` leaves it out.`),
  ];
}
