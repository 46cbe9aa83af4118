import { z } from 'zod';
import { defineCommand } from '../define-command.js';
import { namedSessionFields } from '../fields/session-use.js';
import { exampleClosing, noSolution, replyFields, sessionField } from '../replies/reply-fields.js';

export const sessionsDestroy = defineCommand({
  name: 'sessions.destroy',
  summary: 'Ends a session',
  description: 'Closes the session and all that belongs to it. One that is not there is success too.',
  parameters: z.object(namedSessionFields),
  goesOut: false,
  toCommand: ({ session }) => ({ session }),
  reply: z.object({ ...noSolution, ...replyFields, ...sessionField }),
  example: {
    request: { session: 'my-session-id' },
    response: { solution: {}, data: 'success', session: 'my-session-id', ...exampleClosing(14) },
  },
});
