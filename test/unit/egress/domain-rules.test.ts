import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DomainRules, isListed, siteOf } from '../../../src/egress/domain-rules.js';
import type { DomainFields } from '../../../src/protocol/fields/domains.js';
import { hostsOf, readDomains } from '../../../src/protocol/values/domain-list.js';
import { fuzz } from '../../support/fuzz.js';

const host = fc
  .array(fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?$/), { minLength: 2, maxLength: 4 })
  .map((labels) => [...labels, 'example'].join('.'));

const rulesOf = (fields: DomainFields): DomainRules => new DomainRules(hostsOf(readDomains(fields)));

describe('DomainRules', () => {
  it.each([
    'google.com',
    ' google.com ',
    '.google.com',
    '*.google.com',
    'https://google.com/path?x=1',
    'http://user@google.com:8080',
    'google.com:443',
    '["google.com"]',
    "'google.com',",
    'GOOGLE.com.',
  ])('the entry %j – means google.com and its subdomains', (entry) => {
    const rules = rulesOf({ whitelistedDomains: [entry] });
    expect(rules.allows('google.com')).toBe(true);
    expect(rules.allows('mail.google.com')).toBe(true);
    expect(rules.allows('notgoogle.com')).toBe(false);
    expect(rules.allows('google.com.evil.example')).toBe(false);
  });

  it('an international name – is the same in both of its forms', () => {
    expect(rulesOf({ whitelistedDomains: ['bücher.example'] }).allows('xn--bcher-kva.example')).toBe(true);
  });

  it('addresses – match exactly', () => {
    const rules = rulesOf({ whitelistedDomains: ['10.0.0.1', '[::1]', 'http://[fd00::1]:80/'] });
    expect([rules.allows('10.0.0.1'), rules.allows('110.0.0.1'), rules.allows('::1'), rules.allows('fd00::1')]).toEqual(
      [true, false, true, true],
    );
  });

  it('an address – is the same in each of its spellings', () => {
    const rules = rulesOf({ blackListedDomains: ['10.0.0.1', '0:0:0:0:0:0:0:1', 'http://0x7f.1/'] });
    for (const host of ['10.0.0.1', '::ffff:10.0.0.1', '::ffff:a00:1', '::1', '127.0.0.1'])
      expect(rules.denies(host), host).toBe(true);
    expect(rules.denies('::2')).toBe(false);
  });

  it.each([
    ['a long entry', `${'a.'.repeat(1500)}example`],
    ['a long host', `${'a'.repeat(254)}.example`],
    ['a dot too many', 'evil.example..'],
    ['an empty label', 'evil..example'],
    ['sixty thousand strays', `${'[ '.repeat(30_000)}x`],
  ])('%s – INVALID_PARAMETER', (_what, entry) => {
    expect(() => rulesOf({ blackListedDomains: [entry] })).toThrow('`blackListedDomains`: expected domains');
  });

  it('a list of more than a million characters – INVALID_PARAMETER; one of ten thousand domains – is taken', () => {
    const entries = Array.from({ length: 10_000 }, (_, i) => `https://domain-${i}.example.com/`);
    expect(rulesOf({ blackListedDomains: entries }).denies('www.domain-9999.example.com')).toBe(true);
    const long = entries.map((entry) => entry + 'x'.repeat(100));
    expect(() => rulesOf({ blackListedDomains: long })).toThrow('at most 1000000 characters altogether');
  });

  it.each(['', ' ', 'a b', 'http://', '[]', '*'])('the entry %j – INVALID_PARAMETER', (entry) => {
    expect(() => rulesOf({ blackListedDomains: [entry] })).toThrow('`blackListedDomains`: expected domains');
  });

  it('an empty list – allows no domain, in contrast to none', () => {
    expect(rulesOf({ whitelistedDomains: [] }).restricts).toBe(true);
    expect(rulesOf({}).restricts).toBe(false);
  });

  it('any host – is covered by itself and what is above it, and by nothing beside it', () => {
    return fuzz(
      fc.property(host, fc.stringMatching(/^[a-z]{1,8}$/), (name, label) => {
        const covers = (domain: string, at: string): boolean => isListed(new Set([domain]), at);
        expect(covers(name, name)).toBe(true);
        expect(covers(name, `${label}.${name}`)).toBe(true);
        expect(covers(name, `${label}${name}`)).toBe(false);
        expect(covers(`${label}.${name}`, name)).toBe(false);
      }),
    );
  });

  it('any text – is a rule or INVALID_PARAMETER', () => {
    return fuzz(
      fc.property(fc.string(), (entry) => {
        try {
          rulesOf({ whitelistedDomains: [entry] });
        } catch (error) {
          expect(error).toMatchObject({ code: 'INVALID_PARAMETER' });
        }
      }),
    );
  });
});

it.each([
  ['www.shop.example.co.uk', 'example.co.uk'],
  ['anna.github.io', 'anna.github.io'],
  ['localhost', 'localhost'],
  ['127.0.0.1', '127.0.0.1'],
])('siteOf %s – %s', (name, site) => expect(siteOf(name)).toBe(site));
