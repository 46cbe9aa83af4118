import { describe, expect, it } from 'vitest';
import type { SessionFields } from '../../../src/protocol/fields/session-options.js';
import { readDomains } from '../../../src/protocol/values/domain-list.js';
import { readSessionOptions, type SessionOptions } from '../../../src/protocol/values/session-options.js';
import { differingIdentity, differingOptions, openingDigest, repeats } from '../../../src/sessions/session-options.js';

const options = (fields: SessionFields): SessionOptions => ({
  ...readSessionOptions(fields),
  domains: readDomains(fields),
});

describe('the options of a session', () => {
  it.each<[SessionFields, SessionFields]>([
    [{ proxy: 'HTTP://user:secret@HOST.test' }, { proxy: 'http://user:secret@host.test:80/' }],
    [{ proxyCountry: 'UnitedStates' }, { proxyCountry: 'us' }],
    [{ noProxy: false, setLocale: true, operatingSystem: [] }, {}],
    [{ operatingSystem: ['linux', 'macos'] }, { operatingSystem: ['macos', 'linux', 'linux'] }],
    [{ whitelistedDomains: ['A.test', 'b.test'] }, { whitelistedDomains: ['b.test', 'a.test'] }],
  ])('%j and %j – are the same', (given, made) => {
    expect(differingOptions(options(given), options(made))).toEqual([]);
  });

  it('what differs – is named as its caller writes it, in the order of the schema; what is not asked for is not compared', () => {
    const given: SessionFields = {
      proxy: 'nonsense',
      noProxy: true,
      datacenter: true,
      premiumProxy: true,
      mobileProxy: true,
      proxyCountry: 'Atlantis',
      browser: [{ name: 'chrome' }],
      setLocale: false,
      maxBytes: 1,
      session_ttl: 5,
      maxLifetime: 6,
      whitelistedDomains: [],
      blackListedDomains: ['not a domain'],
    };
    const names = Object.keys(given);
    expect(differingOptions(options(given), options({}))).toEqual(names);
    expect(differingOptions(options({}), options(given))).toEqual([]);
    expect(differingOptions(options(given), options(given))).toEqual([]);
    expect(differingIdentity(options(given), options({}))).toEqual(['browser', 'setLocale']);
  });

  it('what cannot be read – repeats itself, and nothing else', () => {
    const digest = openingDigest(options({ proxy: 'nonsense', proxyCountry: 'Atlantis' }));
    expect(repeats(options({ proxy: 'nonsense', proxyCountry: 'Atlantis' }), digest)).toBe(true);
    expect(repeats(options({ proxy: 'nonsense', proxyCountry: 'Mu' }), digest)).toBe(false);
    expect(repeats(options({ proxyCountry: 'Atlantis' }), digest)).toBe(false);
    expect(repeats(options({}), digest)).toBe(false);
  });

  it.each(['http://user:secret@127.0.0.1:1', 'ftp://user:secret@127.0.0.1'])(
    'a digest – holds no secret of %s',
    (proxy) => {
      expect(JSON.stringify([...openingDigest(options({ proxy }))])).not.toMatch(/secret|user/);
    },
  );
});
