import { describe, expect, it } from 'vitest';
import { networkErrorName } from '../../../src/util/network-error-name.js';

const systemError = (code: string, message = 'read'): Error => Object.assign(new Error(message), { code });

describe('networkErrorName', () => {
  it.each([
    [systemError('ECONNREFUSED'), 'ERR_CONNECTION_REFUSED'],
    [new Error('no', { cause: systemError('ENOTFOUND') }), 'ERR_NAME_NOT_RESOLVED'],
    [systemError('ECONNRESET'), 'ERR_CONNECTION_RESET'],
    [systemError('ECONNRESET', 'socket hang up'), 'ERR_EMPTY_RESPONSE'],
    [new Error('page.goto: net::ERR_CERT_DATE_INVALID at https://a.test/'), 'ERR_CERT_DATE_INVALID'],
    [new Error('something else'), undefined],
  ])('%s – %s', (error, name) => {
    expect(networkErrorName(error)).toBe(name);
  });
});
