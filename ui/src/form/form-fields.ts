import type { Schema } from '../openapi.js';

/** How a field of a command is entered. */
export type FieldKind =
  | { readonly kind: 'yesNo' }
  | { readonly kind: 'number'; readonly min: number | undefined; readonly max: number | undefined }
  | {
      readonly kind: 'text';
      readonly pattern: string | undefined;
      readonly maxLength: number | undefined;
      readonly example: string;
    }
  | { readonly kind: 'choice'; readonly values: readonly string[] }
  | { readonly kind: 'choices'; readonly values: readonly string[] }
  /** Choices of which each has details: `browser` with its versions. */
  | {
      readonly kind: 'detailedChoices';
      readonly name: string;
      readonly values: readonly string[];
      readonly details: readonly Detail[];
    }
  | { readonly kind: 'lines' }
  | { readonly kind: 'json' };

export interface Detail {
  readonly name: string;
  readonly description: string;
  readonly min: number | undefined;
  readonly max: number | undefined;
}

export interface FormField {
  readonly name: string;
  readonly description: string;
  readonly group: string;
  readonly isRequired: boolean;
  readonly field: FieldKind;
}

/** Every field of a command but its name, in the order of its schema: whatever the server documents can be entered. */
export function formFieldsOf(schema: Schema): readonly FormField[] {
  return Object.entries(schema.properties ?? {})
    .filter(([name]) => name !== 'cmd')
    .map(([name, property]) => ({
      name,
      description: property.description ?? '',
      group: property['x-group'] ?? 'other',
      isRequired: schema.required?.includes(name) ?? false,
      field: kindOf(property),
    }));
}

/** The simplest input that can say all that the schema takes; JSON where none can. */
export function kindOf(schema: Schema): FieldKind {
  const forms = schema.anyOf ?? [schema];
  const list = forms.find((form) => hasType(form, 'array'));
  if (list) return listKindOf(list.items ?? {});
  // A form beside a plain one is a habit of old clients.
  const plain = forms.find(isPlain);
  return plain ? plainKindOf(plain) : { kind: 'json' };
}

function listKindOf(items: Schema): FieldKind {
  const forms = items.anyOf ?? [items];
  const object = forms.find(({ properties }) => properties !== undefined);
  const [name, details] = object ? detailsOf(object) : [];
  if (name !== undefined && details && details.length > 0)
    return { kind: 'detailedChoices', name, values: stringsIn(object?.properties?.[name]), details };
  const choices = forms.map(stringsIn).find((values) => values.length > 0);
  if (choices) return { kind: 'choices', values: choices };
  return forms.some((form) => hasType(form, 'string')) ? { kind: 'lines' } : { kind: 'json' };
}

/** Of an object that has one field with choices and else numbers: the name of that, and those. */
function detailsOf({ properties = {} }: Schema): [name?: string, details?: readonly Detail[]] {
  const entries = Object.entries(properties);
  const choice = entries.find(([, property]) => stringsIn(property).length > 0);
  const others = entries.filter((entry) => entry !== choice);
  if (!choice || others.some(([, property]) => !hasType(property, 'integer'))) return [];
  const details = others.map(([name, { description = '', minimum: min, maximum: max }]) => ({
    name,
    description,
    min,
    max,
  }));
  return [choice[0], details];
}

function plainKindOf(schema: Schema): FieldKind {
  const { minimum: min, maximum: max, pattern, maxLength, examples } = schema;
  if (hasType(schema, 'boolean')) return { kind: 'yesNo' };
  if (hasType(schema, 'integer') || hasType(schema, 'number')) return { kind: 'number', min, max };
  const values = stringsIn(schema);
  if (values.length > 0) return { kind: 'choice', values };
  return { kind: 'text', pattern, maxLength, example: String(examples?.[0] ?? '') };
}

const isPlain = (schema: Schema): boolean =>
  ['string', 'boolean', 'integer', 'number'].some((type) => hasType(schema, type));
const hasType = ({ type }: Schema, wanted: string): boolean => [type].flat().includes(wanted);
const stringsIn = (schema: Schema | undefined): readonly string[] =>
  (schema?.enum ?? []).every((value) => typeof value === 'string') ? ((schema?.enum ?? []) as string[]) : [];

/** Fields by group, the groups in the order in which they first come. */
export function grouped(
  fields: readonly FormField[],
): readonly (readonly [group: string, fields: readonly FormField[]])[] {
  const groups = new Map<string, FormField[]>();
  for (const field of fields) groups.set(field.group, [...(groups.get(field.group) ?? []), field]);
  return [...groups];
}
