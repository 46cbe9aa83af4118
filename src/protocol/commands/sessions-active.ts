import { z } from 'zod';
import { defineCommand } from '../define-command.js';
import { namedSessionFields } from '../fields/session-use.js';
import { exampleClosing, noSolution, replyFields, sessionField } from '../replies/reply-fields.js';

export const sessionsActive = defineCommand({
  name: 'sessions.active',
  summary: 'Tells whether a session is open',
  description: 'Asking does not renew it.',
  parameters: z.object(namedSessionFields),
  goesOut: false,
  toCommand: ({ session }) => ({ session }),
  reply: z.object({ ...noSolution, ...replyFields, ...sessionField, active: z.boolean() }),
  example: {
    request: { session: 'my-session-id' },
    response: { solution: {}, data: 'success', session: 'my-session-id', active: true, ...exampleClosing(0) },
  },
});
