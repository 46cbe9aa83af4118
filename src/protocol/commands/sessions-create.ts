import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { defineCommand } from '../define-command.js';
import { defineFields } from '../fields/define-fields.js';
import { sessionDomainFields } from '../fields/domains.js';
import { optionalSessionId } from '../fields/scalars.js';
import { sessionOptionFields } from '../fields/session-options.js';
import { stateFields } from '../fields/state.js';
import { exampleFingerprint, fingerprintSchema } from '../replies/fingerprint.js';
import {
  exampleClosing,
  replyFields,
  restoredFields,
  sessionField,
  verifiedSolution,
} from '../replies/reply-fields.js';
import { readDomains } from '../values/domain-list.js';
import { type ImportedState, readState } from '../values/imported-state.js';
import { readSessionOptions, type SessionOptions } from '../values/session-options.js';

/** What `sessions.create` is told. */
export interface CreateArguments {
  readonly session: string;
  /** Whether the caller gave the ID; if not, only the reply tells it. */
  readonly named: boolean;
  readonly options: SessionOptions;
  /** What it starts with; undefined: nothing. */
  readonly state: ImportedState | undefined;
}

export const sessionsCreate = defineCommand({
  name: 'sessions.create',
  summary: 'Opens a session',
  description:
    'A browser session with its own cookies and storage. It ends 200 seconds after its last request, or as ' +
    '`session_ttl` says; with `persist` it falls asleep instead. The ID of an open session gives that session, and wakes one that sleeps.',
  parameters: z.object({
    ...defineFields('session', {
      session: optionalSessionId().describe(
        'An ID of your own: 1 to 128 characters of `A-Za-z0-9._:-`. Default: a random UUID. The ID of an open session gives ' +
          'that session, if the other options are absent or equal.',
      ),
    }),
    ...sessionOptionFields,
    ...sessionDomainFields,
    ...stateFields,
  }),
  goesOut: true,
  toCommand: ({ session, state, ...fields }): CreateArguments => ({
    session: session ?? randomUUID(),
    named: session !== undefined,
    options: { ...readSessionOptions(fields), domains: readDomains(fields) },
    state: state && readState(state),
  }),
  reply: z.object({
    ...verifiedSolution,
    ...replyFields,
    ...sessionField,
    ...restoredFields,
    fingerprint: fingerprintSchema,
    context: z.object({
      _type: z.literal('BrowserContext'),
      _guid: z.string().describe('`browser-context@` and 32 hex digits.'),
    }),
  }),
  example: {
    request: { session: 'my-session-id' },
    response: {
      solution: { verified: true },
      data: 'success',
      session: 'my-session-id',
      fingerprint: exampleFingerprint,
      context: { _type: 'BrowserContext', _guid: 'browser-context@2356ec33a1fa91f08e3b3da7b55b13f6' },
      ...exampleClosing(6),
    },
  },
});
