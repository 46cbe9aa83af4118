import { code, escapeHtml, prose } from './html.js';

/** JSON Schema 2020-12, as far as this server's OpenAPI document uses it. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly required?: readonly string[];
  readonly description?: string;
  readonly deprecated?: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  /** The heading under which a field of a request stands. */
  readonly 'x-group'?: string;
}

export type Fields = Readonly<Record<string, Schema>>;

/** Whose fields they are: a caller must send some, a reply may lack some. */
export type Direction = 'sent' | 'returned';

interface FieldListOptions {
  /** The `id` of the section; its fields have an `id` each under it. */
  readonly id: string;
  readonly fields: Fields;
  readonly required?: readonly string[] | undefined;
  readonly direction?: Direction;
  /** Which lists share fields that have no description: the same name may mean another thing elsewhere. */
  readonly scope?: string;
}

/** More choices than this stand below the type, not in it. */
const maxInlineChoices = 6;

/** Prints schemas as lists of fields. A field is explained once: later lists that have the same one link to it. */
export class FieldLists {
  readonly #anchorOf: (schemaName: string) => string;
  readonly #places = new Map<string, string>();

  /** @param anchorOf the `id` of the section that explains a named schema */
  constructor(anchorOf: (schemaName: string) => string) {
    this.#anchorOf = anchorOf;
  }

  /** The list of a section, then links to those of its fields that are explained elsewhere. */
  list({ id, fields, required = [], direction = 'sent', scope = id }: FieldListOptions): string {
    const rows: string[] = [];
    const links: string[] = [];
    for (const [name, schema] of Object.entries(fields)) {
      const key = placeKey(name, schema, scope);
      const place = this.#places.get(key);
      if (place !== undefined) {
        links.push(
          `<a href="#${place}">${code(name)}</a>${direction === 'sent' ? markOf(name, required, direction) : ''}`,
        );
        continue;
      }
      this.#places.set(key, `${id}/${name}`);
      rows.push(this.#row(name, schema, { required, direction, id: `${id}/${name}` }));
    }
    const list = rows.length === 0 ? '' : `<dl class="fields">${rows.join('\n')}</dl>`;
    if (links.length === 0) return list;
    return `${list}<p class="shared">${rows.length === 0 ? 'Explained elsewhere' : 'Also, explained elsewhere'}: ${links.join(' ')}</p>`;
  }

  /** Whether a list explains the field already. */
  explains(name: string, schema: Schema, scope: string): boolean {
    return this.#places.has(placeKey(name, schema, scope));
  }

  /** A type in a few words. */
  type(schema: Schema): string {
    if (schema.$ref !== undefined) {
      const name = schemaNameOf(schema.$ref);
      return `<a href="#${this.#anchorOf(name)}">${escapeHtml(name)}</a>`;
    }
    if (schema.allOf?.[0]) return this.type(schema.allOf[0]);
    if (schema.const !== undefined) return code(JSON.stringify(schema.const));
    const options = schema.anyOf ?? schema.oneOf;
    if (options) return this.#union(options);
    const plain = plainType(schema);
    if (schema.enum && plain !== 'boolean') return choices(schema.enum);
    if (plain === 'array') return `${listOf(this.type(schema.items ?? {}))}${bounds(schema)}`;
    if (plain === 'object' && isSchema(schema.additionalProperties) && !schema.properties)
      return `object of ${this.type(schema.additionalProperties)}`;
    return `${plain}${bounds(schema)}`;
  }

  /** A union; one value or a list of such values is said so. */
  #union(options: readonly Schema[]): string {
    const list = options.find(({ type }) => type === 'array');
    const single = options.filter((option) => option !== list);
    const texts = unique(single.map((option) => this.type(option)));
    if (!list) return texts.join(' | ');
    const items = list.items ?? {};
    const itemTexts = unique((items.anyOf ?? [items]).map((option) => this.type(option)));
    if (itemTexts.join() === texts.join()) return `${texts.join(' | ')}, or a list of them${bounds(list)}`;
    return [...texts, `${listOf(itemTexts.join(' | '))}${bounds(list)}`].join(' | ');
  }

  /** @param place what it is in; its `id` is left out within another field */
  #row(
    name: string,
    schema: Schema,
    place: { required: readonly string[]; direction: Direction; id?: string },
  ): string {
    const id = place.id === undefined ? undefined : escapeHtml(place.id);
    const label = id === undefined ? code(name) : `<a href="#${id}">${code(name)}</a>`;
    return `<div class="field"${id === undefined ? '' : ` id="${id}"`}><dt>${label}${markOf(name, place.required, place.direction)} <span class="type">${this.type(schema)}</span></dt><dd>${prose(schema.description ?? '')}${this.#inside(schema, place.direction)}</dd></div>`;
  }

  /** What the type alone does not tell: the fields of each object in it, and long lists of choices. */
  #inside(schema: Schema, direction: Direction): string {
    const blocks = innerForms(schema).map((form) => {
      if (form.enum) return `<p class="choices">One of ${form.enum.map((value) => code(String(value))).join(' ')}</p>`;
      const required = form.required ?? [];
      const rows = Object.entries(form.properties ?? {}).map(([name, field]) =>
        this.#row(name, field, { required, direction }),
      );
      return `<p class="choices">The object has</p><dl class="fields inner">${rows.join('\n')}</dl>`;
    });
    return unique(blocks).join('');
  }
}

/** The fields that more than half of these schemas have alike. */
export function commonFields(schemas: readonly Schema[]): Fields {
  const counts = new Map<string, { name: string; field: Schema; count: number }>();
  for (const { properties = {} } of schemas) {
    for (const [name, field] of Object.entries(properties)) {
      const key = fieldKey(name, field);
      const known = counts.get(key);
      counts.set(key, { name, field, count: (known?.count ?? 0) + 1 });
    }
  }
  const common = [...counts.values()].filter(({ count }) => count > schemas.length / 2);
  return Object.fromEntries(common.map(({ name, field }) => [name, field]));
}

/** `#/components/schemas/Cookie` → `Cookie`. */
export const schemaNameOf = (reference: string): string => reference.slice(reference.lastIndexOf('/') + 1);

/** Two fields with the same key mean the same. */
function fieldKey(name: string, { 'x-group': _group, ...schema }: Schema): string {
  return `${name} ${JSON.stringify(schema)}`;
}

const placeKey = (name: string, schema: Schema, scope: string): string =>
  schema.description === undefined ? `${scope} ${fieldKey(name, schema)}` : fieldKey(name, schema);

function markOf(name: string, required: readonly string[], direction: Direction): string {
  const isRequired = required.includes(name);
  if (direction === 'sent') return isRequired ? ' <em>required</em>' : '';
  return isRequired || required.length === 0 ? '' : ' <em>not always</em>';
}

/** Callers may send flags and numbers as text, which the page says once. */
function plainType({ type, properties }: Schema): string {
  if (type === undefined) return properties ? 'object' : 'any value';
  if (typeof type === 'string') return type;
  return type.length === 2 && type[1] === 'string' ? (type[0] ?? '') : type.join(' | ');
}

const listOf = (item: string): string => (/ \| |, or/.test(item) ? `list (${item})` : `list of ${item}`);

const choices = (values: readonly unknown[]): string =>
  values.length > maxInlineChoices ? 'name' : values.map((value) => code(JSON.stringify(value))).join(' | ');

/** The range of a number or of a list's length, unless it is only what JSON numbers can hold. */
function bounds({ minimum, maximum, minItems, maxItems }: Schema): string {
  const [least, most] = [minimum ?? minItems, maximum ?? maxItems].map((bound) =>
    bound !== undefined && Math.abs(bound) < Number.MAX_SAFE_INTEGER ? bound : undefined,
  );
  if (least !== undefined && most !== undefined) return `, ${least} to ${most}`;
  if (most !== undefined) return `, at most ${most}`;
  return least !== undefined ? `, at least ${least}` : '';
}

/** The objects with fields, and the long choices, among the forms of a value. */
function innerForms(schema: Schema): Schema[] {
  const options = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (options) return options.flatMap(innerForms);
  if (schema.items) return innerForms(schema.items);
  if (schema.properties) return Object.keys(schema.properties).length > 0 ? [schema] : [];
  if (isSchema(schema.additionalProperties)) return innerForms(schema.additionalProperties);
  return schema.enum && schema.enum.length > maxInlineChoices ? [schema] : [];
}

const isSchema = (value: Schema | boolean | undefined): value is Schema => typeof value === 'object';

const unique = (texts: readonly string[]): string[] => [...new Set(texts)];
