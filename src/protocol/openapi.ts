import { z } from 'zod';
import { errorCatalogue } from '../errors.js';
import { actionList, unsupportedActions } from './actions.js';
import { type CommandName, commandNames, commandSchemas } from './commands.js';
import { dialectFailureSchema, dialectReplySchema, dialectSchema } from './dialects/flaresolverr.js';
import { fieldsWithoutEffect } from './field-names.js';
import { cookieSchema } from './fields.js';
import {
  activeReplySchema,
  batchReplySchema,
  closingFields,
  createReplySchema,
  destroyReplySchema,
  errorReplySchema,
  identityReplySchema,
  listReplySchema,
  progressSchema,
  proxyReplySchema,
  requestReplySchema,
} from './replies.js';
import { maxBatch, requestSchema, solvingFields } from './requests.js';

interface CommandDoc {
  readonly summary: string;
  readonly description: string;
  readonly reply: z.ZodObject;
  readonly request: Readonly<Record<string, unknown>>;
  readonly response: Readonly<Record<string, unknown>>;
}

/** What every reply ends with. */
const closing = (timeElapsed: number) => ({ timeElapsed, requestId: '5f0c1f9be2a84d17' });

const exampleSolution = {
  verified: true,
  type: 'browser',
  response: '<!DOCTYPE html><html><head><title>Shop</title></head><body>Welcome</body></html>',
  innerText: 'Welcome',
  statusCode: 200,
  currentUrl: 'https://example.com/',
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36',
  cookies: [
    {
      name: 'sid',
      value: '7c1',
      domain: 'example.com',
      path: '/',
      expires: -1,
      httpOnly: true,
      secure: true,
      sameSite: 'Lax',
    },
  ],
  cookieString: 'sid=7c1',
  responseHeaders: { 'content-type': 'text/html; charset=utf-8' },
  requestHeaders: { accept: 'text/html,*/*' },
  method: 'GET',
  localStorageData: {},
};

const exampleFingerprint = {
  browser: { name: 'chrome', version: 156 },
  operatingSystem: 'linux',
  device: 'desktop',
  userAgent: exampleSolution.userAgent,
  platform: 'Linux x86_64',
  languages: ['en-US', 'en'],
  timezone: 'UTC',
  screen: { width: 1280, height: 1024, devicePixelRatio: 1 },
  viewport: { width: 1280, height: 1024 },
  maxTouchPoints: 0,
  webdriver: true,
  engine: { name: 'chromium', version: '156.0.8078.79', build: 'shell' },
  warnings: [],
};

const requestDoc = (verb: string, body: Readonly<Record<string, unknown>>): CommandDoc => ({
  summary: `Goes to a page with ${verb}`,
  description:
    `A real navigation of the session's tab with the method ${verb}; what it answers is what the page shows. ` +
    'An ID that was never seen creates that session. Requests on one session run one after another.',
  reply: requestReplySchema,
  request: { url: 'https://example.com/', session: 'my-session-id', ...body },
  response: {
    solution: { ...exampleSolution, method: verb },
    data: 'success',
    session: 'my-session-id',
    ...closing(112),
  },
});

/** What the reference says of each command; its fields are printed from its schema. */
export const commandDocs = {
  'sessions.create': {
    summary: 'Opens a session',
    description:
      'A browser session with its own cookies and storage. It ends 200 seconds after its last request, or as ' +
      '`session_ttl` says. The ID of an open session gives that session.',
    reply: createReplySchema,
    request: { session: 'my-session-id' },
    response: {
      solution: { verified: true },
      data: 'success',
      session: 'my-session-id',
      fingerprint: exampleFingerprint,
      context: { _type: 'BrowserContext', _guid: 'browser-context@2356ec33a1fa91f08e3b3da7b55b13f6' },
      ...closing(6),
    },
  },
  'sessions.destroy': {
    summary: 'Ends a session',
    description: 'Closes the session and all that belongs to it. One that is not there is success too.',
    reply: destroyReplySchema,
    request: { session: 'my-session-id' },
    response: { solution: {}, data: 'success', session: 'my-session-id', ...closing(14) },
  },
  'sessions.list': {
    summary: 'Lists the open sessions of this key',
    description: 'Looking does not renew them.',
    reply: listReplySchema,
    request: {},
    response: {
      solution: {},
      data: 'success',
      sessions: [
        {
          session: 'my-session-id',
          lastAccessed: 1764000000000,
          createdAt: 1763999990000,
          idleMs: 1200,
          bytesIn: 48211,
          bytesOut: 3120,
          state: 'open',
          waiting: 0,
          anonymous: false,
        },
      ],
      open: 1,
      limit: 100,
      ...closing(0),
    },
  },
  'sessions.active': {
    summary: 'Tells whether a session is open',
    description: 'Asking does not renew it.',
    reply: activeReplySchema,
    request: { session: 'my-session-id' },
    response: { solution: {}, data: 'success', session: 'my-session-id', active: true, ...closing(0) },
  },
  'sessions.proxy': {
    summary: 'Moves an open session to another exit',
    description:
      'Cookies, storage and page stay; what runs through the old exit is closed. The new proxy is checked first: if it ' +
      'fails, the session stays as it is.',
    reply: proxyReplySchema,
    request: { session: 'my-session-id', proxy: 'socks5://user:password@127.0.0.1:1080' },
    response: { solution: { verified: true }, data: 'success', session: 'my-session-id', ...closing(31) },
  },
  'sessions.identity': {
    summary: 'Lets a session look at itself',
    description:
      'Opens a built-in page beside that of the session and tells what headers, page, frame, popup and workers say, and ' +
      'where that does not fit its `fingerprint`. Nothing of it goes out.',
    reply: identityReplySchema,
    request: { session: 'my-session-id' },
    response: {
      solution: { verified: true },
      data: 'success',
      session: 'my-session-id',
      fingerprint: exampleFingerprint,
      reports: {
        headers: { '/': { 'user-agent': exampleFingerprint.userAgent } },
        contexts: { page: { userAgent: exampleFingerprint.userAgent, platform: 'Linux x86_64', languages: ['en-US'] } },
      },
      contradictions: [],
      ...closing(420),
    },
  },
  'request.get': requestDoc('GET', {}),
  'request.post': requestDoc('POST', {
    url: 'https://example.com/login',
    postData: { user: 'anna', password: 'secret' },
  }),
  'request.put': requestDoc('PUT', {
    customHeaders: { 'content-type': 'application/json' },
    postData: { name: 'Anna' },
  }),
  'request.delete': requestDoc('DELETE', {}),
  'request.patch': requestDoc('PATCH', {
    customHeaders: { 'content-type': 'application/json' },
    postData: { name: 'Anna' },
  }),
  'request.batch': {
    summary: 'Runs several requests of one session in one turn',
    description:
      'The requests run one after another, with none of another caller between them, and are answered at once. The first ' +
      'that fails ends the batch: its code and place are in the error, and what the others brought in `results`.',
    reply: batchReplySchema,
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
      ...closing(209),
    },
  },
} as const satisfies Record<CommandName, CommandDoc>;

export type JsonSchema = Record<string, unknown>;

/**
 * A schema as JSON Schema 2020-12, the dialect of OpenAPI 3.1. Folds stand before it, so it is the documented shape.
 * Schemas with a name of their own are referred to where the document keeps them.
 *
 * @param named takes those schemas
 */
function jsonSchema(schema: z.ZodType, named: Record<string, JsonSchema> = {}): JsonSchema {
  const { $schema: _dialect, $defs = {}, ...rest } = z.toJSONSchema(schema, { io: 'output' });
  for (const [name, { id: _id, ...definition }] of Object.entries($defs)) named[name] = withReferences(definition);
  return withReferences(rest);
}

const withReferences = (schema: object): JsonSchema =>
  JSON.parse(JSON.stringify(schema).replaceAll('#/$defs/', '#/components/schemas/')) as JsonSchema; // its own text

/** The replies of `sessions.create` may be sent as they are. */
const sessionForms = (text: JsonSchema): unknown[] => [
  text,
  { type: 'object', properties: { session: text }, required: ['session'], additionalProperties: {} },
];

/** The forms that one value of these lists may have besides. */
const formsOfItems: Readonly<Record<string, (item: JsonSchema) => unknown[]>> = {
  browser: (item) => [item, (item.properties as JsonSchema).name], // of an object schema
  operatingSystem: (item) => [item, { type: 'object', properties: { name: item }, required: ['name'] }],
  device: (item) => [item, { type: 'object', properties: { name: item }, required: ['name'] }],
};

/** One value is as good as a list of one. */
function listForms({ description, items, ...list }: JsonSchema, name: string): JsonSchema {
  const item = lenientSchema(items as JsonSchema); // of a list
  const forms = formsOfItems[name]?.(item) ?? [item];
  return {
    ...(description === undefined ? {} : { description }),
    anyOf: [...forms, { ...list, items: forms.length > 1 ? { anyOf: forms } : item }],
  };
}

/**
 * A body as callers may write it: flags and numbers as text, one value for a list, and an object with the ID for a session.
 * `markdown` alone has to be a real boolean.
 */
function lenient(value: unknown, name?: string): unknown {
  if (Array.isArray(value)) return value.map((item) => lenient(item));
  if (typeof value !== 'object' || value === null) return value;
  const schema = value as JsonSchema; // what a JSON Schema is made of
  if (name === 'session' && schema.type === 'string') {
    const { description, ...text } = schema;
    return { ...(description === undefined ? {} : { description }), anyOf: sessionForms(text) };
  }
  if (schema.type === 'array' && name !== undefined && name !== 'items') return listForms(schema, name);
  if (schema.type === 'boolean' && name !== 'markdown')
    return { ...schema, type: ['boolean', 'string'], enum: [true, false, 'true', 'false'] };
  if (schema.type === 'integer' || schema.type === 'number') return { ...schema, type: [schema.type, 'string'] };
  return Object.fromEntries(Object.entries(schema).map(([key, item]) => [key, lenient(item, key)]));
}

const lenientSchema = (schema: JsonSchema): JsonSchema => lenient(schema) as JsonSchema; // of an object, an object

/** The schema of one action. Those that this project does not do are in it, for callers that let them fail. */
function browserActionSchema(): JsonSchema {
  const named: Record<string, JsonSchema> = {};
  jsonSchema(actionList(), named);
  const { oneOf = [], anyOf = [], ...rest } = (named.BrowserAction ?? {}) as { oneOf?: unknown[]; anyOf?: unknown[] }; // a union
  const others = unsupportedActions.map((type) => ({
    type: 'object',
    description: 'Not done by this server: `UNSUPPORTED_ACTION`, unless `ignoreErrors`.',
    properties: { type: { const: type }, ignoreErrors: { type: 'boolean' } },
    required: ['type'],
    additionalProperties: {},
  }));
  return lenientSchema({ ...rest, oneOf: [...oneOf, ...anyOf, ...others].map(open) });
}

/** Without the ban on further properties that an output has: a caller may send them. */
const open = (schema: unknown): unknown =>
  typeof schema === 'object' &&
  schema !== null &&
  'additionalProperties' in schema &&
  schema.additionalProperties === false
    ? { ...schema, additionalProperties: {} }
    : schema;

/** A cookie to set, by `name` or `key`. */
function cookieInputSchema(): JsonSchema {
  const { required: _required, additionalProperties: _open, ...rest } = jsonSchema(cookieSchema);
  const { name, value: _text, ...others } = rest.properties as Record<string, JsonSchema>; // of an object schema
  const value = { type: ['string', 'number', 'boolean'], description: 'Its value.' };
  const by = (field: 'name' | 'key') => ({
    ...lenientSchema({ ...rest, properties: { [field]: { ...name, description: 'Its name.' }, ...others } }),
    required: [field, 'value'],
  });
  const withValue = ({ properties, ...form }: JsonSchema) => ({
    ...form,
    properties: { ...(properties as JsonSchema), value },
  }); // of an object schema
  return { anyOf: [withValue(by('name')), withValue(by('key'))] };
}

const cookiesForm = {
  anyOf: [
    { type: 'string' },
    { type: 'array', items: { anyOf: [{ $ref: '#/components/schemas/CookieInput' }, { type: 'string' }] } },
  ],
};

/** The fields of every `request.*`, those among them that have no effect. */
function requestFieldsSchema(): JsonSchema {
  const { additionalProperties: _open, ...rest } = lenientSchema(jsonSchema(requestSchema));
  const properties = rest.properties as Record<string, JsonSchema>; // of an object schema
  const idle = (names: readonly string[], description: string) =>
    Object.fromEntries(names.map((name) => [name, { description, deprecated: true }]));
  const cookies = (name: string) => ({ description: properties[name]?.description, ...cookiesForm });
  return {
    ...rest,
    properties: {
      ...properties,
      cookies: cookies('cookies'),
      cookiejar: cookies('cookiejar'),
      ...idle(solvingFields, 'No effect: this server does not solve challenges.'),
      ...idle(Object.keys(fieldsWithoutEffect), 'No effect here.'),
    },
  };
}

/** The body of one command for the document: the verbs share their fields. */
function bodyComponent(name: CommandName): JsonSchema {
  if (name === 'request.batch') return batchComponent();
  if (!isVerb(name)) return lenientSchema(commandBodySchema(name));
  return {
    allOf: [
      { $ref: '#/components/schemas/RequestFields' },
      {
        type: 'object',
        properties: { cmd: { const: name, description: 'The command.' } },
        required: ['cmd'],
      },
    ],
  };
}

/** The requests of a batch have the fields of a request, and may leave `cmd` out. */
function batchComponent(): JsonSchema {
  const { properties, ...rest } = lenientSchema(commandBodySchema('request.batch'));
  const fields = properties as Record<string, JsonSchema>; // of an object schema
  const request = {
    allOf: [
      { $ref: '#/components/schemas/RequestFields' },
      {
        type: 'object',
        properties: { cmd: { enum: commandNames.filter(isVerb), description: 'Default: `request.get`.' } },
      },
    ],
  };
  return {
    ...rest,
    properties: {
      ...fields,
      requests: {
        description: fields.requests?.description,
        anyOf: [request, { type: 'array', minItems: 1, maxItems: maxBatch, items: request }],
      },
    },
  };
}

const isVerb = (name: CommandName): boolean => name.startsWith('request.') && name !== 'request.batch';
const replyName = (name: CommandName): string => (isVerb(name) ? 'RequestReply' : `${schemaName(name)}Reply`);

/** The body of one command: its fields, and its name in `cmd`. */
export function commandBodySchema(name: CommandName): JsonSchema {
  const { properties, required, additionalProperties: _open, ...rest } = jsonSchema(commandSchemas[name]);
  return {
    ...rest,
    properties: { cmd: { const: name, description: 'The command.' }, ...(properties as JsonSchema) }, // of an object schema
    required: ['cmd', ...((required as string[] | undefined) ?? [])], // of an object schema
  };
}

const schemaName = (command: CommandName): string =>
  command.replace(/(^|\.)(\w)/g, (_all, _dot, letter: string) => letter.toUpperCase());

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
  '/docs': page('reference', 'docs', 'The reference', { 200: text('A page.', 'text/html') }),
  '/docs/errors': page('reference', 'docsErrors', 'Every error code', { 200: text('A page.', 'text/html') }),
  '/openapi.json': page('reference', 'openapi', 'This document', { 200: json('It.') }),
});

/** The fields of the second dialect. Names that it does not have are accepted without effect. */
function dialectBody(): JsonSchema {
  const { additionalProperties: _open, ...rest } = lenientSchema(jsonSchema(dialectSchema));
  const properties = rest.properties as Record<string, JsonSchema>; // of an object schema
  const { proxy = {} } = properties;
  return {
    ...rest,
    properties: { ...properties, session: string, cookies: cookiesForm, proxy: { anyOf: [open(proxy), string] } },
  };
}

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

/** The OpenAPI 3.1 document of this server: every command, told apart by `cmd`, with examples. */
export function openApiDocument(version: string) {
  const body = (name: CommandName): JsonSchema => ({ $ref: `#/components/schemas/${schemaName(name)}` });
  const schemas: Record<string, JsonSchema> = {};
  schemas.Error = jsonSchema(errorReplySchema, schemas);
  schemas.Progress = jsonSchema(progressSchema, schemas);
  for (const name of commandNames) {
    schemas[schemaName(name)] = bodyComponent(name);
    schemas[replyName(name)] = jsonSchema(commandDocs[name].reply.extend(closingFields), schemas);
  }
  schemas.RequestFields = requestFieldsSchema();
  schemas.CookieInput = cookieInputSchema();
  schemas.DialectCommand = dialectBody();
  schemas.DialectReply = jsonSchema(dialectReplySchema, schemas);
  schemas.DialectFailure = jsonSchema(dialectFailureSchema, schemas);
  schemas.BrowserAction = browserActionSchema();
  const errorResponse = (description: string) => ({
    description,
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
  });
  return {
    openapi: '3.1.0',
    info: {
      title: 'Mooring',
      version,
      description:
        'Browser sessions that you host yourself. Every command is a JSON object posted to one address; its `cmd` names ' +
        'it. A command that was understood answers 200, success or failure: look at `data`.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'This server' }],
    tags: [
      { name: 'commands', description: 'The API.' },
      { name: 'dialect', description: 'For code that was written for FlareSolverr.' },
      { name: 'operation', description: 'For those who run this server.' },
      { name: 'reference', description: 'What it says of itself.' },
    ],
    paths: {
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
                    { summary: commandDocs[name].summary, value: { cmd: name, ...commandDocs[name].request } },
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
                      { summary: commandDocs[name].summary, value: commandDocs[name].response },
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
                      'it is over, then the event `reply` with what the answer would have been.',
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
    },
    components: {
      schemas,
      securitySchemes: {
        queryKey: { type: 'apiKey', in: 'query', name: 'key' },
        bearer: { type: 'http', scheme: 'bearer' },
        headerKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
      },
    },
  };
}

export type OpenApiDocument = ReturnType<typeof openApiDocument>;
