import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { errorMessage, MooringError } from '../../../errors.js';
import type { Extracted, Extraction } from '../../engine.js';
import { badSelector, parseSelector, type Selector } from '../../selector.js';
import type { PageChannel } from '../channel/page-channel.js';
import { type ContentQuery, extractContent, findInHtml, readMarkdown } from '../injected/extract-content.js';

/** How long an expression may look for its matches. The browser ends it then; no page and no server hangs. */
const regexTimeoutMs = 2000;
const maxMatches = 10_000;

const require = createRequire(import.meta.url);

/** Readability finds the readable part, Turndown writes Markdown: both for browsers, and so run in one. */
async function markdownLibraries(): Promise<string> {
  const files = await Promise.all([
    readFile(join(dirname(require.resolve('@mozilla/readability')), 'Readability.js'), 'utf8'),
    readFile(join(dirname(require.resolve('turndown/package.json')), 'lib', 'turndown.browser.umd.js'), 'utf8'),
  ]);
  return [...files, 'globalThis.Readability = Readability;'].join('\n;\n');
}

/** Takes out of the page what was asked for. @throws MooringError `INVALID_PARAMETER` */
export async function extract(channel: PageChannel, extraction: Extraction): Promise<Extracted> {
  const { regexes, markdown, selector, ...rest } = extraction;
  const query: ContentQuery = { ...rest, ...(selector === undefined ? {} : { selector: readSelector(selector) }) };
  const found = (await channel.evaluate(`(${extractContent})(${JSON.stringify(query)})`)) as ReturnType<
    typeof extractContent
  >; // what it returns
  if ('isBadSelector' in found) throw badSelector(selector ?? '').at('cssSelector');
  const matches: string[][] = [];
  for (const regex of regexes ?? []) matches.push(await findMatches(channel, regex));
  return {
    ...found,
    ...(regexes ? { regexes: matches } : {}),
    ...(markdown
      ? { markdown: String(await channel.evaluate(`${await markdownLibraries()}\n;(${readMarkdown})()`)) }
      : {}),
  };
}

function readSelector(source: string): Selector {
  try {
    return parseSelector(source);
  } catch (error) {
    throw error instanceof MooringError ? error.at('cssSelector') : error;
  }
}

async function findMatches(
  channel: PageChannel,
  { source, flags }: { readonly source: string; readonly flags: string },
): Promise<string[]> {
  const call = `(${findInHtml})(${JSON.stringify(source)}, ${JSON.stringify(flags)}, ${maxMatches})`;
  try {
    return (await channel.evaluate(call, regexTimeoutMs)) as string[]; // what the function returns
  } catch (error) {
    if (/Invalid regular expression|invalid regex/i.test(errorMessage(error))) {
      throw new MooringError('INVALID_PARAMETER', '`regex`: expected a regular expression; the browser found none.', {
        cause: error,
      });
    }
    throw new MooringError(
      'INVALID_PARAMETER',
      `\`regex\`: expected an expression that finds its matches within ${regexTimeoutMs} ms; ${source.slice(0, 80)} did not.`,
      { cause: error },
    );
  }
}
