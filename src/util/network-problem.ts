import { MooringError } from '../errors.js';

interface Row {
  readonly codes: RegExp;
  readonly sentence: string;
}

/** What Node, OpenSSL, undici and zlib call a failure of the network, for people. The first row that fits counts. */
const rows: readonly Row[] = [
  { codes: /^CERT_HAS_EXPIRED$/, sentence: 'its certificate has expired' },
  { codes: /^CERT_NOT_YET_VALID$/, sentence: 'its certificate is not valid yet' },
  { codes: /^CERT_REVOKED$/, sentence: 'its certificate is revoked' },
  { codes: /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN)$/, sentence: 'its certificate is self-signed' },
  {
    codes: /^(UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT(_LOCALLY)?|CERT_UNTRUSTED)$/,
    sentence: 'its certificate comes from an unknown authority',
  },
  { codes: /^ERR_TLS_CERT_ALTNAME_INVALID$/, sentence: 'its certificate is for another host' },
  {
    codes: /^ERR_SSL_(UNSUPPORTED_PROTOCOL|TLSV1_ALERT_PROTOCOL_VERSION|VERSION_TOO_LOW|UNKNOWN_PROTOCOL)$/,
    sentence: 'it speaks no version of TLS that this server takes',
  },
  {
    codes: /^ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST)$/,
    sentence: 'it does not answer with TLS',
  },
  { codes: /^(EPROTO|ERR_SSL_.*)$/, sentence: 'the TLS handshake failed' },
  { codes: /^ECONNREFUSED$/, sentence: 'the connection was refused' },
  {
    codes: /^(ECONNRESET|ECONNABORTED|EPIPE|UND_ERR_SOCKET|ERR_STREAM_PREMATURE_CLOSE)$/,
    sentence: 'the connection broke off',
  },
  {
    codes: /^(ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT|UND_ERR_HEADERS_TIMEOUT|UND_ERR_BODY_TIMEOUT)$/,
    sentence: 'the connection timed out',
  },
  { codes: /^(EHOSTUNREACH|EHOSTDOWN)$/, sentence: 'the host cannot be reached' },
  { codes: /^(ENETUNREACH|ENETDOWN|EADDRNOTAVAIL)$/, sentence: 'no network leads there' },
  { codes: /^(ENOTFOUND|ENODATA|ENONAME)$/, sentence: 'the name is not known' },
  { codes: /^EAI_AGAIN$/, sentence: 'the name server does not answer' },
  { codes: /^(HPE_HEADER_OVERFLOW|UND_ERR_HEADERS_OVERFLOW)$/, sentence: 'the headers of the answer are too large' },
  { codes: /^(HPE_\w+|UND_ERR_RES_\w+)$/, sentence: 'the answer is not valid HTTP' },
  { codes: /^(Z_\w+|ERR__\w+|ERR_BROTLI_\w+)$/, sentence: 'the answer does not have the encoding that it states' },
];

/** The innermost code: what stands around it says in other words that it failed. */
function codeOf(error: unknown): string | undefined {
  let found: string | undefined;
  for (let at = error, depth = 0; at instanceof Error && depth < 10; depth += 1) {
    const code = 'code' in at && !(at instanceof MooringError) ? at.code : undefined;
    if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,60}$/.test(code)) found = code;
    at = at instanceof AggregateError && at.errors.length > 0 ? at.errors[0] : at.cause;
  }
  return found;
}

/**
 * What went wrong on the network, as a clause with the code of the failure. The sentences of libraries are not repeated:
 * they name addresses and parts of the libraries.
 *
 * @param otherwise what is said of a failure without a code
 */
export function networkProblem(error: unknown, otherwise = 'the connection failed'): string {
  const code = codeOf(error);
  if (code === undefined) return otherwise;
  const row = rows.find(({ codes }) => codes.test(code));
  return `${row?.sentence ?? otherwise} (${code})`;
}
