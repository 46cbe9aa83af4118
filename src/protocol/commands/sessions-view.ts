import { z } from 'zod';
import { defineCommand } from '../define-command.js';
import { defineFields } from '../fields/define-fields.js';
import { integer, optional } from '../fields/scalars.js';
import { namedSessionFields } from '../fields/session-use.js';
import { exampleClosing, replyFields, sessionField } from '../replies/reply-fields.js';

const defaultTtlSeconds = 3600;
const maxTtlSeconds = 7 * 86_400;

/** What `sessions.view` is told. */
export interface ViewArguments {
  readonly session: string;
  /** Whether who has the link may take the session over. */
  readonly control: boolean;
  /** How long the link is good. */
  readonly ttlMs: number;
}

export const sessionsView = defineCommand({
  name: 'sessions.view',
  summary: 'Gives a link to look at a session with',
  description:
    'A page that shows the session as it happens, on every engine. With `control` a person can take it over there: from ' +
    'their first input until they give it back, or do nothing for two minutes, commands for the session wait. Neither the ' +
    'command nor looking renews a session or wakes it; taking control does.',
  parameters: z.object({
    ...namedSessionFields,
    ...defineFields('session', {
      control: optional(z.boolean()).describe('Who has the link may take the session over. Default: false.'),
      ttl: optional(integer(1, maxTtlSeconds, 'seconds')).describe(
        `Seconds that the link is good, if the session does not end before. Default: ${defaultTtlSeconds}.`,
      ),
    }),
  }),
  goesOut: false,
  toCommand: ({ session, control = false, ttl = defaultTtlSeconds }): ViewArguments => ({
    session,
    control,
    ttlMs: ttl * 1000,
  }),
  reply: z.object({
    solution: z.object({
      viewUrl: z.string().describe('`http://host/view/<token>`. The token is the key: the link works without one.'),
    }),
    ...replyFields,
    ...sessionField,
  }),
  example: {
    request: { session: 'my-session-id', control: true },
    response: {
      solution: { viewUrl: 'http://mooring.example/view/1Fq9v7v0Hc4X8x0tq3P5kQm2b6nY9wZa' },
      data: 'success',
      session: 'my-session-id',
      ...exampleClosing(1),
    },
  },
});
