import { traitsOf } from '../fields/define-fields.js';
import { requestSchema } from '../fields/request.js';
import { silent } from './foreign-names.js';
import { looseName } from './nearest-name.js';

/** Two names for one field: the second is read as the first. */
const synonyms: ReadonlyMap<string, string> = new Map(
  Object.entries(requestSchema.shape).flatMap(([name, schema]) => {
    const { sameAs } = traitsOf(schema);
    return sameAs === undefined ? [] : [[name, sameAs]];
  }),
);

/** Longer names are none of ours, nor near one. */
export const maxNameLength = 100;

/** The names that one kind of object can have. */
export class FieldNames {
  readonly #names: ReadonlySet<string>;
  readonly #lower: ReadonlyMap<string, string>;
  readonly #loose: ReadonlyMap<string, string>;

  constructor(names: Iterable<string>) {
    this.#names = new Set(names);
    this.#lower = new Map([...this.#names].map((name) => [name.toLowerCase(), name]));
    this.#loose = new Map([...this.#names].map((name) => [looseName(name), name]));
  }

  *[Symbol.iterator](): Iterator<string> {
    yield* this.#names;
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  /** The field whose name differs in case alone, */
  ofCase(lower: string): string | undefined {
    return this.#lower.get(lower);
  }

  /** or in what separates the words too. */
  ofSpelling(loose: string): string | undefined {
    return this.#loose.get(loose);
  }
}

/** The field that a name stands for: exactly, then whatever its case, then without what separates its words. */
export function knownName(name: string, names: FieldNames): string | undefined {
  const known = exactName(name, names);
  return known === undefined ? undefined : (synonymIn(known, names) ?? known);
}

function exactName(name: string, names: FieldNames): string | undefined {
  if (names.has(name)) return name;
  if (name.length > maxNameLength) return undefined;
  const lower = name.toLowerCase();
  return names.ofCase(lower) ?? (silent.has(lower) ? undefined : names.ofSpelling(looseName(name)));
}

function synonymIn(name: string, names: FieldNames): string | undefined {
  const meant = synonyms.get(name);
  return meant !== undefined && names.has(meant) ? meant : undefined;
}
