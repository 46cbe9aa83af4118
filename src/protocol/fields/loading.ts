import { z } from 'zod';
import { defineFields } from './define-fields.js';
import { boundedText, flag, optional, optionalFilled } from './scalars.js';

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

/** How the page is loaded, and what is done to it before it is read. */
export const loadingFields = defineFields('loading', {
  localStorage: {
    schema: optionalFilled(
      z
        .record(z.string(), storageText)
        .refine((items) => Object.keys(items).length <= maxStoredItems, `expected at most ${maxStoredItems} items`),
    ).describe("Set in `localStorage` of the URL's origin before any of its scripts runs."),
    needs: ['navigation', 'page'],
  },
  dontLoadMainSite: {
    schema: optional(flag()).describe(
      'Show an empty page at `url`, with its origin, cookies and storage; nothing is fetched from the site by it.',
    ),
    needs: ['navigation', 'page'],
  },
  dontLoadFirstRequest: {
    schema: optional(flag()).describe('The same as `dontLoadMainSite`.'),
    sameAs: 'dontLoadMainSite',
  },
  blockCookieBanners: {
    schema: optional(flag()).describe(
      'Answer cookie banners with a refusal, or hide them, by the rules of DuckDuckGo autoconsent.',
    ),
    needs: ['navigation', 'document'],
  },
  removeIframes: {
    schema: optional(flag()).describe('Take every iframe out of the page once it has loaded.'),
    needs: ['document'],
  },
});
