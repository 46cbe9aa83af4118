import { z } from 'zod';

const progressFields = {
  request: z.int().optional().describe('In a batch: which request, from 0.'),
  elapsedMs: z.int().describe('Whole milliseconds that it took.'),
};

/** What a command with `Accept: text/event-stream` tells while it runs. */
export const progressSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('navigation'), url: z.string(), statusCode: z.int(), ...progressFields }),
  z.object({
    type: z.literal('action'),
    action: z.string().describe('Its `type`.'),
    place: z.string().describe('`browserActions[2].then[0]`.'),
    error: z.string().optional().describe('Why it failed.'),
    ...progressFields,
  }),
]);
export type Progress = z.infer<typeof progressSchema>;
