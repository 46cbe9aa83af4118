import { z } from 'zod';
import { defineCommand } from '../define-command.js';
import { namedSessionFields } from '../fields/session-use.js';
import { exampleFingerprint, fingerprintSchema } from '../replies/fingerprint.js';
import { exampleClosing, replyFields, sessionField, verifiedSolution } from '../replies/reply-fields.js';

export const sessionsIdentity = defineCommand({
  name: 'sessions.identity',
  summary: 'Lets a session look at itself',
  description:
    'Opens a built-in page beside that of the session and tells what headers, page, frame, popup and workers say, and ' +
    'where that does not fit its `fingerprint`. Nothing of it goes out.',
  parameters: z.object(namedSessionFields),
  goesOut: false,
  toCommand: ({ session }) => ({ session }),
  reply: z.object({
    ...verifiedSolution,
    ...replyFields,
    ...sessionField,
    fingerprint: fingerprintSchema,
    reports: z.object({
      headers: z
        .record(z.string(), z.record(z.string(), z.string()))
        .describe('What was sent for each path of the built-in pages.'),
      contexts: z
        .record(z.string(), z.unknown())
        .describe('What `page`, `frame`, `popup`, `worker`, `sharedWorker` and `serviceWorker` say of themselves.'),
    }),
    contradictions: z
      .array(z.object({ where: z.string(), what: z.string(), expected: z.unknown(), came: z.unknown() }))
      .describe('Where that does not fit the fingerprint; empty when all of it does.'),
  }),
  example: {
    request: { session: 'my-session-id' },
    response: {
      solution: { verified: true },
      data: 'success',
      session: 'my-session-id',
      fingerprint: exampleFingerprint,
      reports: {
        headers: { '/': { 'user-agent': exampleFingerprint.userAgent } },
        contexts: { page: { userAgent: exampleFingerprint.userAgent, platform: 'Linux x86_64', languages: ['en-US'] } },
      },
      contradictions: [],
      ...exampleClosing(420),
    },
  },
});
