import type { LookupAddress } from 'node:dns';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AddressGuard, type AddressGuardOptions, type GuardedDestination } from '../../../src/egress/address-guard.js';
import { OwnNetwork } from '../../../src/egress/own-network.js';
import type { MooringError } from '../../../src/errors.js';
import { fuzz } from '../../support/fuzz.js';

const guardOf = (
  privateNetworks: AddressGuardOptions['privateNetworks'],
  names: Record<string, string[][]> = {},
  rest: Pick<AddressGuardOptions, 'ownNetwork'> = {},
): AddressGuard =>
  new AddressGuard({
    privateNetworks,
    ...rest,
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

  it("named – a name with public and private addresses is nobody's own; one with private addresses alone is", async () => {
    const names = {
      'mixed.test': [['10.0.0.1', '8.8.8.8']],
      'mixed6.test': [['8.8.8.8', 'fd00::1']],
      'inside.test': [['10.0.0.1', 'fd00::1']],
      localhost: [['127.0.0.1', '::1']],
    };
    const guard = guardOf({ kind: 'named' }, names);
    for (const host of ['mixed.test', 'mixed6.test'])
      expect(await outcome(guard, host, 'caller'), host).toBe('DESTINATION_FORBIDDEN');
    expect(await outcome(guard, 'inside.test', 'caller')).toBe('10.0.0.1 fd00::1');
    expect(await outcome(guard, 'localhost', 'caller')).toBe('127.0.0.1 ::1');
    expect(await outcome(guardOf({ kind: 'listed', cidrs: ['10.0.0.0/8'] }, names), 'mixed.test', 'caller')).toBe(
      '10.0.0.1 8.8.8.8',
    );
  });

  it.each(['evil.test..', 'localhost..', 'evil..test', '.evil.test', '', '.', `${'a'.repeat(300)}.test`])(
    'the host %.20j – is no name, and refused to everybody',
    async (host) => {
      const guard = guardOf({ kind: 'listed', cidrs: ['0.0.0.0/0', '::/0'] }, { [host]: [['8.8.8.8']] });
      for (const namedBy of ['page', 'caller', 'operator'] as const)
        expect(await outcome(guard, host, namedBy)).toBe('DESTINATION_FORBIDDEN');
    },
  );

  it.each([25, 22, 6000, 10_080, 0])('port %i – is refused to callers and pages, not to the operator', async (port) => {
    const guard = guardOf({ kind: 'named' });
    for (const namedBy of ['page', 'caller'] as const)
      expect(await outcome(guard, '8.8.8.8', namedBy, port)).toBe('NO_RESPONSE');
    expect(await outcome(guard, '8.8.8.8', 'operator', port)).toBe('8.8.8.8');
  });

  it("the machine's own global addresses, and IPv6 neighbours – are refused like private ones", async () => {
    const entry = (address: string, cidr: string, family: 'IPv4' | 'IPv6') => ({
      address,
      cidr,
      family,
      netmask: '',
      mac: '',
      internal: false,
      scopeid: 0,
    });
    const ownNetwork = new OwnNetwork(() => ({
      eth0: [entry('93.184.216.34', '93.184.216.34/24', 'IPv4'), entry('2606:2800::1', '2606:2800::1/64', 'IPv6')],
      tun0: [entry('2001:470::1', '2001:470::1/3', 'IPv6')],
    }));
    const names = { 'own.test': [['93.184.216.34']], 'mixed.test': [['93.184.216.34', '8.8.8.8']] };
    const named = guardOf({ kind: 'named' }, names, { ownNetwork });
    for (const host of ['93.184.216.34', '2606:2800::1', '2606:2800::2', '::ffff:93.184.216.34', 'own.test']) {
      expect(await outcome(named, host), host).toBe('DESTINATION_FORBIDDEN');
      expect(await outcome(named, host, 'caller'), host).not.toBe('DESTINATION_FORBIDDEN');
    }
    expect(await outcome(named, 'mixed.test', 'caller')).toBe('DESTINATION_FORBIDDEN');
    for (const host of ['93.184.216.35', '2606:4700::1111']) expect(await outcome(named, host), host).toBe(host);
    const listed = guardOf({ kind: 'listed', cidrs: ['93.184.216.34/32'] }, names, { ownNetwork });
    expect(await outcome(listed, 'own.test')).toBe('93.184.216.34');
    listed.ownPorts.add(8191);
    expect(await outcome(listed, 'own.test', 'page', 8191)).toBe('DESTINATION_FORBIDDEN');
  });

  it.each([
    '::a9fe:a9fe', // IPv4-compatible
    '::ffff:0:a9fe:a9fe', // translated
    '64:ff9b::a9fe:a9fe', // NAT64
    '64:ff9b:1::a9fe:a9fe', // its local prefix, of 96 bits
    '64:ff9b:1:a9fe:a9:fe00::', // … and of 48
    '2002:a9fe:a9fe::1', // 6to4
    '2001:0:a9fe:a9fe::1', // Teredo, the server
    '2001:0:808:808:0:0:5601:5601', // … and the client
    '2606:4700::5efe:a9fe:a9fe', // ISATAP
    'fd00:ec2::254%eth0',
  ])('%s – is the metadata service in another form', async (address) => {
    const everything = { kind: 'listed', cidrs: ['0.0.0.0/0', '::/0'] } as const;
    for (const kind of [{ kind: 'named' } as const, everything]) {
      expect(await outcome(guardOf(kind), address, 'caller')).toBe('DESTINATION_FORBIDDEN');
      expect(await outcome(guardOf(kind, { 'it.test': [[address]] }), 'it.test')).toBe('DESTINATION_FORBIDDEN');
    }
  });

  it.each(['2606:4700::5efe:a00:1', '2606:4700:0:0:200:5efe:7f00:1', '64:ff9b:1::808:808', '2002:808:808::1'])(
    '%s – leads through a tunnel, and no page gets there',
    async (address) => {
      expect(await outcome(guardOf({ kind: 'named' }), address)).toBe('DESTINATION_FORBIDDEN');
    },
  );

  it('any text as a host – an answer or a code of the catalogue, and never a private address for a page', () =>
    fuzz(
      fc.asyncProperty(
        fc.oneof(fc.string(), fc.ipV4(), fc.ipV6(), fc.domain(), fc.webAuthority()),
        fc.integer({ min: 0, max: 65_535 }),
        async (host, port) => {
          const guard = guardOf({ kind: 'named' }, { [host]: [['10.0.0.1']] });
          const code = await outcome(guard, host, 'page', port);
          if (!/^[\d.]+$|:/.test(code)) expect(code).toMatch(/^(DESTINATION_FORBIDDEN|NO_RESPONSE)$/);
          else expect(code).not.toMatch(/^(10|127|0|169\.254|192\.168)\./);
        },
      ),
    ));

  it.each([
    '169.254.169.254',
    '169.254.170.23',
    '169.254.42.42',
    '168.63.129.16',
    '100.100.100.200',
    'fd00:ec2::254',
    'fd00:ec2::23',
    'fd20:ce::254',
    'metadata.google.internal',
    'METADATA.google.internal.',
    'metadata',
  ])(
    'metadata service %s – is refused even to a caller that names it, and where its network is listed',
    async (host) => {
      expect(await outcome(guardOf({ kind: 'named' }), host, 'caller')).toBe('DESTINATION_FORBIDDEN');
      const cidrs = ['169.254.0.0/16', 'fd00::/8', '100.64.0.0/10', '0.0.0.0/0'];
      expect(await outcome(guardOf({ kind: 'listed', cidrs }), host, 'caller')).toBe('DESTINATION_FORBIDDEN');
    },
  );

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
    expect(await outcome(guardOf({ kind: 'deny' }), 'nowhere.test')).toBe('NO_RESPONSE');
  });

  it('the message – names host and rule, not the address behind a name', async () => {
    const guard = guardOf({ kind: 'deny' }, { 'inside.test': [['10.0.0.1']] });
    await expect(guard.resolve({ host: 'inside.test', port: 80, namedBy: 'page' })).rejects.toThrow(
      'inside.test:80 is refused: it resolves to no global address (private)',
    );
  });
});
