/** One row of the catalogue: what happened, and what the caller can do about it. */
export interface ErrorRow {
  /** What callers see, where that is a number of the vendor's; if omitted, the name. */
  readonly code?: `CODE-${number}`;
  /** What the code means, in one sentence. */
  readonly meaning: string;
  /** What the caller should do. */
  readonly remedy: string;
}

/**
 * Every error that a reply can carry, by its name inside. Callers see the vendor's number where its meaning fits, so that
 * existing clients recognise it, and else the name. The error page, the reference and the OpenAPI document are printed
 * from this table.
 *
 * @see docs/errors of a running server
 */
export const errorCatalogue = {
  NO_CAPACITY: {
    code: 'CODE-0001',
    meaning: 'The server has no room now: in its session slots, its connections, or the memory for bodies and replies.',
    remedy:
      'Wait `retryAfterMs` (also the header `Retry-After`), destroy a session, or raise the setting that the message names ' +
      '(`MOORING_MAX_SESSIONS` for slots).',
  },
  UNKNOWN_COMMAND: {
    code: 'CODE-0004',
    meaning: 'The field `cmd` is missing or names no known command.',
    remedy: 'Send one of the commands listed in the message.',
  },
  PROXY_TUNNEL_REFUSED: {
    code: 'CODE-0005',
    meaning: 'The tunnel through the proxy failed: the proxy answered, and refused.',
    remedy: 'Check the credentials of the proxy and whether it allows the destination.',
  },
  NO_RESPONSE: {
    code: 'CODE-0006',
    meaning: 'The navigation got no usable HTTP response (name not found, connection refused or reset, TLS error).',
    remedy: 'Check the URL. The message names what the browser saw.',
  },
  SOCKS4_CREDENTIALS_REFUSED: {
    code: 'CODE-0015',
    meaning: 'The SOCKS4 proxy refused the user ID.',
    remedy: 'Check the credentials in `proxy`.',
  },
  SOCKS5_CREDENTIALS_REFUSED: {
    code: 'CODE-0016',
    meaning: 'The SOCKS5 proxy refused the user name or password.',
    remedy: 'Check the credentials in `proxy`.',
  },
  PROXY_UNREACHABLE: {
    code: 'CODE-0019',
    meaning: 'The proxy refuses connections or cannot be reached.',
    remedy: 'Check the address and port of `proxy`, and that the proxy is running.',
  },
  INTERCEPTED_RESPONSE_MISSING: {
    code: 'CODE-0020',
    meaning: 'An answer that `interceptFetchRequest` waits for did not come.',
    remedy: 'Check the pattern; raise `timeout`; lead the page to that request with `browserActions`.',
  },
  PROXY_TIMEOUT: {
    code: 'CODE-0024',
    meaning: 'The proxy was too slow to answer.',
    remedy: 'Try again, or use another proxy.',
  },
  NAVIGATION_TIMEOUT: {
    code: 'CODE-0025',
    meaning: 'The navigation did not finish before the deadline.',
    remedy: 'Raise `timeout` (milliseconds), or check whether the site is up.',
  },
  BROWSER_FAILED: {
    code: 'CODE-0026',
    meaning: 'The browser or its tab failed or was closed while the command ran.',
    remedy: 'Send the request again: the session has a new tab with its cookies, unless the reply says it has ended.',
  },
  ELEMENT_NOT_FOUND: {
    code: 'CODE-0027',
    meaning: 'No element fitted the selector in time, or none that can be used.',
    remedy: 'Check the selector; wait for it with `wait_for_selector`; look at the page with `screenshot`.',
  },
  TOO_MANY_SESSIONS: {
    code: 'CODE-0029',
    meaning: 'This key has too many sessions open.',
    remedy: 'Destroy a session, wait `retryAfterMs`, or raise `MOORING_MAX_SESSIONS_PER_KEY`.',
  },
  UNKNOWN_BROWSER: {
    code: 'CODE-0030',
    meaning: 'A browser name was not `chrome`, `firefox` or `safari`.',
    remedy: 'Use one of those names.',
  },
  UNKNOWN_KEY: {
    code: 'CODE-0036',
    meaning: 'The `value` of a `keyboard` action names no key.',
    remedy: 'Use one of the keys that the message lists.',
  },
  INTERNAL_ERROR: {
    code: 'CODE-10000',
    meaning: 'Something unforeseen went wrong in the server.',
    remedy: 'Quote `requestId`; the log of the server has the cause beside it.',
  },
  INVALID_PARAMETER: {
    meaning: 'A field has a value that cannot be used.',
    remedy: 'The message names the field, what was expected and what it got.',
  },
  INVALID_BODY: {
    meaning: 'The HTTP body is not a JSON object, or did not come in time.',
    remedy: 'Send one JSON object with the field `cmd`.',
  },
  BODY_TOO_LARGE: {
    meaning: 'The HTTP body of the command is larger than this server takes.',
    remedy: 'Send less at once, or raise `MOORING_BODY_LIMIT`.',
  },
  RESPONSE_TOO_LARGE: {
    meaning: 'The pages, files and pictures are more than a reply of this server carries.',
    remedy: 'Fetch less at once, or raise `MOORING_RESPONSE_LIMIT`.',
  },
  NOT_FOUND: {
    meaning: 'The server has nothing at this path.',
    remedy: 'Commands go to `POST /api/v1`; the reference is at `/docs`.',
  },
  METHOD_NOT_ALLOWED: {
    meaning: 'The path is served, but not with this HTTP method.',
    remedy: 'Use a method that the header `Allow` lists; commands go to `POST /api/v1`.',
  },
  UNAUTHORIZED: {
    meaning: 'The key is missing or wrong.',
    remedy: 'Send a configured key as `?key=`, `Authorization: Bearer` or `x-api-key`.',
  },
  SESSION_ENDED: {
    meaning: 'The session has ended; the message says when and why.',
    remedy:
      'Create it again: `sessions.create` with the same ID starts afresh. A request does too, if no `sessions.create` made it.',
  },
  SESSION_NOT_FOUND: {
    meaning: 'No session with this ID is open, and `mustExist` says not to open one.',
    remedy: 'Create it with `sessions.create`, or leave `mustExist` out.',
  },
  SESSION_EXISTS: {
    meaning: '`sessions.create`: a session with this ID is open with other options.',
    remedy: 'Leave the named options out, use another ID, or destroy the session first.',
  },
  SESSION_BUSY: {
    meaning: 'Too many requests wait for this session, or the wait took too long.',
    remedy: 'Wait for earlier requests to finish; one session runs one request at a time.',
  },
  DESTINATION_FORBIDDEN: {
    meaning:
      'The destination lies in a private network, is a metadata service, this server itself, no valid host name, or a port that browsers do not connect to.',
    remedy: 'Use a public destination, or allow the network with `MOORING_PRIVATE_NETWORKS`.',
  },
  DOMAIN_NOT_ALLOWED: {
    meaning: 'The domain is denied, or not on the allow list of the session or request.',
    remedy: 'Change `whitelistedDomains` or `blackListedDomains`.',
  },
  IDENTITY_IMPOSSIBLE: {
    meaning: 'No browser of the world, or none of this server in strict mode, has the identity that was wished for.',
    remedy: 'Wish for one of the values that the message lists.',
  },
  NO_MATCHING_PROXY: {
    meaning: "No proxy of the operator's pool fits the wish, or those that do are full or set aside after failures.",
    remedy: 'Ask for another class or country, or wait `retryAfterMs`.',
  },
  QUOTA_EXCEEDED: {
    meaning: 'The session has used up the bytes of its `maxBytes`.',
    remedy: 'Open another session, or a session with a larger `maxBytes`.',
  },
  UNSUPPORTED_ACTION: {
    meaning: 'A browser action asks for something this server does not do.',
    remedy: 'Leave the action out, or give it `ignoreErrors`.',
  },
  UNSUPPORTED_PARAMETER: {
    meaning: 'A field asks for something this server does not do.',
    remedy: 'Leave the named field out.',
  },
  STATE_NOT_KEPT: {
    meaning:
      'The state of a session with `persist` could not be stored. What the command did is done; its earlier state is kept.',
    remedy:
      'The message says why: free disk space, destroy sessions, or raise the setting that it names. Then send a request again.',
  },
  STATE_UNREADABLE: {
    meaning:
      'The state of a stored session cannot be read: it was stored with another key, or is damaged. It is left as it is.',
    remedy: 'Give the server the key that it was stored with (`MOORING_STATE_KEY`), or destroy the session.',
  },
  DRAINING: {
    meaning: 'The server is shutting down and takes no new work.',
    remedy: 'Send the command to another server, or again after the restart.',
  },
} as const satisfies Record<string, ErrorRow>;

/** The name of an error. */
export type ErrorCode = keyof typeof errorCatalogue;

type Catalogue = typeof errorCatalogue;
/** An error as callers see it: `CODE-0025`, or the name where the vendor has no number. */
export type WireCode = { [C in ErrorCode]: Catalogue[C] extends { readonly code: infer W } ? W : C }[ErrorCode];

/** What callers see of an error's name. */
export function wireCodeOf(code: ErrorCode): WireCode {
  const row: ErrorRow = errorCatalogue[code];
  return (row.code ?? code) as WireCode; // as the type says it, row by row
}

/** Every code that callers can see, in the order of the catalogue. */
export const wireCodes = (Object.keys(errorCatalogue) as ErrorCode[]).map(wireCodeOf); // its own keys

export interface MooringErrorOptions {
  /** The foreign error this one translates; logged, never sent. */
  readonly cause?: unknown;
  /** After how many milliseconds a new try makes sense. */
  readonly retryAfterMs?: number;
  /** The URL that failed, where that may be another than the one asked for. */
  readonly url?: string;
  /** What was finished before it failed; goes into the reply beside the error. */
  readonly partial?: Readonly<Record<string, unknown>>;
}

/**
 * The only error that handlers throw on purpose: its name in the catalogue and a sentence for the caller (what was
 * expected, what came).
 */
export class MooringError extends Error {
  readonly code: ErrorCode;
  /** The sentence without the code. */
  readonly detail: string;
  readonly retryAfterMs: number | undefined;
  readonly url: string | undefined;
  readonly partial: Readonly<Record<string, unknown>> | undefined;

  constructor(code: ErrorCode, detail: string, options: MooringErrorOptions = {}) {
    super(`${wireCodeOf(code)}: ${detail}`, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'MooringError';
    this.code = code;
    this.detail = detail;
    this.retryAfterMs = options.retryAfterMs;
    this.url = options.url;
    this.partial = options.partial;
  }

  /** The same failure with the place in the command where it came: `requests[2]`, or `requests[2].url` of its `url`. */
  at(place: string): MooringError {
    const ofField = /^`([A-Za-z][^`\s]*)`: /.exec(this.detail)?.[1];
    const detail =
      ofField === undefined
        ? `\`${place}\`: ${this.detail}`
        : `\`${place}.${ofField}\`${this.detail.slice(ofField.length + 2)}`;
    return new MooringError(this.code, detail, { ...this.#options, cause: this });
  }

  /** The same failure beside what was finished before it. */
  after(partial: Readonly<Record<string, unknown>>): MooringError {
    return new MooringError(this.code, this.detail, {
      ...this.#options,
      cause: this,
      partial: { ...this.partial, ...partial },
    });
  }

  get #options(): MooringErrorOptions {
    const { retryAfterMs, url, partial } = this;
    return {
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(url === undefined ? {} : { url }),
      ...(partial === undefined ? {} : { partial }),
    };
  }
}

/**
 * A setting as sentences name it to callers: by its environment variable. `responseLimit` is `MOORING_RESPONSE_LIMIT`.
 *
 * @param key its name in the config file
 */
export const settingName = (key: string): string =>
  `MOORING_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;

/** What a server that shuts down answers. */
export const drainingError = (): MooringError =>
  new MooringError('DRAINING', 'expected a server that takes new work, but this one is shutting down.', {
    retryAfterMs: 1000,
  });

/** The code that callers see of any thrown value. */
export const wireCodeOfError = (error: unknown): WireCode =>
  wireCodeOf(error instanceof MooringError ? error.code : 'INTERNAL_ERROR');

/** The sentence of any thrown value. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
