import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { MooringError } from '../../errors.js';
import { type Body, type CommandFrom, defineCommand } from '../define-command.js';
import { requestDomainFields } from '../fields/domains.js';
import { type RequestFields, requestSchema } from '../fields/request.js';
import { createOnlyFields, type SessionFields, sessionOptionFields } from '../fields/session-options.js';
import { createdField, exampleClosing, replyFields, restoredFields, sessionField } from '../replies/reply-fields.js';
import { exampleSolution, partialSolutionSchema } from '../replies/solution.js';
import { type DomainLists, readDomains } from '../values/domain-list.js';
import { readSessionOptions, type SessionOptions } from '../values/session-options.js';

/** What a request does to a session that it finds open. */
export interface OnOpenSession {
  /** Its options are for a session that the request opens; an open one keeps its own. */
  readonly keepOptions: boolean;
  /** An idle session older than this is made anew first, with the options that it has. */
  readonly renewAfterMs?: number;
}

/** The fields of a request that are for itself, and not read into a value. */
export type RequestParameters = Omit<RequestFields, keyof SessionFields>;

/** What a request is told. */
export interface RequestArguments {
  readonly session: string;
  readonly anonymous: boolean;
  readonly options: SessionOptions;
  /** Where it may go while it runs, over the rules of its session. */
  readonly domains: DomainLists;
  readonly request: RequestParameters;
  /** How it treats a session that is open, where that is not as usual. No field of a body: a dialect asks for it. */
  readonly onOpenSession?: OnOpenSession;
}

/** Fields that this project will never serve. */
const refusedFields = {
  autoparse: z.unknown().optional(),
  structure: z.unknown().optional(),
  model: z.unknown().optional(),
  api_key: z.unknown().optional(),
};
export const refusedRequestFields = Object.keys(refusedFields) as (keyof typeof refusedFields)[]; // its own keys

const readNames = Object.keys({ ...sessionOptionFields, ...requestDomainFields });

const requestReplySchema = z.object({
  solution: partialSolutionSchema,
  ...replyFields,
  ...sessionField,
  ...createdField,
  ...restoredFields,
});
export type RequestReply = z.infer<typeof requestReplySchema>;

/** The verbs differ in the method that they send. */
const requestWith = <V extends 'get' | 'post' | 'put' | 'delete' | 'patch'>(verb: V, example: Body) => {
  const method = verb.toUpperCase();
  return defineCommand({
    name: `request.${verb}`,
    summary: `Goes to a page with ${method}`,
    description:
      `A real navigation of the session's tab with the method ${method}; what it answers is what the page shows. ` +
      'An ID that was never seen creates that session. Requests on one session run one after another.',
    parameters: requestSchema,
    unsupported: { ...createOnlyFields, ...refusedFields },
    goesOut: true,
    toCommand: (request) => toRequest(verb, request),
    reply: requestReplySchema,
    example: {
      request: { url: 'https://example.com/', session: 'my-session-id', ...example },
      response: {
        solution: { ...exampleSolution, method },
        data: 'success',
        session: 'my-session-id',
        ...exampleClosing(112),
      },
    },
  });
};

function toRequest(verb: string, request: RequestFields): RequestArguments {
  if (!request.url && !request.keepSamePage) {
    throw new MooringError(
      'INVALID_PARAMETER',
      '`url`: expected an absolute http(s) URL (or `keepSamePage`); got nothing.',
    );
  }
  if (verb === 'get' && request.postData !== undefined && request.postData !== '') {
    throw new MooringError(
      'INVALID_PARAMETER',
      '`postData`: expected none with request.get; use request.post, .put or .patch.',
    );
  }
  return {
    session: request.session ?? randomUUID(),
    anonymous: request.session === undefined,
    options: readSessionOptions(request),
    domains: readDomains(request),
    request: Object.fromEntries(Object.entries(request).filter(([name]) => !readNames.includes(name))),
  };
}

const jsonBody = { customHeaders: { 'content-type': 'application/json' }, postData: { name: 'Anna' } };

/** `request.get`, `.post`, `.put`, `.delete` and `.patch`. */
export const requestDefinitions = [
  requestWith('get', {}),
  requestWith('post', { url: 'https://example.com/login', postData: { user: 'anna', password: 'secret' } }),
  requestWith('put', jsonBody),
  requestWith('delete', {}),
  requestWith('patch', jsonBody),
] as const;

export type RequestCommand = CommandFrom<(typeof requestDefinitions)[number]>;
export type RequestName = RequestCommand['cmd'];
