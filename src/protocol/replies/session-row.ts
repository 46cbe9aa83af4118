import { z } from 'zod';
import { fingerprintSchema } from './fingerprint.js';

const { shape: fingerprint } = fingerprintSchema;

const wholeMs = (what: string) => z.int().describe(`${what}, milliseconds since 1970.`);

export const sessionRowSchema = z
  .object({
    session: z.string(),
    lastAccessed: wholeMs('The end of the last request'),
    createdAt: wholeMs('When it was made'),
    idleMs: z.int().describe('Milliseconds since the last request ended; 0 while one runs.'),
    bytesIn: z.int().describe('Bytes that came from the network.'),
    bytesOut: z.int().describe('Bytes that went to the network.'),
    state: z
      .enum(['open', 'busy', 'paused', 'attached', 'asleep'])
      .describe(
        '`busy`: a request runs. `paused`: its page stands still until the next one. `attached`: a client or a person uses it. ' +
          '`asleep`: its state is kept, and the next request wakes it.',
      ),
    persist: z.boolean().describe('It is kept until it is destroyed.'),
    waiting: z.int().describe('How many requests wait for their turn.'),
    anonymous: z.boolean().describe('Its caller did not name it: it is the first to go when room is needed.'),
    node: z.string().describe('The host name of the machine that has it.'),
    url: z
      .string()
      .optional()
      .describe('Where its page is, without credentials, at most 500 characters. Absent: it shows none, or sleeps.'),
    browser: fingerprint.browser.optional().describe('What it appears to be. Absent, as the rest, while it sleeps.'),
    operatingSystem: fingerprint.operatingSystem.optional(),
    device: fingerprint.device.optional(),
    engine: z.string().optional().describe('The browser that really runs.'),
    upstream: z
      .string()
      .optional()
      .describe(
        "Its way out: `direct`, the caller's proxy without its credentials, or the class of a proxy of the pool (`residential`).",
      ),
    country: z.string().optional().describe('The ISO code of the country it goes out in, if that is known.'),
  })
  .meta({ id: 'SessionRow' });
export type SessionRow = z.infer<typeof sessionRowSchema>;
