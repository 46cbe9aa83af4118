import { actionList, unsupportedActions } from '../actions.js';
import { requestDefinitions } from '../commands/request.js';
import { maxBatch } from '../commands/request-batch.js';
import { type CommandName, commandDefinitions, commandNames } from '../commands.js';
import { dialectFailureSchema, dialectReplySchema, dialectSchema } from '../dialects/flaresolverr.js';
import { cookieSchema } from '../fields/cookies.js';
import { requestSchema } from '../fields/request.js';
import { fieldsWithoutEffect } from '../names/foreign-names.js';
import { solvingFields } from '../names/solving-fields.js';
import { errorReplySchema } from '../replies/error-reply.js';
import { progressSchema } from '../replies/progress.js';
import { closingFields } from '../replies/reply-fields.js';
import { annotationsOf, type JsonSchema, jsonSchema, lenientSchema, open } from './json-schema.js';

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
    { $ref: '#/components/schemas/CookieInput' },
    { type: 'array', items: { anyOf: [{ $ref: '#/components/schemas/CookieInput' }, { type: 'string' }] } },
  ],
};

/** The fields of every `request.*`, those among them that have no effect. */
function requestFieldsSchema(): JsonSchema {
  const { additionalProperties: _open, ...rest } = lenientSchema(jsonSchema(requestSchema));
  const properties = rest.properties as Record<string, JsonSchema>; // of an object schema
  const idle = (names: readonly string[], description: string) =>
    Object.fromEntries(names.map((name) => [name, { description, deprecated: true, 'x-group': 'ignored' }]));
  const cookies = (name: string) => ({ ...annotationsOf(properties[name] ?? {}), ...cookiesForm });
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
        ...annotationsOf(fields.requests ?? {}),
        anyOf: [request, { type: 'array', minItems: 1, maxItems: maxBatch, items: request }],
      },
    },
  };
}

const isVerb = (name: CommandName): boolean => requestDefinitions.some((definition) => definition.name === name);
/** The name of a reply's schema. */
export const replyName = (name: CommandName): string => (isVerb(name) ? 'RequestReply' : `${schemaName(name)}Reply`);

/** The body of one command: its fields, and its name in `cmd`. */
export function commandBodySchema(name: CommandName): JsonSchema {
  const {
    properties,
    required,
    additionalProperties: _open,
    ...rest
  } = jsonSchema(commandDefinitions[name].parameters);
  return {
    ...rest,
    properties: { cmd: { const: name, description: 'The command.' }, ...(properties as JsonSchema) }, // of an object schema
    required: ['cmd', ...((required as string[] | undefined) ?? [])], // of an object schema
  };
}

/** The name of a body's schema. */
export const schemaName = (command: CommandName): string =>
  command.replace(/(^|\.)(\w)/g, (_all, _dot, letter: string) => letter.toUpperCase());

/** The fields of the second dialect. Names that it does not have are accepted without effect. */
function dialectBody(): JsonSchema {
  const { additionalProperties: _open, ...rest } = lenientSchema(jsonSchema(dialectSchema));
  const properties = rest.properties as Record<string, JsonSchema>; // of an object schema
  const { proxy = {} } = properties;
  const text = { type: 'string' };
  return {
    ...rest,
    properties: { ...properties, session: text, cookies: cookiesForm, proxy: { anyOf: [open(proxy), text] } },
  };
}

/** Every schema that the document names. */
export function componentSchemas(): Record<string, JsonSchema> {
  const schemas: Record<string, JsonSchema> = {};
  schemas.Error = jsonSchema(errorReplySchema, schemas);
  schemas.Progress = jsonSchema(progressSchema, schemas);
  for (const name of commandNames) {
    schemas[schemaName(name)] = bodyComponent(name);
    schemas[replyName(name)] = jsonSchema(commandDefinitions[name].reply.extend(closingFields), schemas);
  }
  schemas.RequestFields = requestFieldsSchema();
  schemas.CookieInput = cookieInputSchema();
  schemas.DialectCommand = dialectBody();
  schemas.DialectReply = jsonSchema(dialectReplySchema, schemas);
  schemas.DialectFailure = jsonSchema(dialectFailureSchema, schemas);
  schemas.BrowserAction = browserActionSchema();
  return schemas;
}
