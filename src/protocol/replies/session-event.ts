import { z } from 'zod';

const common = {
  sequence: z.int().describe('Counts up from 1 for each event of the session.'),
  at: z.int().describe('When it happened, milliseconds since 1970.'),
};

/** One kind of event: its name, what it says, and what it has to say. */
const event = <K extends string, F extends z.ZodRawShape>(kind: K, description: string, fields: F) =>
  z.object({ ...common, kind: z.literal(kind), ...fields }).describe(description);

const outcome = () => z.string().describe('`success`, the code of its error, or `cancelled`: its caller had gone.');
const url = () => z.string().describe('Without credentials, cut when it is long.');
const ms = (what: string) => z.int().describe(`Whole milliseconds that ${what}.`);
const who = () =>
  z.enum(['client', 'view']).describe('`client`: over `websocket.create`. `view`: a person in the live view.');

/** Why a session falls asleep. */
export const sleepReasons = ['idle', 'room', 'memory', 'browser', 'hung', 'burning', 'drain'] as const;
export type SleepReason = (typeof sleepReasons)[number];

/** Kinds of which a page can cause any number. */
export const noisyKinds = ['console', 'dialog', 'download', 'navigation', 'refusal'] as const;

export const sessionEventSchema = z
  .discriminatedUnion('kind', [
    event('created', 'The session was opened.', {
      by: z.enum(['create', 'request']).describe('`create`: `sessions.create` asked for it. `request`: a request did.'),
    }),
    event('command', 'A command on the session was answered.', {
      command: z.string().describe('Its `cmd`.'),
      url: url().optional(),
      outcome: outcome(),
      elapsedMs: ms('it took, its wait for a turn included'),
    }),
    event('navigation', 'The page came to another document, or failed to; or a request without a page was answered.', {
      url: url(),
      by: z
        .enum(['command', 'page'])
        .describe('`command`: `url` or `goto` named it. `page`: a link, a form or a script led there.'),
      statusCode: z.int().optional().describe('Absent: it failed.'),
      error: z.string().optional().describe("Why it failed, in the browser's own word."),
    }),
    event('action', 'A browser action is over.', {
      action: z.string().describe('Its `type`.'),
      place: z.string().describe('`browserActions[2].then[0]`.'),
      selector: z.string().optional().describe('What it was to act on. What it typed is kept nowhere.'),
      outcome: outcome(),
      elapsedMs: ms('it took'),
    }),
    event('refusal', 'A connection of the session did not come about, or broke off.', {
      host: z.string(),
      reason: z.string().describe('The code that a navigation there would end with.'),
    }),
    event('download', 'The page handed out a file.', {
      name: z.string().describe('As the site calls it.'),
      url: url(),
    }),
    event('dialog', 'The page showed a dialog, which was closed at once.', {
      type: z.string().describe('`alert`, `confirm`, `prompt` or `beforeunload`.'),
      message: z.string(),
    }),
    event('console', 'A script of the page failed, or reported an error. Chromium only.', {
      source: z
        .enum(['exception', 'console', 'browser'])
        .describe(
          '`exception`: nobody caught it. `console`: `console.error` or `console.assert`. `browser`: what the browser says, of a file that did not load for instance.',
        ),
      text: z.string(),
    }),
    event('more', 'More of one kind happened within a second than are kept.', {
      of: z.enum(noisyKinds).describe('Their kind.'),
      count: z.int().describe('How many are not kept.'),
    }),
    event('pause', 'The page was made to stand still.', {}),
    event('resume', 'The page goes on.', {}),
    event('sleep', 'The session was stored, and its page closed.', {
      reason: z
        .enum(sleepReasons)
        .optional()
        .describe(
          '`idle`: its idle time was over. `room`: others needed its slot. `memory`: memory ran short. `browser`: its browser was ' +
            'old. `hung`: its page did not stand still. `burning`: its process ran a good part of the time though the page stood still. ' +
            '`drain`: the server shut down.',
        ),
    }),
    event('wake', 'The session was opened again from what was stored.', {
      restored: z.boolean().describe('Whether its state is back.'),
      stateAgeMs: z.int().optional().describe('How old that state is.'),
    }),
    event('crash', 'The page is gone, and nobody closed it.', { reason: z.string() }),
    event('move', 'The session goes out by another upstream.', {
      upstream: z.string().describe('`direct`, `caller` (a proxy of its caller), or the class of a proxy of the pool.'),
      country: z.string().optional().describe('Its ISO code, if it is known.'),
    }),
    event('attach', 'Somebody took the session over.', { by: who() }),
    event('detach', 'They gave it back.', { by: who() }),
    event('ended', 'The session ended.', {
      reason: z.enum(['idle', 'lifetime', 'destroyed', 'crashed', 'evicted', 'drained', 'lost']),
    }),
  ])
  .meta({ id: 'SessionEvent' });
/** One thing that happened in a session. */
export type SessionEvent = z.infer<typeof sessionEventSchema>;
