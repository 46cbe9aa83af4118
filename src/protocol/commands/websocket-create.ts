import { z } from 'zod';
import { defineCommand } from '../define-command.js';
import { defineFields } from '../fields/define-fields.js';
import { integer, optionalFilled } from '../fields/scalars.js';
import { createdField, exampleClosing, replyFields, restoredFields, sessionField } from '../replies/reply-fields.js';
import { type CreateArguments, sessionsCreate } from './sessions-create.js';

const defaultTtlSeconds = 300;
const maxTtlSeconds = 86_400;

/** What `websocket.create` is told. */
export interface AttachArguments extends CreateArguments {
  /** How long the address is good to connect with. */
  readonly ttlMs: number;
}

const { shape: createFields } = sessionsCreate.parameters;

export const websocketCreate = defineCommand({
  name: 'websocket.create',
  summary: 'Gives an address for Playwright or Puppeteer',
  description:
    'A WebSocket for `connectOverCDP` of Playwright and `connect` of Puppeteer, to one session: its context, its pages, ' +
    'what they open. Opens the session if there is none, as `sessions.create` does. While a client is attached, commands ' +
    'for the session wait. For sessions on Chromium.',
  parameters: z.object({
    ...createFields,
    ...defineFields('session', {
      ttl: optionalFilled(integer(1, maxTtlSeconds, 'seconds')).describe(
        `Seconds that the address is good to connect with, as often as you like. Default: ${defaultTtlSeconds}.`,
      ),
    }),
  }),
  goesOut: true,
  toCommand: ({ ttl = defaultTtlSeconds, ...fields }, context): AttachArguments => ({
    ...sessionsCreate.toCommand(fields, context),
    ttlMs: ttl * 1000,
  }),
  reply: z.object({
    solution: z.object({
      verified: z.boolean(),
      wsEndpoint: z.string().describe('`ws://host/attach/<token>`. The token is the key: it works without one.'),
      ws: z.string().describe('The same.'),
    }),
    ...replyFields,
    ...sessionField,
    ...createdField,
    ...restoredFields,
  }),
  example: {
    request: { session: 'my-session-id' },
    response: {
      solution: {
        verified: true,
        wsEndpoint: 'ws://mooring.example/attach/1Fq9v7v0Hc4X8x0tq3P5kQm2b6nY9wZa',
        ws: 'ws://mooring.example/attach/1Fq9v7v0Hc4X8x0tq3P5kQm2b6nY9wZa',
      },
      data: 'success',
      session: 'my-session-id',
      ...exampleClosing(7),
    },
  },
});
