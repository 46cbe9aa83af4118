import { z } from 'zod';
import { wireCodes } from '../../errors.js';
import { closingFields } from './reply-fields.js';
import { partialSolutionSchema } from './solution.js';

export const errorReplySchema = z.object({
  data: z.literal('error'),
  error: z.string().describe('`<CODE>: ` and a sentence: what was expected, what came.'),
  code: z.enum(wireCodes),
  info: z.string().describe('The row of the error page that explains the code.'),
  solution: partialSolutionSchema.describe('`verified` is false. With `partial`: what was known by then.'),
  session: z.string().optional().describe('The session that was involved, if one was.'),
  partial: z.literal(true).optional().describe('What was finished before the failure is in this reply too.'),
  retryAfterMs: z.int().optional().describe('After how many milliseconds a new try makes sense.'),
  ...closingFields,
});
/** What a failed command answers. */
export type ErrorReply = z.infer<typeof errorReplySchema>;
