import type { LookupAddress } from 'node:dns';
import { describe, expect, it } from 'vitest';
import { AddressGuard, type AddressGuardOptions, type GuardedDestination } from '../../../src/egress/address-guard.js';
import type { MooringError } from '../../../src/errors.js';

const guardOf = (
  privateNetworks: AddressGuardOptions['privateNetworks'],
  names: Record<string, string[][]> = {},
): AddressGuard =>
  new AddressGuard({
    privateNetworks,
    resolve: async (host): Promise<LookupAddress[]> => {
      const answers = names[host] ?? [];
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      return (answer ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    },
  });

const outcome = async (
  guard: AddressGuard,
  host: string,
  namedBy: GuardedDestination['namedBy'] = 'page',
  port = 80,
): Promise<string> => {
  try {
    return (await guard.resolve({ host, port, namedBy })).map(({ address }) => address).join(' ');
  } catch (error) {
    return (error as MooringError).code;
  }
};

const global = [
  '8.8.8.8',
  '1.1.1.1',
  '93.184.216.34',
  '2606:4700::1111',
  '2001:4860:4860::8888',
  '64:ff9b::808:808',
  '::ffff:8.8.8.8',
];
const notGlobal = [
  '0.0.0.0',
  '10.0.0.1',
  '100.64.0.1',
  '127.0.0.1',
  '127.8.8.8',
  '169.254.1.1',
  '172.16.0.1',
  '192.0.0.1',
  '192.0.2.1',
  '192.168.1.1',
  '198.18.0.1',
  '203.0.113.1',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::7f00:1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '::ffff:10.0.0.1',
  '64:ff9b::7f00:1',
  '64:ff9b::a00:1',
  '100::1',
  '2001:db8::1',
  '2002:7f00:1::1',
  'fc00::1',
  'fd12:3456::1',
  'fe80::1',
  'fec0::1',
  'ff02::1',
];

describe('AddressGuard', () => {
  it.each(global)('%s – is global', async (address) => {
    for (const kind of ['deny', 'named'] as const) expect(await outcome(guardOf({ kind }), address)).toBe(address);
  });

  it.each(notGlobal)('%s – is not: no page gets there, and no name that resolves to it', async (address) => {
    for (const kind of ['deny', 'named'] as const) {
      const guard = guardOf({ kind }, { 'inside.test': [[address]], 'both.test': [['8.8.8.8', address]] });
      expect(await outcome(guard, address)).toBe('DESTINATION_FORBIDDEN');
      expect(await outcome(guard, 'inside.test')).toBe('DESTINATION_FORBIDDEN');
      expect(await outcome(guard, 'both.test')).toBe('DESTINATION_FORBIDDEN');
    }
  });

  it('named – the caller may name a private host; with deny nobody may', async () => {
    const names = { 'inside.test': [['10.0.0.1']] };
    expect(await outcome(guardOf({ kind: 'named' }, names), 'inside.test', 'caller')).toBe('10.0.0.1');
    expect(await outcome(guardOf({ kind: 'named' }), '127.0.0.1', 'caller')).toBe('127.0.0.1');
    expect(await outcome(guardOf({ kind: 'deny' }, names), 'inside.test', 'caller')).toBe('DESTINATION_FORBIDDEN');
    expect(await outcome(guardOf({ kind: 'deny' }), 'localhost', 'caller')).toBe('DESTINATION_FORBIDDEN');
  });

  it('listed – those networks alone, in every spelling of their addresses', async () => {
    const guard = guardOf({ kind: 'listed', cidrs: ['10.1.0.0/16', 'fd00::/8'] });
    expect(await outcome(guard, '10.1.2.3')).toBe('10.1.2.3');
    expect(await outcome(guard, '::ffff:10.1.2.3')).toBe('::ffff:10.1.2.3');
    expect(await outcome(guard, 'fd00::1')).toBe('fd00::1');
    expect(await outcome(guard, '10.2.0.1')).toBe('DESTINATION_FORBIDDEN');
    expect(await outcome(guard, '10.2.0.1', 'caller')).toBe('DESTINATION_FORBIDDEN');
  });

  it.each([
    '169.254.169.254',
    '100.100.100.200',
    'fd00:ec2::254',
    'metadata.google.internal',
    'METADATA.google.internal.',
    'metadata',
  ])('metadata service %s – is refused even to a caller that names it', async (host) => {
    expect(await outcome(guardOf({ kind: 'named' }), host, 'caller')).toBe('DESTINATION_FORBIDDEN');
  });

  it('a name that answers differently the second time – each answer is checked, and what was checked is what is used', async () => {
    const guard = guardOf({ kind: 'deny' }, { 'rebind.test': [['8.8.8.8'], ['127.0.0.1']] });
    expect(await outcome(guard, 'rebind.test')).toBe('8.8.8.8');
    expect(await outcome(guard, 'rebind.test')).toBe('DESTINATION_FORBIDDEN');
  });

  it.each(['127.0.0.1', '127.9.9.9', '0.0.0.0', '::1', '::ffff:127.0.0.1', 'localhost', 'x.localhost'])(
    'own port at %s – nobody gets there, whatever is allowed; another port is another matter',
    async (host) => {
      for (const privateNetworks of [
        { kind: 'named' } as const,
        { kind: 'listed', cidrs: ['0.0.0.0/0', '::/0'] } as const,
      ]) {
        const guard = guardOf(privateNetworks, { localhost: [['127.0.0.1']], 'x.localhost': [['127.0.0.1']] });
        guard.ownPorts.add(8191);
        for (const namedBy of ['page', 'caller', 'operator'] as const) {
          expect(await outcome(guard, host, namedBy, 8191)).toBe('DESTINATION_FORBIDDEN');
        }
        expect(await outcome(guard, host, 'caller', 8192)).not.toBe('DESTINATION_FORBIDDEN');
      }
    },
  );

  it('a name that is not known – CODE-0006', async () => {
    expect(await outcome(guardOf({ kind: 'deny' }), 'nowhere.test')).toBe('CODE-0006');
  });

  it('the message – names host and rule, not the address behind a name', async () => {
    const guard = guardOf({ kind: 'deny' }, { 'inside.test': [['10.0.0.1']] });
    await expect(guard.resolve({ host: 'inside.test', port: 80, namedBy: 'page' })).rejects.toThrow(
      'inside.test:80 is refused: it resolves to no global address (private)',
    );
  });
});
