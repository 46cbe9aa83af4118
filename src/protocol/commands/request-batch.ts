import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { MooringError } from '../../errors.js';
import { commandNameOf, unknownCommand } from '../command-name.js';
import { type Body, defineCommand, type ParseContext, readCommand } from '../define-command.js';
import { defineFields } from '../fields/define-fields.js';
import { flag, optional, optionalSessionId } from '../fields/scalars.js';
import { createOnlyFields, sessionOptionFields } from '../fields/session-options.js';
import { openSessionFields } from '../fields/session-use.js';
import { requestTimeout } from '../fields/waiting.js';
import { asksForNothing } from '../names/asks-for-nothing.js';
import {
  createdField,
  exampleClosing,
  noSolution,
  replyFields,
  restoredFields,
  sessionField,
  timedFields,
} from '../replies/reply-fields.js';
import { exampleSolution, partialSolutionSchema } from '../replies/solution.js';
import { readSessionOptions, type SessionOptions } from '../values/session-options.js';
import { type RequestCommand, requestDefinitions } from './request.js';

/** How many requests one batch may hold. */
export const maxBatch = 100;
const batchSize = `expected a list of 1 to ${maxBatch} requests, each an object`;

/** What is said once for the whole batch. */
const wholeFields = {
  ...defineFields('session', {
    session: optionalSessionId().describe('The session to use. Default: a new anonymous session.'),
    closeAfterUse: optional(flag()).describe('End the session after the batch.'),
  }),
  ...openSessionFields,
  ...sessionOptionFields,
};

const { session: sessionOfBatch, ...otherWholeFields } = wholeFields;

/** What a batch is told. */
export interface BatchArguments {
  readonly session: string;
  readonly anonymous: boolean;
  readonly options: SessionOptions;
  readonly requests: readonly RequestCommand[];
  /** Absent: as long as each of them may take. */
  readonly timeoutMs: number | undefined;
  readonly closeAfterUse: boolean;
  /** Refuse with `SESSION_NOT_FOUND` instead of opening a session. */
  readonly mustExist: boolean;
  /** An explicit `proxy` that differs does not move the open session. */
  readonly dontChangeProxy: boolean;
}

/** Several requests of one session in one turn. The options of a session count when the batch opens it. */
export const requestBatch = defineCommand({
  name: 'request.batch',
  summary: 'Runs several requests of one session in one turn',
  description:
    'The requests run one after another, with none of another caller between them, and are answered at once. The first ' +
    'that fails ends the batch: its code and place are in the error, and what the others brought in `results`.',
  parameters: z.object({
    session: sessionOfBatch,
    ...defineFields('sending', {
      requests: z
        .preprocess(
          (value) => (Array.isArray(value) || typeof value !== 'object' || value === null ? value : [value]),
          z.array(z.record(z.string(), z.unknown()), { error: batchSize }).min(1, batchSize).max(maxBatch, batchSize),
        )
        .describe(
          'The requests, each with the fields of a `request.*` and its `cmd` (default `request.get`), in order.',
        ),
    }),
    ...defineFields('waiting', {
      timeout: requestTimeout().describe(
        'Milliseconds for all of them, waiting included. Default: as long as each of them may take.',
      ),
    }),
    ...otherWholeFields,
  }),
  unsupported: createOnlyFields,
  goesOut: true,
  toCommand: ({ session: given, requests, timeout, closeAfterUse, ...rest }, context): BatchArguments => {
    const { mustExist = false, dontChangeProxy = false, ...fields } = rest;
    const session = given ?? randomUUID();
    return {
      session,
      anonymous: given === undefined,
      options: readSessionOptions(fields),
      requests: requests.map((body, i) => readStep(body, i, session, context)),
      timeoutMs: timeout,
      closeAfterUse: closeAfterUse ?? false,
      mustExist,
      dontChangeProxy,
    };
  },
  reply: z.object({
    ...noSolution,
    ...replyFields,
    ...sessionField,
    ...createdField,
    ...restoredFields,
    results: z
      .array(z.object({ solution: partialSolutionSchema, warnings: z.array(z.string()).optional(), ...timedFields }))
      .describe('What each request brought back, in order.'),
  }),
  example: {
    request: {
      session: 'my-session-id',
      requests: [
        { cmd: 'request.post', url: 'https://example.com/login', postData: { user: 'anna', password: 'secret' } },
        { url: 'https://example.com/orders', filter: ['innerText'] },
      ],
    },
    response: {
      solution: {},
      data: 'success',
      session: 'my-session-id',
      results: [
        { solution: { ...exampleSolution, method: 'POST' }, timeElapsed: 160 },
        { solution: { innerText: 'Order 1' }, timeElapsed: 48 },
      ],
      ...exampleClosing(209),
    },
  },
});
export type BatchReply = z.infer<typeof requestBatch.reply>;

const requestNames = requestDefinitions.map(({ name }) => name);

function readStep(body: Body, i: number, session: string, context: ParseContext): RequestCommand {
  const cmd = commandNameOf(body) ?? 'request.get';
  const definition = requestDefinitions.find(({ name }) => name === cmd);
  if (!definition) throw unknownCommand(`requests[${i}].cmd`, cmd, requestNames);
  const prefix = `requests[${i}].`;
  try {
    const step = readCommand(definition, body, { ...context, prefix }, (fields) => {
      refuseMisplaced(fields);
      fields.session = session;
    });
    if (step.request.forceNewProxy) {
      context.warnings.add(`\`${prefix}forceNewProxy\` has no effect in a batch: sessions.proxy moves a session.`);
    }
    return { ...step, warnings: [] };
  } catch (error) {
    throw error instanceof MooringError ? error.at(`requests[${i}]`) : error;
  }
}

function refuseMisplaced(fields: Body): void {
  const misplaced = Object.keys(wholeFields).find((name) => !asksForNothing(fields[name]));
  if (misplaced === undefined) return;
  throw new MooringError(
    'INVALID_PARAMETER',
    `\`${misplaced}\`: expected it beside \`requests\`, for the batch as a whole.`,
  );
}
