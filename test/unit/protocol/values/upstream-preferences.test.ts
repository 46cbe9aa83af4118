import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MooringError } from '../../../../src/errors.js';
import type { UpstreamFields } from '../../../../src/protocol/fields/proxy.js';
import {
  readUpstream,
  type WantedUpstream,
  wantedUpstream,
} from '../../../../src/protocol/values/upstream-preferences.js';
import { fuzz } from '../../../support/fuzz.js';

const wanted = (fields: UpstreamFields): WantedUpstream => wantedUpstream(readUpstream(fields));
const proxy = 'http://user:secret@127.0.0.1:8888';

describe('wantedUpstream', () => {
  it.each<[UpstreamFields, unknown]>([
    [{}, { kind: 'pool' }],
    [{ noProxy: false, datacenter: false }, { kind: 'pool' }],
    [{ noProxy: true }, { kind: 'direct' }],
    [{ noProxy: true, mobileProxy: true, proxyCountry: 'US' }, { kind: 'direct' }],
    [
      { premiumProxy: true, proxyCountry: 'UnitedStates' },
      { kind: 'pool', class: 'residential', country: 'US' },
    ],
    [
      { proxy, proxyCountry: 'de', mobileProxy: true, datacenter: true },
      { kind: 'proxy', proxy: { host: '127.0.0.1' }, country: 'DE', ignored: ['datacenter', 'mobile'] },
    ],
  ])('%j – is %j', (fields, expected) => expect(wanted(fields)).toMatchObject(expected as object));

  it.each<[UpstreamFields, string]>([
    [{ proxy: 'ftp://127.0.0.1' }, '`proxy`: expected a URL that starts with http://'],
    [{ proxy: 'ftp://127.0.0.1', noProxy: true }, '`noProxy`: expected it absent when `proxy` is given; got `true`.'],
    [
      { datacenter: true, mobileProxy: true, proxyCountry: 'Atlantis' },
      '`datacenter`, `premiumProxy`, `mobileProxy`: expected one of them at most; got several.',
    ],
    [{ proxyCountry: 'Atlantis' }, '`proxyCountry`: expected a country'],
    [{ proxyCountry: 'Atlantis', noProxy: true }, '`proxyCountry`: expected a country'],
  ])('%j – INVALID_PARAMETER, and not before it is needed', (fields, sentence) => {
    const preferences = readUpstream(fields);
    expect(() => wantedUpstream(preferences)).toThrow(sentence);
  });

  it('a country that is none beside a proxy – is left to whoever uses that proxy', () => {
    expect(wanted({ proxy, proxyCountry: 'Atlantis' })).toMatchObject({
      kind: 'proxy',
      country: { written: 'Atlantis', refusal: { code: 'INVALID_PARAMETER' } },
    });
  });

  it('a proxy that is named, whatever it is and whatever stands beside it – is used or refused', () => {
    const flag = fc.option(fc.boolean(), { nil: undefined });
    const text = fc.oneof(fc.string(), fc.webUrl(), fc.constantFrom(proxy, 'socks5://h', 'http://', 'h:1'));
    const country = fc.option(fc.oneof(fc.string(), fc.constant('US')), { nil: undefined });
    const rest = { noProxy: flag, datacenter: flag, premiumProxy: flag, mobileProxy: flag, proxyCountry: country };
    return fuzz(
      fc.property(fc.record({ proxy: text, ...rest }), (fields) => {
        try {
          expect(wanted(fields).kind).toBe('proxy');
        } catch (error) {
          if (!(error instanceof MooringError)) throw error;
          expect(error.code).toBe('INVALID_PARAMETER');
        }
      }),
    );
  });
});
