import { z } from 'zod';
import { solutionFields } from '../replies/solution.js';
import { defineFields } from './define-fields.js';
import { regex } from './regex.js';
import { boundedText, flag, listOf, optional, optionalFilled, strictList } from './scalars.js';

/** How many expressions a request may have. */
const maxRegexes = 50;

/** What of the page comes back. */
export const extractionFields = defineFields('extraction', {
  filter: optionalFilled(listOf(z.enum(solutionFields))).describe('Only these fields of `solution` come back.'),
  onlyStatusCode: optional(flag()).describe('`solution` has `verified`, `statusCode` and `currentUrl` alone.'),
  innerText: optional(flag()).describe('`solution.innerText` is always there; accepted for code that asks for it.'),
  cssSelector: {
    schema: optionalFilled(boundedText()).describe(
      'Adds `solution.cssSelector`: the text of every element that fits. CSS, XPath (`//…`, `xpath=…`; attributes, texts and values too) or `text=…`.',
    ),
    needs: ['document'],
    fillsSolution: true,
  },
  customAttribute: {
    schema: optionalFilled(boundedText()).describe('With `cssSelector`: the values of this attribute instead.'),
    needs: ['page'],
    dependsOn: ['cssSelector'],
  },
  regex: {
    schema: optionalFilled(z.union([regex(), strictList(regex(), maxRegexes)])).describe(
      'Adds `solution.regex`: in the HTML, the first group of each match, or all of it. `/…/flags` is taken too. For a ' +
        'list of expressions: a list for each.',
    ),
    needs: ['document'],
    fillsSolution: true,
  },
  includeLinks: {
    schema: optional(flag()).describe('Adds `solution.links`: absolute, each once.'),
    needs: ['document'],
    fillsSolution: true,
  },
  includeImages: {
    schema: optional(flag()).describe('Adds `solution.images`: absolute, each once.'),
    needs: ['document'],
    fillsSolution: true,
  },
  markdown: {
    schema: optional(z.boolean({ error: 'expected `true` or `false` itself, neither text nor a number' })).describe(
      'Adds `solution.markdown`: the readable part of the page. Must be a real `true`.',
    ),
    needs: ['document'],
    fillsSolution: true,
  },
  listAllRedirects: {
    schema: optional(flag()).describe(
      'Adds `solution.listAllRedirectsResponse`: every URL on the way, the last one too; and `solution.redirects`, with ' +
        'their statuses.',
    ),
    fillsSolution: true,
  },
});
