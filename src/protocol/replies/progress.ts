import { z } from 'zod';
import { sessionEventSchema } from './session-event.js';

const progressFields = {
  request: z.int().optional().describe('In a batch: which request, from 0.'),
  elapsedMs: z.int().describe('Whole milliseconds that it took.'),
};

/** What of a request is over. */
const stepSchemas = [
  z.object({ type: z.literal('navigation'), url: z.string(), statusCode: z.int(), ...progressFields }),
  z.object({
    type: z.literal('action'),
    action: z.string().describe('Its `type`.'),
    place: z.string().describe('`browserActions[2].then[0]`.'),
    error: z.string().optional().describe('Why it failed.'),
    ...progressFields,
  }),
] as const;
export type Progress = z.infer<(typeof stepSchemas)[number]>;

/** What `sessions.events` tells of a session. */
const newsSchemas = [
  z.object({ type: z.literal('event'), event: sessionEventSchema.describe('What happened.') }),
  z.object({
    type: z.literal('missed'),
    missed: z.int().describe('How many events are no longer kept that came before the next one.'),
  }),
] as const;
export type SessionNews = z.infer<(typeof newsSchemas)[number]>;

/** What a command with `Accept: text/event-stream` tells while it runs. */
export const progressSchema = z.discriminatedUnion('type', [...stepSchemas, ...newsSchemas]);
