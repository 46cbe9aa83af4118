import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MooringError } from '../../../../src/errors.js';
import { describeProxy, parseProxyUrl, proxyProtocols } from '../../../../src/protocol/values/proxy-address.js';
import { fuzz } from '../../../support/fuzz.js';

describe('parseProxyUrl', () => {
  it.each([
    [
      'http://username:password@127.0.0.1:8888',
      { protocol: 'http', host: '127.0.0.1', port: 8888, username: 'username', password: 'password' },
    ],
    ['socks5://[::1]:1080', { protocol: 'socks5', host: '::1', port: 1080, username: '', password: '' }],
    ['http://:@proxy.example:3128', { host: 'proxy.example', port: 3128, username: '', password: '' }],
    ['HTTPS://proxy.example', { protocol: 'https', port: 443 }],
    ['socks4a://user@proxy.example/', { protocol: 'socks4a', port: 1080, username: 'user', password: '' }],
    ['http://u:p%40ss@h:1', { password: 'p@ss' }],
    ['http://u:p@s:s#/?@h:1', { password: 'p@s:s#/?' }],
    ['http://u:100%@h:1', { password: '100%' }],
  ])('%s', (text, expected) => expect(parseProxyUrl(text)).toMatchObject(expected));

  it.each([
    '',
    'h:1',
    'ftp://h:1',
    'http://',
    'http://u:secret@',
    'http://h:0',
    'http://h:99999',
    'http://h:x',
    'http://[zz]:1',
    'http://a b:1',
  ])('%j – INVALID_PARAMETER', (text) => {
    expect(() => parseProxyUrl(text)).toThrow(MooringError);
  });

  it.each([
    [`socks5://${'u'.repeat(256)}:p@h:1`, '255 bytes'],
    [`socks5h://u:${'%C3%BC'.repeat(128)}@h:1`, '255 bytes'],
    [`socks4://${'u'.repeat(256)}@h:1`, '255 bytes'],
    ['socks4a://u%00evil.example@h:1', 'zero bytes'],
    [`http://u:${'p'.repeat(5000)}@h:1`, '4096 bytes'],
    [`http://${'h'.repeat(254)}:1`, '253 characters'],
  ])('%.30s… – INVALID_PARAMETER for want of room (%s)', (text, reason) => {
    expect(() => parseProxyUrl(text)).toThrow(reason);
  });

  it('any credentials, encoded or with the address behind the last @ – come out as they went in, and are never told', () => {
    return fuzz(
      fc.property(
        fc.constantFrom(...proxyProtocols),
        fc.string().filter((user) => !user.includes('\0')),
        fc.string(),
        fc.integer({ min: 1, max: 65535 }),
        (protocol, user, password, port) => {
          const proxy = parseProxyUrl(
            `${protocol}://${encodeURIComponent(user)}:${encodeURIComponent(password)}@host.example:${port}`,
          );
          expect(proxy).toEqual({ protocol, host: 'host.example', port, username: user, password });
          expect(describeProxy(proxy)).toBe(`${protocol}://host.example:${port}`);
        },
      ),
    );
  });

  it('any text – is a proxy or INVALID_PARAMETER, and the message repeats nothing of it', () => {
    return fuzz(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.webUrl(),
          fc.string().map((rest) => `http://user:hunter2@${rest}`),
        ),
        (text) => {
          try {
            expect(parseProxyUrl(text).port).toBeGreaterThan(0);
          } catch (error) {
            expect((error as MooringError).code).toBe('INVALID_PARAMETER');
            expect((error as MooringError).message).not.toContain('hunter2');
          }
        },
      ),
    );
  });
});
