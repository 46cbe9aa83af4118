import { describe, expect, it } from 'vitest';
import { NetworkFailures } from '../../../src/attach/network-failures.js';
import { MooringError } from '../../../src/errors.js';

const failed = 'net::ERR_TUNNEL_CONNECTION_FAILED';
const cause = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
const refused = new MooringError('NO_RESPONSE', 'refused', { cause });

/** Why each host could not be reached. */
const reasons: Readonly<Record<string, MooringError>> = {
  'down.test': refused,
  'forbidden.test': new MooringError('DOMAIN_NOT_ALLOWED', 'forbidden'),
  'unclear.test': new MooringError('NO_RESPONSE', 'unclear'),
};
const create = () => new NetworkFailures((url) => reasons[new URL(url).host]);

const sent = (url: string, sessionId = 's') => ({
  method: 'Network.requestWillBeSent',
  sessionId,
  params: { requestId: '1', request: { url } },
});
const loadingFailed = (errorText: string, sessionId = 's') => ({
  method: 'Network.loadingFailed',
  sessionId,
  params: { requestId: '1', errorText, type: 'Document' },
});

describe('NetworkFailures', () => {
  it('a request that failed – is told with the reason that the proxy knows', () => {
    const failures = create();
    failures.ofEvent(sent('http://down.test/'));
    expect(failures.ofEvent(loadingFailed('net::ERR_RESPONSE_HEADERS_MULTIPLE_CONTENT_LENGTH'))).toEqual(
      loadingFailed('net::ERR_CONNECTION_REFUSED'),
    );
    failures.ofEvent(sent('https://forbidden.test/'));
    expect(failures.ofEvent(loadingFailed(failed))).toEqual(loadingFailed('net::ERR_BLOCKED_BY_ADMINISTRATOR'));
  });

  it('a navigation that failed – is answered with the reason, once', () => {
    const failures = create();
    const answer = { id: 1, sessionId: 's', result: { frameId: 'f', errorText: failed } };
    failures.navigates('1:s', 'https://down.test/');
    const told = { ...answer, result: { frameId: 'f', errorText: 'net::ERR_CONNECTION_REFUSED' } };
    expect(failures.ofAnswer('1:s', answer)).toEqual(told);
    expect(failures.ofAnswer('1:s', answer)).toBe(answer);
  });

  it('errors of the browser itself, unclear ones, those of other sessions – stay as they are', () => {
    const failures = create();
    failures.ofEvent(sent('https://down.test/'));
    const own = loadingFailed('net::ERR_CERT_AUTHORITY_INVALID');
    expect(failures.ofEvent(own)).toBe(own);
    failures.ofEvent(sent('https://unclear.test/'));
    const unclear = loadingFailed(failed);
    expect(failures.ofEvent(unclear)).toBe(unclear);
    failures.ofEvent(sent('https://down.test/'));
    const others = loadingFailed(failed, 'other');
    expect(failures.ofEvent(others)).toBe(others);
  });

  it('a request that came – is forgotten', () => {
    const failures = create();
    failures.ofEvent(sent('https://down.test/'));
    failures.ofEvent({ method: 'Network.loadingFinished', sessionId: 's', params: { requestId: '1' } });
    const late = loadingFailed(failed);
    expect(failures.ofEvent(late)).toBe(late);
  });

  it('more requests than are kept – the oldest go without', () => {
    const failures = create();
    failures.ofEvent(sent('https://down.test/', 'first'));
    for (let i = 0; i < 5000; i++) failures.ofEvent(sent('https://down.test/', `s${i}`));
    const oldest = loadingFailed(failed, 'first');
    expect(failures.ofEvent(oldest)).toBe(oldest);
    expect(failures.ofEvent(loadingFailed(failed, 's0')).params).toMatchObject({
      errorText: 'net::ERR_CONNECTION_REFUSED',
    });
  });
});
