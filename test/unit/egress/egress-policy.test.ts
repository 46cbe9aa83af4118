import { describe, expect, it } from 'vitest';
import { AddressGuard } from '../../../src/egress/address-guard.js';
import { destinationOf, EgressPolicy } from '../../../src/egress/egress-policy.js';

const { signal } = new AbortController();
const to = { host: 'name.test', port: 8080 };

/** A policy in whose world the name answers these, one after the other. */
function policyFor(answers: readonly (readonly string[])[]): EgressPolicy {
  const left = [...answers];
  const guard = new AddressGuard({
    privateNetworks: { kind: 'named' },
    resolve: async () => (left.shift() ?? []).map((address) => ({ address, family: 4 })),
  });
  return new EgressPolicy({ guard, domains: {} });
}

const codes = async (policy: EgressPolicy, times: number): Promise<string[]> => {
  const found: string[] = [];
  for (let i = 0; i < times; i += 1) {
    found.push(
      await policy.resolve(to, signal).then(
        (addresses) => addresses.map(({ address }) => address).join(' '),
        (error: { code: string }) => error.code,
      ),
    );
  }
  return found;
};

describe('EgressPolicy', () => {
  const refused = 'DESTINATION_FORBIDDEN';
  it.each([
    ['out, inside', [['8.8.8.8'], ['10.0.0.1']], ['8.8.8.8', refused]],
    ['inside, out', [['10.0.0.1'], ['8.8.8.8'], ['10.0.0.1']], ['10.0.0.1', refused, '10.0.0.1']],
    ['both, inside', [['8.8.8.8', '10.0.0.1'], ['10.0.0.1']], [refused, '10.0.0.1']],
    ['inside, both', [['10.0.0.1'], ['10.0.0.1', '8.8.8.8']], ['10.0.0.1', refused]],
    ['inside, elsewhere inside', [['10.0.0.1'], ['10.0.0.2']], ['10.0.0.1', '10.0.0.2']],
    ['out, elsewhere', [['8.8.8.8'], ['8.8.4.4']], ['8.8.8.8', '8.8.4.4']],
  ])(
    'a name that the caller goes to and that leads %s – what changes sides is refused',
    async (_how, answers, expected) => {
      const policy = policyFor(answers);
      policy.name(`http://${to.host}:${to.port}/`);
      expect(await codes(policy, answers.length)).toEqual(expected);
    },
  );

  it('a name that led out before the caller went to it – does not lead inside later', async () => {
    const policy = policyFor([['8.8.8.8'], ['10.0.0.1']]);
    expect(await codes(policy, 1)).toEqual(['8.8.8.8']);
    policy.name(`http://${to.host}:${to.port}/`);
    expect(await codes(policy, 1)).toEqual([refused]);
  });

  it.each([
    'evil.test.',
    'EVIL.test',
    'evil%2Etest',
    '%65vil.test',
    'ｅvil.test',
    'evil。test',
    'evil.test..',
    'a.evil.test',
  ])('http://%s/ – does not pass a deny list with evil.test', (host) => {
    const guard = new AddressGuard({ privateNetworks: { kind: 'deny' } });
    const policy = new EgressPolicy({ guard, domains: { denied: new Set(['evil.test']) } });
    expect(() => policy.name(`http://${host}/`)).toThrow(/evil\.test/);
  });
});

it.each([
  ['http://127.0.0.1', 80],
  ['https://site.test/', 443],
  ['wss://site.test:8443/', 8443],
])('destinationOf %s – port %i', (url, port) => expect(destinationOf(url).port).toBe(port));
