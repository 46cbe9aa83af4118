import { z } from 'zod';
import { defineCommand } from '../define-command.js';
import { exampleClosing, noSolution, replyFields } from '../replies/reply-fields.js';
import { sessionRowSchema } from '../replies/session-row.js';

export const sessionsList = defineCommand({
  name: 'sessions.list',
  summary: 'Lists the sessions of this key',
  description: 'Looking does not renew them.',
  parameters: z.object({}),
  goesOut: false,
  toCommand: () => ({}),
  reply: z.object({
    ...noSolution,
    ...replyFields,
    sessions: z.array(sessionRowSchema).describe('The sessions of this key, those that sleep too.'),
    open: z.int().describe('How many of them do not sleep.'),
    limit: z.int().describe('How many of this key can be open at once.'),
  }),
  example: {
    request: {},
    response: {
      solution: {},
      data: 'success',
      sessions: [
        {
          session: 'my-session-id',
          lastAccessed: 1764000000000,
          createdAt: 1763999990000,
          idleMs: 1200,
          bytesIn: 48211,
          bytesOut: 3120,
          state: 'open',
          persist: false,
          waiting: 0,
          anonymous: false,
          node: 'worker-1',
          url: 'https://example.com/account',
          browser: { name: 'chrome', version: 156 },
          operatingSystem: 'linux',
          device: 'desktop',
          engine: 'chromium',
          upstream: 'direct',
        },
      ],
      open: 1,
      limit: 100,
      ...exampleClosing(0),
    },
  },
});
