import { errorCatalogue } from '../../errors.js';
import { type CommandName, commandDefinitions, commandNames } from '../commands.js';
import { replyName, schemaName } from './component-schemas.js';
import type { JsonSchema } from './json-schema.js';

const keySecurity = [{ queryKey: [] }, { bearer: [] }, { headerKey: [] }];

const json = (description: string, schema: JsonSchema = { type: 'object' }) => ({
  description,
  content: { 'application/json': { schema } },
});
const text = (description: string, type: string) => ({
  description,
  content: { [type]: { schema: { type: 'string' } } },
});
const page = (tag: string, operationId: string, summary: string, responses: Record<string, unknown>) => ({
  // Without keys, a server refuses what a page of another site asks for, whatever it is.
  get: {
    tags: [tag],
    operationId,
    summary,
    security: [] as never[],
    responses: { ...responses, 401: json(errorCatalogue.UNAUTHORIZED.meaning, { $ref: '#/components/schemas/Error' }) },
  },
});
const fields = (properties: JsonSchema, required = Object.keys(properties)): JsonSchema => ({
  type: 'object',
  properties,
  required,
});
const string = { type: 'string' };
const readiness = fields(
  {
    status: { enum: ['ok', 'unavailable', 'draining'] },
    version: string,
    engine: fields({ name: string, version: string }),
    reason: { type: 'string', description: 'Why a page cannot be opened.' },
  },
  ['status', 'version'],
);

const healthPaths = (errorResponse: (description: string) => object) => ({
  '/livez': page('operation', 'livez', 'Whether the process lives', {
    200: json('It does.', fields({ status: { const: 'ok' }, version: string })),
  }),
  '/readyz': page('operation', 'readyz', 'Whether a page can be opened', {
    200: json('It can.', readiness),
    503: json('It cannot.', readiness),
  }),
  '/metrics': {
    get: {
      tags: ['operation'],
      operationId: 'metrics',
      summary: 'Metrics for Prometheus',
      security: keySecurity,
      responses: {
        200: text('In its text format.', 'text/plain'),
        401: errorResponse(errorCatalogue.UNAUTHORIZED.meaning),
      },
    },
  },
  '/ui': page('operation', 'ui', 'The dashboard', { 200: text('A page.', 'text/html') }),
  '/docs': page('reference', 'docs', 'The reference', { 200: text('A page.', 'text/html') }),
  '/docs/errors': page('reference', 'docsErrors', 'Every error code', { 200: text('A page.', 'text/html') }),
  '/openapi.json': page('reference', 'openapi', 'This document', { 200: json('It.') }),
});

/** The second dialect: what its clients look at besides commands. */
const flareSolverrPaths = (errorResponse: (description: string) => object) => {
  const failure = (description: string) => json(description, { $ref: '#/components/schemas/DialectFailure' });
  const command = (operationId: string, security: object[]) => ({
    post: {
      tags: ['dialect'],
      operationId,
      summary: "Runs one command of FlareSolverr's dialect",
      security,
      requestBody: {
        required: true,
        content: {
          'application/json': { schema: { $ref: '#/components/schemas/DialectCommand' } },
        },
      },
      responses: {
        200: json('It succeeded.', { $ref: '#/components/schemas/DialectReply' }),
        401: failure(errorCatalogue.UNAUTHORIZED.meaning),
        413: errorResponse(errorCatalogue.BODY_TOO_LARGE.meaning),
        500: failure('It failed; `message` says why.'),
      },
    },
  });
  return {
    '/': page('dialect', 'index', "FlareSolverr's index", {
      200: json('Which version runs.', fields({ msg: string, version: string, userAgent: string })),
    }),
    '/health': page('dialect', 'health', "FlareSolverr's health", {
      200: json('It is up.', fields({ status: { const: 'ok' } })),
    }),
    '/v1': command('dialectCommand', keySecurity),
    '/v1/{key}': {
      parameters: [{ name: 'key', in: 'path', required: true, schema: { type: 'string' } }],
      ...command('dialectCommandWithKey', []),
    },
  };
};

/** What this server answers at each of its addresses. */
export function openApiPaths() {
  const body = (name: CommandName): JsonSchema => ({ $ref: `#/components/schemas/${schemaName(name)}` });
  const errorResponse = (description: string) => json(description, { $ref: '#/components/schemas/Error' });
  return {
    '/api/v1': {
      post: {
        tags: ['commands'],
        operationId: 'command',
        summary: 'Runs one command',
        security: keySecurity,
        requestBody: {
          required: true,
          content: {
            'application/json': {
              schema: {
                oneOf: commandNames.map(body),
                discriminator: {
                  propertyName: 'cmd',
                  mapping: Object.fromEntries(
                    commandNames.map((name) => [name, `#/components/schemas/${schemaName(name)}`]),
                  ),
                },
              },
              examples: Object.fromEntries(
                commandNames.map((name) => [
                  name,
                  {
                    summary: commandDefinitions[name].summary,
                    description: commandDefinitions[name].description,
                    value: { cmd: name, ...commandDefinitions[name].example.request },
                  },
                ]),
              ),
            },
          },
        },
        responses: {
          200: {
            description: 'The command was understood. `data` tells success from failure.',
            headers: {
              'Retry-After': { description: 'Seconds, when a new try makes sense.', schema: { type: 'integer' } },
            },
            content: {
              'application/json': {
                schema: {
                  anyOf: [
                    ...[...new Set(commandNames.map(replyName))].map((name) => ({
                      $ref: `#/components/schemas/${name}`,
                    })),
                    { $ref: '#/components/schemas/Error' },
                  ],
                },
                examples: Object.fromEntries(
                  commandNames.map((name) => [
                    name,
                    { summary: commandDefinitions[name].summary, value: commandDefinitions[name].example.response },
                  ]),
                ),
              },
              'text/event-stream': {
                schema: {
                  type: 'string',
                  contentMediaType: 'application/json',
                  contentSchema: { $ref: '#/components/schemas/Progress' },
                  description:
                    'With `Accept: text/event-stream`: an event `navigation` or `action` (the schema Progress) for each as ' +
                    'it is over, then the event `reply` with what the answer would have been. `sessions.events` tells an `event` ' +
                    'for each thing that happens in its session.',
                },
              },
            },
          },
          400: errorResponse(errorCatalogue.INVALID_BODY.meaning),
          401: errorResponse(errorCatalogue.UNAUTHORIZED.meaning),
          413: errorResponse(errorCatalogue.BODY_TOO_LARGE.meaning),
          503: errorResponse(errorCatalogue.DRAINING.meaning),
        },
      },
    },
    '/files/{token}/{name}': {
      get: {
        tags: ['commands'],
        operationId: 'file',
        summary: 'A film, screenshot or download that a reply links to',
        security: [],
        parameters: ['token', 'name'].map((name) => ({
          name,
          in: 'path',
          required: true,
          schema: { type: 'string' },
        })),
        responses: {
          200: { description: 'Its bytes.', content: { '*/*': { schema: { type: 'string', format: 'binary' } } } },
          404: errorResponse(errorCatalogue.NOT_FOUND.meaning),
        },
      },
    },
    ...flareSolverrPaths(errorResponse),
    ...healthPaths(errorResponse),
    '/api/v1/balance': {
      get: {
        tags: ['commands'],
        operationId: 'balance',
        summary: 'Free session slots for this key',
        security: keySecurity,
        responses: {
          200: {
            description: 'How many sessions this key could still open now.',
            content: {
              'application/json': {
                schema: { type: 'object', properties: { balance: { type: 'integer' } }, required: ['balance'] },
                example: { balance: 100 },
              },
            },
          },
          401: errorResponse(errorCatalogue.UNAUTHORIZED.meaning),
        },
      },
    },
  };
}
