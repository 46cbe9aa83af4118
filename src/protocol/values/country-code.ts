import { createRequire } from 'node:module';
import countries from 'i18n-iso-countries';
import { MooringError } from '../../errors.js';
import { optionFields } from '../fields/option-fields.js';

const require = createRequire(import.meta.url);
countries.registerLocale(require('i18n-iso-countries/langs/en.json'));

/** Names that the vendor's clients send and that no list of countries has. */
const vendorNames: Readonly<Record<string, string>> = {
  BritishVirginIslands: 'VG',
  Brunei: 'BN',
  HashemiteKingdomofJordan: 'JO',
  Macedonia: 'MK',
  RepublicofLithuania: 'LT',
  RepublicofMoldova: 'MD',
  Syria: 'SY',
};

const letters = (name: string): string =>
  name
    .normalize('NFD')
    .replace(/[^a-z]/gi, '')
    .toLowerCase();

const codeByName = new Map<string, string>([
  ...Object.entries(countries.getNames('en', { select: 'all' })).flatMap(([code, names]) =>
    names.map((name): [string, string] => [letters(name), code]),
  ),
  ...Object.entries(vendorNames).map(([name, code]): [string, string] => [letters(name), code]),
]);

/** The ISO 3166-1 alpha-2 code of a country named in English (`UnitedStates`, `United States`) or by code (`us`). */
export function countryCode(name: string): string | undefined {
  const code = name.trim().toUpperCase();
  if (code.length === 2 && countries.isValid(code)) return code;
  return codeByName.get(letters(name));
}

/** The code of a country that a caller names. @throws MooringError `INVALID_PARAMETER` */
export function parseCountry(name: string): string {
  const code = countryCode(name);
  if (code !== undefined) return code;
  throw new MooringError(
    'INVALID_PARAMETER',
    `\`${optionFields.country}\`: expected a country as its English name or ISO code, such as UnitedStates or US; got ${JSON.stringify(name.slice(0, 80))}.`,
  );
}
