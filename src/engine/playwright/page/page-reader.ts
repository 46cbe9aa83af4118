import { MooringError, settingName } from '../../../errors.js';
import type { ContentParts, PageContent } from '../../engine.js';
import type { PageChannel } from '../channel/page-channel.js';
import { readContent } from '../injected/read-content.js';

/** Reads the page at one moment. */
export async function readPage(channel: PageChannel, maxChars: number, parts: ContentParts): Promise<PageContent> {
  // What the function returns.
  const content = (await channel.evaluate(`(${readContent})(${maxChars}, ${JSON.stringify(parts)})`)) as
    | PageContent
    | { tooLarge: number };
  if ('tooLarge' in content) {
    throw new MooringError(
      'RESPONSE_TOO_LARGE',
      `expected a page of at most ${maxChars} characters (${settingName('responseLimit')}); it has ${content.tooLarge}.`,
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
