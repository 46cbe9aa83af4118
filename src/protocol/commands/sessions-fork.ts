import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { defineCommand } from '../define-command.js';
import { defineFields } from '../fields/define-fields.js';
import { optionalSessionId } from '../fields/scalars.js';
import { namedSessionFields } from '../fields/session-use.js';
import { exampleFingerprint, fingerprintSchema } from '../replies/fingerprint.js';
import { exampleClosing, replyFields, sessionField, verifiedSolution } from '../replies/reply-fields.js';

export const sessionsFork = defineCommand({
  name: 'sessions.fork',
  summary: 'Opens a copy of a session',
  description:
    'A new session with the options, identity, upstream and state of another one, open or asleep. From then on they go ' +
    'their own ways.',
  parameters: z.object({
    ...namedSessionFields,
    ...defineFields('session', {
      newSession: optionalSessionId().describe('The ID of the new session. Default: a random UUID.'),
    }),
  }),
  goesOut: true,
  toCommand: ({ session, newSession }) => ({
    session,
    newSession: newSession ?? randomUUID(),
    named: newSession !== undefined,
  }),
  reply: z.object({
    ...verifiedSolution,
    ...replyFields,
    ...sessionField,
    forkedFrom: z.string().describe('The session that it was copied from.'),
    fingerprint: fingerprintSchema,
  }),
  example: {
    request: { session: 'my-session-id', newSession: 'second' },
    response: {
      solution: { verified: true },
      data: 'success',
      session: 'second',
      forkedFrom: 'my-session-id',
      fingerprint: exampleFingerprint,
      ...exampleClosing(14),
    },
  },
});
