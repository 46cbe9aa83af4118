import { z } from 'zod';

/** What the fields are about: the reference prints those of one group together. */
export type FieldGroup =
  | 'session'
  | 'sending'
  | 'loading'
  | 'waiting'
  | 'traffic'
  | 'actions'
  | 'extraction'
  | 'capture'
  | 'proxy'
  | 'identity'
  | 'domains'
  | 'limits';

/**
 * What must be there for a field to have an effect. `navigation`: the request goes to a URL, and does not stay on its page.
 * `page`: a tab; `requestType: request` has none. `document`: something that the tab shows, so a page too; a file that was
 * answered is none.
 */
export type FieldNeed = 'navigation' | 'page' | 'document';

/** What the code has to know of a field besides its shape. */
export interface FieldTraits<Name extends string = string> {
  readonly needs?: readonly FieldNeed[];
  /** It adds to `solution` what `onlyStatusCode` leaves out. */
  readonly fillsSolution?: true;
  /** It says how one of these fields of its group is done, and has no effect without any of them. */
  readonly dependsOn?: readonly [Name, ...Name[]];
  /** The field that this one is another name for. */
  readonly sameAs?: Name;
  /** It limits where a session goes, how much, or which session it is: unsafe to ignore where it is misspelt. */
  readonly guards?: true;
}

type Definition<Name extends string> = z.ZodType | (FieldTraits<Name> & { readonly schema: z.ZodType });

/** The schemas of the definitions: what `z.object` takes. */
type ShapeOf<D> = {
  [N in keyof D]: D[N] extends z.ZodType ? D[N] : D[N] extends { readonly schema: infer S } ? S : never;
};

const traitRegistry = z.registry<FieldTraits>();

/**
 * The fields of one group. Each says in its own place what it is for, and what it needs: the document of the API and the
 * checks of a request come from that.
 *
 * @returns their schemas, by name, which carry group and traits wherever they are used
 */
export function defineFields<const D extends { readonly [N in keyof D]: Definition<Extract<keyof D, string>> }>(
  group: FieldGroup,
  definitions: D,
): ShapeOf<D> {
  const entries = Object.entries<Definition<string>>(definitions).map(([name, definition]) => {
    const { schema, ...traits } = definition instanceof z.ZodType ? { schema: definition } : definition;
    const grouped = schema.meta({ 'x-group': group });
    traitRegistry.add(grouped, traits);
    return [name, grouped];
  });
  return Object.fromEntries(entries) as ShapeOf<D>; // the same names, each with the schema of its definition
}

/** The traits that a field was defined with. */
export const traitsOf = (schema: z.core.$ZodType): FieldTraits => traitRegistry.get(schema) ?? {};

/** The names of the fields whose traits fit. */
export function fieldsWhere<S extends z.ZodRawShape>(
  shape: S,
  fits: (traits: FieldTraits) => boolean,
): (keyof S & string)[] {
  return (Object.keys(shape) as (keyof S & string)[]) // its own keys
    .filter((name) => fits(traitsOf(shape[name] as z.core.$ZodType))); // a field of the shape
}
