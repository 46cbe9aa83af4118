import { MooringError } from '../../../errors.js';
import type { ContentWish, PageContent } from '../../engine.js';
import type { PageProtocol } from '../channel/page-channel.js';

/**
 * Runs in the page, in a world of its own that the page's scripts cannot touch. One call for all a page says: every
 * call of the driver that reads would first inject 345 KB of script into each new document.
 */
function readInPage(maxChars: number, wish: ContentWish): PageContent | { tooLarge: number } {
  const root = document.documentElement;
  const doctype = document.doctype ? new XMLSerializer().serializeToString(document.doctype) : '';
  const html = wish.html ? doctype + (root?.outerHTML ?? '') : '';
  // Browsers show a body that is no markup in one <pre>: its text is the raw body, without any viewer's controls.
  const isText = /^(text\/plain|application\/json|text\/css|text\/javascript|application\/javascript)|\+json$/.test(
    document.contentType,
  );
  const pre = isText ? document.querySelector('body > pre') : null;
  const readText = (): string =>
    pre ? (pre.textContent ?? '') : (document.body?.innerText ?? root?.textContent ?? '');
  const text = wish.text ? readText() : '';
  const size = Math.max(html.length, text.length);
  if (size > maxChars) return { tooLarge: size };
  const stored: Record<string, string> = {};
  try {
    for (let i = 0; i < localStorage.length; i++) {
      const key = localStorage.key(i);
      if (key !== null) stored[key] = localStorage.getItem(key) ?? '';
    }
  } catch {
    // An opaque origin (data:, a sandboxed document) has no storage to read.
  }
  return { html, text, url: location.href, userAgent: navigator.userAgent, localStorage: stored };
}

/** Reads the page at one moment. */
export async function readPage(protocol: PageProtocol, maxChars: number, wish: ContentWish): Promise<PageContent> {
  // What the function above returns.
  const content = (await protocol.evaluate(`(${readInPage})(${maxChars}, ${JSON.stringify(wish)})`)) as
    | PageContent
    | { tooLarge: number };
  if ('tooLarge' in content) {
    throw new MooringError(
      'RESPONSE_TOO_LARGE',
      `expected a page of at most ${maxChars} characters (MOORING_RESPONSE_LIMIT); it has ${content.tooLarge}.`,
    );
  }
  return content;
}

/** The page went on to another document while something was asked of the one before. */
export class DocumentGoneError extends MooringError {
  constructor(cause?: unknown) {
    super('BROWSER_FAILED', 'expected the page to stay for as long as it was asked; it went on to another document.', {
      cause,
    });
    this.name = 'DocumentGoneError';
  }
}

/** What drivers say of it. */
const documentGone =
  /Cannot find context|context was destroyed|Inspected target navigated|No frame (for|with) given id|actor .*destroyed|no such frame|Cannot find execution context|object has been collected|frame (was|got) detached|Unable to capture screenshot|Not attached to an active page|no longer (exists|available)|DiscardedBrowsingContext|AbortError.*(navigat|unload)/i;

/** Whether it failed because the document changed under it, so that another try makes sense. */
export function isDocumentGone(error: unknown): boolean {
  return error instanceof DocumentGoneError || (error instanceof Error && documentGone.test(error.message));
}
