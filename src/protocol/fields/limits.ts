import { defineFields } from './define-fields.js';
import { flag, integer, optional, optionalFilled } from './scalars.js';

/** How long a session lives, and how much it may move. */
export const limitFields = defineFields('limits', {
  maxBytes: {
    schema: optionalFilled(integer(1, Number.MAX_SAFE_INTEGER, 'bytes')).describe(
      'How many bytes the session may move, both ways together; then everything is refused with `QUOTA_EXCEEDED`.',
    ),
    guards: true,
  },
  session_ttl: optionalFilled(integer(1, 31_536_000, 'seconds')).describe(
    'Seconds that the session lives after the end of its last request. Default: the setting `MOORING_IDLE_TIMEOUT` (200).',
  ),
  maxLifetime: optionalFilled(integer(1, 31_536_000, 'seconds')).describe(
    'Seconds that the session lives at most, counted from its creation. Default: the setting `MOORING_MAX_LIFETIME`.',
  ),
  persist: {
    schema: optional(flag()).describe(
      'What an answer acknowledged is kept: cookies, storage, IndexedDB, address and scroll position. The session does not end ' +
        'when it is idle but falls asleep, and wakes with the next request under its ID, also after a crash or a restart.',
    ),
    guards: true,
  },
  keepRunning: optional(flag()).describe(
    'The page goes on running between requests. Default: it stands still from `MOORING_PAUSE_AFTER` (10 s) after a request ' +
      'until the next one, its memory as it was.',
  ),
});
