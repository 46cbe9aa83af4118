import { z } from 'zod';

/** What every success says. */
export const replyFields = {
  data: z.literal('success'),
  warnings: z.array(z.string()).optional().describe('What had no effect, or held with a restriction; a sentence each.'),
};
export const timedFields = { timeElapsed: z.int().describe('Whole milliseconds that the command took.') };
/** What every reply ends with. */
export const closingFields = {
  ...timedFields,
  requestId: z
    .string()
    .describe(
      "The request's ID, as in the header `x-request-id` and in the server's log: the caller's own, if it sent one.",
    ),
};

export const sessionField = { session: z.string().describe('The ID of the session.') };
/** Of a command that goes to no page. */
export const noSolution = { solution: z.object({}) };
export const verifiedSolution = { solution: z.object({ verified: z.boolean() }) };
export const createdField = {
  created: z.literal(true).optional().describe('The session was opened for this command: its ID was not open before.'),
};
export const restoredFields = {
  restored: z
    .literal(true)
    .optional()
    .describe('The session was brought back from its stored state: it slept, or its browser or tab had crashed.'),
  stateAgeMs: z.int().optional().describe('How old that state was, milliseconds.'),
};

/** The end of a reply as the reference shows it. */
export const exampleClosing = (timeElapsed: number) => ({ timeElapsed, requestId: '5f0c1f9be2a84d17' });
