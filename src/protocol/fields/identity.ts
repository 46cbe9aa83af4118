import { z } from 'zod';
import { defineFields } from './define-fields.js';
import { flag, integer, listOf, maxNameLength, optional, optionalFilled } from './scalars.js';

/** A name of its own for one value; clients of other APIs send `{"name": "windows"}`. */
const named = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'name' in value ? value.name : value;

/** The name in the form that browsers take, whatever its case; nothing if there is none. */
function canonical(name: unknown, of: (name: string) => string | undefined): unknown {
  try {
    return (typeof name === 'string' && name.length <= maxNameLength && of(name)) || name;
  } catch {
    return name; // the schema says what is wrong with it
  }
}
const localeOf = (tag: string): string | undefined => Intl.getCanonicalLocales(tag)[0];
const zoneOf = (name: string): string => new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
const isKnown = (of: (name: string) => unknown) => (name: string) => {
  try {
    return name.length <= maxNameLength && of(name) !== undefined;
  } catch {
    return false;
  }
};

const locale = z.preprocess(
  (tag) => canonical(tag, localeOf),
  z.string().refine(isKnown(localeOf), 'expected a language tag (BCP 47) such as de-DE'),
);
const timezone = z.preprocess(
  (name) => canonical(name, zoneOf),
  z.string().refine(isKnown(zoneOf), 'expected a time zone (IANA) such as Europe/Berlin'),
);

const browserPreference = z.preprocess(
  (value) => (typeof value === 'string' ? { name: value } : value),
  z.object({
    name: z.enum(['chrome', 'firefox', 'safari']).describe('Its name.'),
    minVersion: optionalFilled(integer(1, 999)).describe('The oldest major version, inclusive.'),
    maxVersion: optionalFilled(integer(1, 999)).describe('The newest major version, inclusive.'),
  }),
);

/** How the session appears to sites. */
export const identityFields = defineFields('identity', {
  browser: optionalFilled(listOf(browserPreference)).describe(
    'Acceptable browsers, each with the majors that will do; one is drawn as often as it is met in the world, always the ' +
      'same for the same session ID and wish. Default: the engine as it is.',
  ),
  operatingSystem: optionalFilled(
    listOf(z.preprocess(named, z.enum(['windows', 'macos', 'linux', 'android', 'ios']))),
  ).describe('Acceptable systems.'),
  device: optionalFilled(listOf(z.preprocess(named, z.enum(['desktop', 'mobile'])))).describe('Acceptable devices.'),
  userAgent: optionalFilled(
    z.string().regex(/^[\x20-\x7e]{1,500}$/, 'expected a user agent of printable ASCII'),
  ).describe('This user agent; the rest of the identity follows from it.'),
  locales: optionalFilled(listOf(locale)).describe(
    "Languages, the best first, as tags such as `de-DE`. Default: those of the exit's country, if it is known; else " +
      '`en-US`, `en`.',
  ),
  timezone: optionalFilled(timezone).describe(
    "The time zone's IANA name. Default: that of the exit's country, if it is known; else the machine's.",
  ),
  setLocale: optional(flag()).describe("`false`: language and time zone do not follow the exit's country."),
  overwriteLocale: { schema: optional(flag()).describe('The same as `setLocale`.'), sameAs: 'setLocale' },
});

const identitySchema = z.object(identityFields);
export type IdentityFields = z.infer<typeof identitySchema>;
