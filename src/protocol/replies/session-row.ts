import { z } from 'zod';

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
  })
  .meta({ id: 'SessionRow' });
export type SessionRow = z.infer<typeof sessionRowSchema>;
