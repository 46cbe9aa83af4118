import { z } from 'zod';
import { defineCommand } from '../define-command.js';
import { defineFields } from '../fields/define-fields.js';
import { integer, optional } from '../fields/scalars.js';
import { namedSessionFields } from '../fields/session-use.js';
import { exampleClosing, noSolution, replyFields, sessionField } from '../replies/reply-fields.js';
import { sessionEventSchema } from '../replies/session-event.js';

/** What `sessions.events` is told. */
export interface EventsArguments {
  readonly session: string;
  /** The sequence of the last event that the caller has; 0: it has none. */
  readonly since: number;
}

export const sessionsEvents = defineCommand({
  name: 'sessions.events',
  summary: 'Tells what happened in a session',
  description:
    'Its commands, navigations, actions, refusals, downloads, dialogs and errors, newest last, and what became of the ' +
    'session itself. At most 500 are kept, of an ended session the last 50 for an hour. Looking does not renew or wake it. With ' +
    '`Accept: text/event-stream`: those first, then each as it happens, until the session ends or falls asleep.',
  parameters: z.object({
    ...namedSessionFields,
    ...defineFields('session', {
      since: optional(integer(0, Number.MAX_SAFE_INTEGER)).describe(
        'Only what came after the event with this `sequence`. If the session has not come to it, all: it was opened afresh. Default: all that is kept.',
      ),
    }),
  }),
  goesOut: false,
  follows: true,
  toCommand: ({ session, since = 0 }): EventsArguments => ({ session, since }),
  reply: z.object({
    ...noSolution,
    ...replyFields,
    ...sessionField,
    events: z.array(sessionEventSchema).describe('Empty at the end of a stream, which told them one by one.'),
    missed: z.int().optional().describe('How many after `since` are no longer kept.'),
    last: z.int().describe('The `sequence` of the last event: `since` for the next call.'),
  }),
  example: {
    request: { session: 'my-session-id', since: 1 },
    response: {
      solution: {},
      data: 'success',
      session: 'my-session-id',
      events: [
        {
          sequence: 2,
          at: 1764000000000,
          kind: 'navigation',
          url: 'https://example.com/',
          by: 'command',
          statusCode: 200,
        },
        {
          sequence: 3,
          at: 1764000000031,
          kind: 'command',
          command: 'request.get',
          url: 'https://example.com/',
          outcome: 'success',
          elapsedMs: 131,
        },
      ],
      last: 3,
      ...exampleClosing(0),
    },
  },
});
