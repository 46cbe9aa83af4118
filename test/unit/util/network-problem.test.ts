import { describe, expect, it } from 'vitest';
import { MooringError } from '../../../src/errors.js';
import { networkProblem } from '../../../src/util/network-problem.js';

const failed = (code: string, message = 'connect ECONNREFUSED 10.1.2.3:1') =>
  Object.assign(new Error(message), { code });

describe('the network problem', () => {
  it.each([
    ['CERT_HAS_EXPIRED', 'its certificate has expired'],
    ['CERT_NOT_YET_VALID', 'its certificate is not valid yet'],
    ['CERT_REVOKED', 'its certificate is revoked'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'its certificate is self-signed'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'its certificate is self-signed'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'its certificate comes from an unknown authority'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'its certificate comes from an unknown authority'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is for another host'],
    ['ERR_SSL_UNSUPPORTED_PROTOCOL', 'it speaks no version of TLS that this server takes'],
    ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'it speaks no version of TLS that this server takes'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'it does not answer with TLS'],
    ['EPROTO', 'the TLS handshake failed'],
    ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'the TLS handshake failed'],
    ['ECONNREFUSED', 'the connection was refused'],
    ['ECONNRESET', 'the connection broke off'],
    ['UND_ERR_SOCKET', 'the connection broke off'],
    ['ETIMEDOUT', 'the connection timed out'],
    ['UND_ERR_HEADERS_TIMEOUT', 'the connection timed out'],
    ['EHOSTUNREACH', 'the host cannot be reached'],
    ['ENETUNREACH', 'no network leads there'],
    ['ENOTFOUND', 'the name is not known'],
    ['EAI_AGAIN', 'the name server does not answer'],
    ['HPE_INVALID_CONSTANT', 'the answer is not valid HTTP'],
    ['HPE_HEADER_OVERFLOW', 'the headers of the answer are too large'],
    ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'the answer is not valid HTTP'],
    ['Z_DATA_ERROR', 'the answer does not have the encoding that it states'],
    ['EWHATEVER', 'the connection failed'],
  ])('%s – is told as "%s", with the code and without the sentence of the library', (code, sentence) => {
    expect(networkProblem(failed(code))).toBe(`${sentence} (${code})`);
  });

  it('an error around others – the innermost code counts, never one of our catalogue', () => {
    const fetchFailed = new TypeError('fetch failed', { cause: failed('ECONNRESET') });
    expect(networkProblem(fetchFailed)).toBe('the connection broke off (ECONNRESET)');
    const ofSeveral = new AggregateError([failed('ECONNREFUSED'), failed('ENETUNREACH')], '');
    expect(networkProblem(Object.assign(ofSeveral, { code: 'ETIMEDOUT' }))).toBe(
      'the connection was refused (ECONNREFUSED)',
    );
    const known = new MooringError('NO_RESPONSE', 'expected …', { cause: failed('ENOTFOUND') });
    expect(networkProblem(known)).toBe('the name is not known (ENOTFOUND)');
  });

  it('no code, or what is no error – what the caller says otherwise', () => {
    expect(networkProblem(new Error('Socket closed'), 'it answers no SOCKS')).toBe('it answers no SOCKS');
    expect(networkProblem(new MooringError('NO_RESPONSE', 'expected …'))).toBe('the connection failed');
    expect(networkProblem('x')).toBe('the connection failed');
  });
});
