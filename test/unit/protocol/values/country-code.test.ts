import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { countryCode } from '../../../../src/protocol/values/country-code.js';

const vendorNames = createRequire(import.meta.url)('scrappey/countries.json') as string[];

it("countryCode – every name that the vendor's client sends – is a country", () => {
  expect(vendorNames.length).toBeGreaterThan(120);
  expect(vendorNames.filter((name) => countryCode(name) === undefined)).toEqual([]);
});

it.each([
  ['UnitedStates', 'US'],
  ['United States', 'US'],
  ['us', 'US'],
  ['Russia', 'RU'],
  ['SouthKorea', 'KR'],
  ['Vietnam', 'VN'],
  ['BosniaandHerzegovina', 'BA'],
  ['HashemiteKingdomofJordan', 'JO'],
  ['Côte d’Ivoire', 'CI'],
  ['XX', undefined],
  ['Atlantis', undefined],
  ['', undefined],
])('countryCode(%j) – %s', (name, code) => expect(countryCode(name)).toBe(code));
