import { describe, expect, it } from 'vitest';
import { webAddress } from '../../../../src/attach/view/web-address.js';

describe('webAddress', () => {
  it.each([
    ['example.com', 'https://example.com/'],
    ['localhost:3000/a', 'https://localhost:3000/a'],
    ['http://a.test', 'http://a.test/'],
    ['HTTPS://a.test/b c', 'https://a.test/b%20c'],
  ])('%s – is %s', (written, url) => {
    expect(webAddress(written)).toBe(url);
  });

  it.each([
    'file:///etc/passwd',
    'FILE:/etc/passwd',
    'javascript:alert(1)',
    'data:text/html,x',
    'blob:https://a.test/1',
    'chrome://settings',
    'view-source:http://a.test',
    'about:config',
    'not an address',
    'https://',
  ])('%s – is refused', (written) => {
    expect(() => webAddress(written)).toThrow('INVALID_PARAMETER');
  });
});
