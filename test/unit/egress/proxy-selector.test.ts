import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AddressGuard } from '../../../src/egress/address-guard.js';
import { isOwnProxy, ProxySelector, unmetPreferences } from '../../../src/egress/proxy-selector.js';
import { describeUpstream, directUpstream } from '../../../src/egress/upstream.js';
import type { UpstreamFields } from '../../../src/protocol/fields/proxy.js';
import { parseProxyUrl } from '../../../src/protocol/values/proxy-address.js';
import { readUpstream, wantedUpstream } from '../../../src/protocol/values/upstream-preferences.js';
import { TestProxy } from '../../support/proxies.js';

const never = new AbortController().signal;
const guard = new AddressGuard({ privateNetworks: { kind: 'listed', cidrs: ['127.0.0.0/8'] } });
const proxy = new TestProxy({ kind: 'http', credentials: { username: 'anna', password: 's3cret' } });
beforeAll(() => proxy.start());
afterAll(() => proxy.close());

const selector = new ProxySelector({ guard, pool: undefined, check: undefined });

describe('ProxySelector', () => {
  it.each<[UpstreamFields, string[]]>([
    [{}, []],
    [{ noProxy: true }, []],
    [{ mobileProxy: true }, ['There is no proxy pool on this server: the session connects directly.']],
  ])('%j without a pool – connects directly', async (preferences, warnings) => {
    const chosen = await selector.choose(wantedUpstream(readUpstream(preferences)), never);
    expect(chosen).toEqual({ upstream: directUpstream, verified: true, warnings });
  });

  it("the caller's proxy – is used without its credentials in any sentence; what has no effect beside it is told", async () => {
    const url = proxy.url();
    const chosen = await selector.choose(
      wantedUpstream(readUpstream({ proxy: url, proxyCountry: 'Germany', datacenter: true })),
      never,
    );
    expect(chosen).toMatchObject({ upstream: { class: 'caller', namedBy: 'caller', country: 'DE' }, verified: false });
    expect(chosen.warnings).toEqual([
      '`datacenter` has no effect beside `proxy`.',
      'The proxy was not checked (MOORING_PROXY_CHECK is off).',
    ]);
    expect(describeUpstream(chosen.upstream)).toMatch(/^through http:\/\/127\.0\.0\.1:\d+$/);
    expect([chosen.upstream, directUpstream].map((upstream) => isOwnProxy(upstream, parseProxyUrl(url)))).toEqual([
      true,
      false,
    ]);
  });

  it.each<[UpstreamFields, string]>([
    [{}, 'INVALID_PARAMETER'],
    [{ proxyCountry: 'Germany' }, 'NO_MATCHING_PROXY'],
    [{ proxyCountry: 'Atlantis' }, 'INVALID_PARAMETER'],
    [{ proxy: 'http://a.test', noProxy: true }, 'INVALID_PARAMETER'],
  ])('a move to %j without a pool – %s', async (preferences, code) => {
    await expect(selector.chooseForMove(readUpstream(preferences), never)).rejects.toMatchObject({ code });
  });

  it('preferences that an open upstream does not meet – are named', () => {
    expect(unmetPreferences(directUpstream, { class: 'mobile', country: 'US' })).toEqual([
      '`mobileProxy`, `proxyCountry`: no effect on a session that is open; it connects directly.',
    ]);
    expect(unmetPreferences({ ...directUpstream, class: 'mobile' }, { class: 'mobile' })).toEqual([]);
  });
});
