import type { EnginePage, Extracted, Extraction, NavigationRequest } from '../engine/engine.js';
import { MooringError } from '../errors.js';
import type { BrowserAction } from '../protocol/actions.js';
import type { RequestFields } from '../protocol/requests.js';
import type { HttpRequest } from './navigation-request.js';

/** How the page is to be loaded. */
export function loadingOf(request: RequestFields): Pick<NavigationRequest, 'loadState' | 'localStorage' | 'wantsBody'> {
  const { fullPageLoad, dontWaitOnPageLoad, localStorage, base64Response, base64, binary } = request;
  const loadState = fullPageLoad ? 'networkidle' : dontWaitOnPageLoad ? 'domcontentloaded' : undefined;
  return {
    ...(loadState ? { loadState } : {}),
    ...(localStorage ? { localStorage } : {}),
    wantsBody: base64Response || base64 || binary || false,
  };
}

/** How often the page is gone to. What may have had an effect is not repeated. */
export function attemptsOf({ retries, attempts }: RequestFields, { method }: HttpRequest): number {
  return method === 'GET' ? Math.max(attempts ?? 1, (retries ?? 0) + 1) : 1;
}

/** Takes out of the page what the request asks for. @throws MooringError `INVALID_PARAMETER` */
export async function extractFrom(page: EnginePage, request: RequestFields, signal: AbortSignal): Promise<Extracted> {
  const { cssSelector, customAttribute, regex, includeLinks, includeImages, markdown } = request;
  if (!cssSelector && !regex && !includeLinks && !includeImages && !markdown) return {};
  const wish: Extraction = {
    ...(cssSelector ? { selector: cssSelector } : {}),
    ...(customAttribute ? { attribute: customAttribute } : {}),
    ...(regex ? { regex: parseRegex(regex) } : {}),
    links: includeLinks ?? false,
    images: includeImages ?? false,
    markdown: markdown ?? false,
  };
  return page.extract(wish, signal);
}

/** `/source/flags`, or the source alone. All matches are looked for in any case. */
function parseRegex(text: string): { source: string; flags: string } {
  const [, source = text, flags = ''] = /^\/(.+)\/([dimsuvy]*g?[dimsuvy]*)$/s.exec(text) ?? [];
  return { source, flags: [...new Set(`${flags}g`)].join('') };
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
  return (['postData', 'customHeaders', 'referer', 'localStorage', 'base64Response', 'base64', 'binary'] as const)
    .filter((name) => request[name] !== undefined && request[name] !== '' && request[name] !== false)
    .map((name) => `\`${name}\` had no effect: the session stayed on its page.`);
}

/** The screenshot that the request asks for, as base64. @throws MooringError `RESPONSE_TOO_LARGE` */
export async function screenshotOf(
  page: EnginePage,
  request: RequestFields,
  maxBytes: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (!request.screenshot) return undefined;
  const { screenshotWidth = 1280, screenshotHeight = 1024, fullPage = false } = request;
  const size = { width: screenshotWidth, height: screenshotHeight };
  const png = await page.screenshot({ size, fullPage }, signal);
  if (png.byteLength > maxBytes) {
    throw new MooringError(
      'RESPONSE_TOO_LARGE',
      `expected a screenshot of at most ${maxBytes} bytes (MOORING_RESPONSE_LIMIT); it has ${png.byteLength}.`,
    );
  }
  return Buffer.from(png).toString('base64');
}

/** Fields that say how another one is done, and that one. */
const dependentFields = {
  customAttribute: 'cssSelector',
  fullPage: 'screenshot',
  screenshotWidth: 'screenshot',
  screenshotHeight: 'screenshot',
} as const;

/** Fields that were given without the one that they belong to. */
export function loneWarnings(request: RequestFields): string[] {
  return Object.entries(dependentFields)
    .filter(([name, owner]) => request[name as keyof typeof dependentFields] && !request[owner]) // its own keys
    .map(([name, owner]) => `\`${name}\` has no effect without \`${owner}\`.`);
}
