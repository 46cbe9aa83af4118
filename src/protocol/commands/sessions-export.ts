import { z } from 'zod';
import { defineCommand } from '../define-command.js';
import { namedSessionFields } from '../fields/session-use.js';
import { exportedStateSchema } from '../fields/state.js';
import { exampleClosing, replyFields, sessionField } from '../replies/reply-fields.js';

export const sessionsExport = defineCommand({
  name: 'sessions.export',
  summary: 'Gives the state of a session',
  description:
    'Cookies, local and session storage, IndexedDB and the place of the page, to start another session with (`state` of ' +
    '`sessions.create`), here or elsewhere. The session goes on, or sleeps on. The state has what logs in: keep it like a password.',
  parameters: z.object(namedSessionFields),
  goesOut: false,
  toCommand: ({ session }) => ({ session }),
  reply: z.object({
    solution: z.object({ state: exportedStateSchema }),
    ...replyFields,
    ...sessionField,
  }),
  example: {
    request: { session: 'my-session-id' },
    response: {
      solution: {
        state: {
          version: 1,
          storageState: {
            cookies: [
              {
                name: 'sid',
                value: 'a1b2c3',
                domain: 'example.com',
                path: '/',
                expires: -1,
                httpOnly: true,
                secure: true,
                sameSite: 'Lax',
              },
            ],
            origins: [{ origin: 'https://example.com', localStorage: [{ name: 'theme', value: 'dark' }] }],
          },
          sessionStorage: [{ origin: 'https://example.com', sessionStorage: [{ name: 'step', value: '2' }] }],
          url: 'https://example.com/account',
          method: 'GET',
          scroll: { x: 0, y: 240 },
          viewport: { width: 1280, height: 1024 },
          takenAt: 1764000000000,
        },
      },
      data: 'success',
      session: 'my-session-id',
      ...exampleClosing(9),
    },
  },
});
