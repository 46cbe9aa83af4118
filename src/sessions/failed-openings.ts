import { MooringError } from '../errors.js';
import { optionFields } from '../protocol/fields/option-fields.js';
import type { SessionOptions } from '../protocol/values/session-options.js';
import { namesUpstream } from '../protocol/values/upstream-preferences.js';
import { BoundedMemory } from './bounded-memory.js';
import { type OptionDigest, openingDigest, repeats } from './session-options.js';

/** A try to open a session, or to move one, that came to nothing. */
export interface FailedOpening {
  /** What requests to this ID get from now on; one object, so that it differs from a failure of their own. */
  readonly error: MooringError;
  /** Whether `sessions.create` failed, or a request that would have opened the session. */
  readonly byCreate: boolean;
  /** What it asked for. Undefined if that could not be read. */
  readonly options: OptionDigest | undefined;
}

const bounds = { maxPerOwner: 10_000, max: 100_000 };
const maxDetailChars = 500;

/**
 * The IDs whose session could not be opened as it was asked for. Callers that do not look at the answer of
 * `sessions.create` send their requests all the same; such a request must not open the session in another way, without
 * the proxy above all.
 */
export class FailedOpenings {
  readonly #memory = new BoundedMemory<FailedOpening>(bounds);

  /** @param options what was asked for; undefined if that could not be read */
  remember(owner: string, id: string, error: unknown, byCreate: boolean, options: SessionOptions | undefined): void {
    this.#memory.remember(owner, id, {
      error: failedBefore(id, error),
      byCreate,
      options: options && openingDigest(options),
    });
  }

  find(owner: string, id: string): FailedOpening | undefined {
    return this.#memory.find(owner, id);
  }

  forget(owner: string, id: string): void {
    this.#memory.forget(owner, id);
  }
}

/**
 * Whether a request may open the session after that failure: it says itself where to connect, or it is the request that
 * failed, once more. What `sessions.create` asked for, a request does not know.
 */
export function mayTryAgain(failed: FailedOpening, options: SessionOptions): boolean {
  if (namesUpstream(options.upstream)) return true;
  return !failed.byCreate && failed.options !== undefined && repeats(options, failed.options);
}

/** No `retryAfterMs`: the same request again is refused again. */
function failedBefore(id: string, error: unknown): MooringError {
  const known =
    error instanceof MooringError
      ? error
      : new MooringError('BROWSER_FAILED', 'expected the session to open; its caller went away, or the server failed.');
  const detail = known.detail.length > maxDetailChars ? `${known.detail.slice(0, maxDetailChars - 1)}…` : known.detail;
  return new MooringError(
    known.code,
    `${detail} That was the answer at ${new Date().toISOString()}, when session ${id} was to be opened or moved; it failed, and nothing is sent for this ID since. Send \`sessions.create\` for it, or a request that names \`${optionFields.proxy}\` (or \`${optionFields.direct}: true\`).`,
  );
}
