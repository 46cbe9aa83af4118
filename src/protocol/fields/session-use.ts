import { defineFields } from './define-fields.js';
import { flag, optional, optionalSessionId, sessionId } from './scalars.js';

/** For a command about one session. */
export const namedSessionFields = defineFields('session', { session: sessionId() });

/** What a request or batch asks of the session that it names. */
export const openSessionFields = defineFields('session', {
  mustExist: {
    schema: optional(flag()).describe('Refuse with `SESSION_NOT_FOUND` instead of opening a session.'),
    guards: true,
  },
  dontChangeProxy: {
    schema: optional(flag()).describe('An explicit `proxy` that differs does not move the open session.'),
    guards: true,
  },
});

/** Which session a request uses, and what becomes of it. */
export const sessionUseFields = {
  ...defineFields('session', {
    session: {
      schema: optionalSessionId().describe(
        'The session to use. An ID that was never seen creates that session, and the reply says `created`. Default: a new ' +
          'anonymous session, whose ID is in the reply and may be used again.',
      ),
      guards: true,
    },
    keepSamePage: {
      schema: optional(flag()).describe('Stay on the page the session shows; `url` counts only if it shows none yet.'),
      needs: ['page'],
    },
    closeAfterUse: optional(flag()).describe('End the session after this request.'),
    forceNewProxy: {
      schema: optional(flag()).describe(
        "Moves a session that is open to another proxy of the operator's pool, of the same class and country. A request that " +
          'opens its session gets one anyway. In a batch it has no effect.',
      ),
      guards: true,
    },
  }),
  ...openSessionFields,
};
