import { MooringError } from '../errors.js';
import { optionFields } from '../protocol/fields/option-fields.js';
import type { SessionOptions } from '../protocol/values/session-options.js';
import { asksPool, namesUpstream } from '../protocol/values/upstream-preferences.js';
import { type EndedSession, EndedSessions, sessionEndedError, sessionNotFoundError } from './ended-sessions.js';
import { FailedOpenings, mayTryAgain } from './failed-openings.js';
import { openingDigest, repeats, unknownUpstream, upstreamDigest } from './session-options.js';
import type { RequestTarget, SessionTarget } from './session-target.js';

/** A session that is open, as far as the history has to know it. */
export interface OpenSession {
  readonly id: string;
  readonly owner: string;
  readonly anonymous: boolean;
  readonly isDirect: boolean;
}

/** A command that failed before the session was as it asked for. */
export interface FailedCommand extends Omit<SessionTarget, 'options'> {
  /** What it asked for. Undefined if that could not be read; it may have been a proxy. */
  readonly options: SessionOptions | undefined;
  readonly byCreate: boolean;
  readonly error: unknown;
}

export interface SessionHistoryOptions {
  /** Whether the operator has proxies for sessions that name none of their own. */
  readonly hasPool: boolean;
}

/**
 * What became of the IDs whose session is not open, or not as it was asked for. It decides whether a request may open one:
 * never in another way than its caller believes, above all not without the proxy.
 */
export class SessionHistory {
  readonly #options: SessionHistoryOptions;
  readonly #ended = new EndedSessions();
  readonly #failed = new FailedOpenings();

  constructor(options: SessionHistoryOptions) {
    this.#options = options;
  }

  /** Whether this ID was open, or could not be opened, and that is remembered. */
  knows(owner: string, id: string): boolean {
    return this.#ended.find(owner, id) !== undefined || this.#failed.find(owner, id) !== undefined;
  }

  /** How the last session of this ID ended. */
  ended(owner: string, id: string): EndedSession | undefined {
    return this.#ended.find(owner, id);
  }

  /** The session is open: how the one before it ended no longer matters. */
  onOpened({ owner, id }: OpenSession): void {
    this.#ended.forget(owner, id);
  }

  onEnded({ owner, id, anonymous }: OpenSession, ended: EndedSession): void {
    this.#ended.remember(owner, id, anonymous, ended);
  }

  /** The ID gets another try, or is as it was asked for. */
  forgetFailure(owner: string, id: string): void {
    this.#failed.forget(owner, id);
  }

  /**
   * Checks whether a request may open the session of this ID.
   *
   * @returns the session before it, if it starts afresh
   * @throws MooringError that which the ID failed with, `SESSION_ENDED`, `SESSION_NOT_FOUND`
   */
  assertMayOpen({ owner, id, options, named, mustExist }: RequestTarget): EndedSession | undefined {
    const failed = this.#failed.find(owner, id);
    if (failed) {
      if (mustExist || !mayTryAgain(failed, options)) throw failed.error;
      return undefined;
    }
    const ended = this.#ended.find(owner, id);
    if (!ended) {
      if (mustExist) throw sessionNotFoundError(named ? id : undefined);
      return undefined;
    }
    if (!ended.startsAfresh || mustExist) throw sessionEndedError(id, ended);
    if (ended.upstream && !namesUpstream(options.upstream) && !repeats(options, ended.upstream)) {
      throw sessionEndedError(
        id,
        ended,
        `It had a proxy of its own, and this request names none: name \`${optionFields.proxy}\` (or \`${optionFields.direct}: true\`), or send \`sessions.create\`.`,
      );
    }
    return ended;
  }

  /**
   * Checks whether a request may use an open session: one that connects directly is not for callers who believe that it has
   * a proxy.
   *
   * @throws MooringError that which the ID failed with
   */
  assertMayUse(session: OpenSession, { owner, id, options, dontChangeProxy }: RequestTarget): void {
    const failed = session.isDirect ? this.#failed.find(owner, id) : undefined;
    if (!failed) return;
    const isStill = dontChangeProxy && options.upstream.proxy !== undefined;
    if (isStill || !mayTryAgain(failed, options)) throw failed.error;
  }

  /**
   * Keeps that a command failed. Until that is mended, requests for its ID that do not ask for the same themselves get the
   * same failure.
   *
   * @param open the session of this ID, if it is open
   */
  onFailed({ owner, id, named, options, byCreate, error }: FailedCommand, open: OpenSession | undefined): void {
    if (!named || error === this.#failed.find(owner, id)?.error) return;
    const wantsUpstream =
      !options || options.upstream.proxy !== undefined || (this.#options.hasPool && asksPool(options.upstream));
    const code = error instanceof MooringError ? error.code : undefined;
    if (open || code === 'SESSION_EXISTS') {
      if (wantsUpstream && (open?.isDirect ?? true)) this.#failed.remember(owner, id, error, false, options);
      return;
    }
    if (!byCreate && code === 'SESSION_ENDED' && this.#ended.find(owner, id)) {
      if (wantsUpstream) this.#ended.guard(owner, id, options ? upstreamDigest(options) : unknownUpstream);
      return;
    }
    const isRefusal = code === 'SESSION_NOT_FOUND' && !wantsUpstream; // nothing was tried
    if (isRefusal || (!byCreate && options && openingDigest(options).size === 0)) return;
    this.#failed.remember(owner, id, error, byCreate, options);
  }
}
