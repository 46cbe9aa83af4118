import { z } from 'zod';
import { defineFields } from './define-fields.js';
import { boundedText, integer, optional } from './scalars.js';

/** The newest shape of an exported state. */
export const stateVersion = 1;

const maxOrigins = 1000;
const maxItems = 100_000;
const maxCookies = 10_000;

const itemSchema = z.object({ name: z.string(), value: z.string() });
const itemsSchema = z.array(itemSchema).max(maxItems, `expected at most ${maxItems} items`);

const storedCookieSchema = z.object({
  name: z.string(),
  value: z.string(),
  domain: boundedText().min(1),
  path: boundedText().default('/'),
  expires: z.number().default(-1).describe('Seconds since 1970; -1: with the session.'),
  httpOnly: z.boolean().default(false),
  secure: z.boolean().default(false),
  sameSite: z.enum(['Strict', 'Lax', 'None']).default('Lax'),
  partitionKey: optional(boundedText()).describe('The site that a partitioned cookie was set below.'),
  crossSiteAncestor: optional(z.boolean()).describe(
    "Whether a frame of another site stood between that site and the cookie's own.",
  ),
});

const indexSchema = z.object({
  name: z.string(),
  keyPath: optional(z.string()),
  keyPathArray: optional(z.array(z.string())),
  multiEntry: z.boolean().default(false),
  unique: z.boolean().default(false),
});
const recordSchema = z.object({
  key: z.unknown().optional(),
  keyEncoded: z.unknown().optional(),
  value: z.unknown().optional(),
  valueEncoded: z.unknown().optional(),
});
const objectStoreSchema = z.object({
  name: z.string(),
  autoIncrement: z.boolean().default(false),
  keyPath: optional(z.string()),
  keyPathArray: optional(z.array(z.string())),
  records: z.array(recordSchema),
  indexes: z.array(indexSchema).default([]),
});
const databaseSchema = z.object({
  name: z.string(),
  version: z.int().min(1),
  stores: z.array(objectStoreSchema),
});

const originSchema = z.object({
  origin: boundedText(),
  localStorage: itemsSchema.default([]),
  indexedDB: optional(z.array(databaseSchema)),
});

/** Playwright's `storageState`, with IndexedDB in it. */
export const storageStateSchema = z.object({
  cookies: z.array(storedCookieSchema).max(maxCookies, `expected at most ${maxCookies} cookies`).default([]),
  origins: z.array(originSchema).max(maxOrigins, `expected at most ${maxOrigins} origins`).default([]),
});

const pointSchema = z.object({ x: z.number().default(0), y: z.number().default(0) });
const sizeSchema = z.object({ width: integer(1, 16_384, 'pixels'), height: integer(1, 16_384, 'pixels') });
const sessionStorageSchema = z
  .array(z.object({ origin: boundedText(), sessionStorage: itemsSchema }))
  .max(maxOrigins, `expected at most ${maxOrigins} origins`);

/** What `sessions.export` gives. */
export const exportedStateSchema = z
  .object({
    version: z
      .int()
      .max(stateVersion, `expected at most ${stateVersion}, the newest shape that this server knows`)
      .describe('Of this shape: 1.'),
    storageState: storageStateSchema.describe(
      "Playwright's shape, IndexedDB in it: `browser.newContext({ storageState })` takes it.",
    ),
    sessionStorage: sessionStorageSchema.default([]).describe("Of the session's tab, by origin."),
    url: optional(boundedText()).describe('Where its page stood; absent: it showed none.'),
    method: optional(boundedText()).describe(
      'The method that this page came by. One that came by POST is not posted again.',
    ),
    scroll: optional(pointSchema).describe('CSS pixels from the top left corner.'),
    viewport: optional(sizeSchema).describe('CSS pixels.'),
    userAgent: optional(boundedText()).describe('What the session presented. Not taken over by an import.'),
    takenAt: optional(z.number()).describe('When the state was so, milliseconds since 1970.'),
  })
  .meta({ id: 'SessionState' });
export type ExportedState = z.infer<typeof exportedStateSchema>;

const isPlain = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  !('storageState' in value) &&
  ('cookies' in value || 'origins' in value);

/** An exported state, or a plain `storageState` in its place; as an object, or as the text of one. */
export const stateFields = defineFields('session', {
  state: optional(
    z.preprocess((value) => {
      const parsed = typeof value === 'string' ? parseJson(value) : value;
      return isPlain(parsed) ? { version: stateVersion, storageState: parsed } : parsed;
    }, exportedStateSchema),
  ).describe(
    'What the session starts with: the `state` that `sessions.export` gave, or a plain `storageState` of Playwright. Its page ' +
      'is opened by the first request that stays on it (`keepSamePage`).',
  ),
});

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // for the schema to refuse
  }
}
