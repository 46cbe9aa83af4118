import { z } from 'zod';

export type JsonSchema = Record<string, unknown>;

/**
 * A schema as JSON Schema 2020-12, the dialect of OpenAPI 3.1. Folds stand before it, so it is the documented shape.
 * Schemas with a name of their own are referred to where the document keeps them.
 *
 * @param named takes those schemas
 */
export function jsonSchema(schema: z.ZodType, named: Record<string, JsonSchema> = {}): JsonSchema {
  const { $schema: _dialect, $defs = {}, ...rest } = z.toJSONSchema(schema, { io: 'output' });
  for (const [name, { id: _id, ...definition }] of Object.entries($defs)) named[name] = withReferences(definition);
  return withReferences(rest);
}

const withReferences = (schema: object): JsonSchema =>
  JSON.parse(JSON.stringify(schema).replaceAll('#/$defs/', '#/components/schemas/')) as JsonSchema; // its own text

const annotations = ['description', 'x-group'];
/** What is said of a field whatever its form. */
export const annotationsOf = (schema: JsonSchema): JsonSchema =>
  Object.fromEntries(Object.entries(schema).filter(([key]) => annotations.includes(key)));
const withoutAnnotations = (schema: JsonSchema): JsonSchema =>
  Object.fromEntries(Object.entries(schema).filter(([key]) => !annotations.includes(key)));

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
function listForms(schema: JsonSchema, name: string): JsonSchema {
  const { items, ...list } = withoutAnnotations(schema);
  const item = lenientSchema(items as JsonSchema); // of a list
  const forms = formsOfItems[name]?.(item) ?? [item];
  return {
    ...annotationsOf(schema),
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
  if (name === 'session' && schema.type === 'string')
    return { ...annotationsOf(schema), anyOf: sessionForms(withoutAnnotations(schema)) };
  if (schema.type === 'array' && name !== undefined && name !== 'items') return listForms(schema, name);
  if (schema.type === 'boolean' && name !== 'markdown')
    return { ...schema, type: ['boolean', 'string'], enum: [true, false, 'true', 'false'] };
  if (schema.type === 'integer' || schema.type === 'number') return { ...schema, type: [schema.type, 'string'] };
  return Object.fromEntries(Object.entries(schema).map(([key, item]) => [key, lenient(item, key)]));
}

/** A schema as callers may write it. */
export const lenientSchema = (schema: JsonSchema): JsonSchema => lenient(schema) as JsonSchema; // of an object, an object

/** Without the ban on further properties that an output has: a caller may send them. */
export const open = (schema: unknown): unknown =>
  typeof schema === 'object' &&
  schema !== null &&
  'additionalProperties' in schema &&
  schema.additionalProperties === false
    ? { ...schema, additionalProperties: {} }
    : schema;
