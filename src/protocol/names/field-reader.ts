import { MooringError } from '../../errors.js';
import { actionShapes, maxActionDepth, maxActions, unsupportedActions } from '../actions.js';
import { shorten } from '../validation-message.js';
import { asksForNothing } from './asks-for-nothing.js';
import { FieldNames, knownName, maxNameLength } from './field-names.js';
import type { FieldWarnings } from './field-warnings.js';
import { foreignActionNames, foreignNames, silent, withoutEffect } from './foreign-names.js';
import { guardMeant, guards } from './guarded-fields.js';
import { looseName, nearestName } from './nearest-name.js';
import { isSolvingField } from './solving-fields.js';

/**
 * The names of fields, as callers write them. Case does not count, nor do `_` and `-`. What the API does not have fails no
 * command, but is told in a warning with the name that was likely meant. Except what would be unsafe to ignore: a
 * misspelt `proxy` would let the page see the address of the server.
 */

export interface FieldReaderOptions {
  /** The verb, for the messages. */
  readonly cmd: string;
  readonly names: FieldNames;
  /** Every field of the API: one that belongs to another command is told so. */
  readonly others: FieldNames;
  /** Whether the command opens, moves or uses the way out, so that a guard must not be ignored. */
  readonly goesOut: boolean;
  readonly warnings: FieldWarnings;
  /** What stands before a place in warnings: `requests[2].` */
  readonly prefix: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** Reads the fields of one command under the names that its schemas know. */
export class FieldReader {
  readonly #options: FieldReaderOptions;
  #actions = 0;

  constructor(options: FieldReaderOptions) {
    this.#options = options;
  }

  /**
   * The fields that the command has, under their own names, those of browsers and actions too.
   *
   * @throws MooringError `INVALID_PARAMETER` when a field comes twice with different values, or one that guards is
   *   misspelt; `UNSUPPORTED_ACTION`
   */
  read(body: Fields): Record<string, unknown> {
    const fields = this.#fold(body, this.#options.names, '', (name, value) => this.#unknownField(name, value));
    if ('browser' in fields) fields.browser = this.#readBrowsers(fields.browser);
    if ('browserActions' in fields)
      fields.browserActions = this.#readActions(fields.browserActions, 'browserActions', 1);
    return fields;
  }

  #fold(
    source: Fields,
    names: FieldNames,
    place: string,
    onUnknown: (name: string, value: unknown) => void,
  ): Record<string, unknown> {
    const fields: Record<string, unknown> = {};
    const spelt = new Map<string, string>();
    for (const name of Object.keys(source)) {
      const value = source[name];
      const known = knownName(name, names);
      if (value === undefined) continue;
      if (known === undefined) {
        onUnknown(name, value);
        continue;
      }
      const before = spelt.get(known);
      if (before === undefined || fields[known] === null) {
        fields[known] = value;
        spelt.set(known, name);
      } else if (value !== null && !isSame(value, fields[known])) {
        throw new MooringError(
          'INVALID_PARAMETER',
          `\`${place}${shorten(before)}\`: expected this field once; got it as \`${shorten(name)}\` too, with another value.`,
        );
      }
    }
    return fields;
  }

  #unknownField(name: string, value: unknown): void {
    const { cmd, names, others, warnings, goesOut } = this.#options;
    if (name.length > maxNameLength) {
      warnings.addUnknown(() => this.#unknown(name, undefined));
      return;
    }
    const lower = name.toLowerCase();
    if (silent.has(lower) || (lower === 'method' && isVerb(value, cmd))) return;
    const loose = looseName(name);
    if (silent.has(loose)) return;
    if (isSolvingField(name)) {
      if (!asksForNothing(value))
        warnings.add(this.#said(name, 'has no effect: this server does not solve challenges.'));
      return;
    }
    const why = withoutEffect.get(loose);
    if (why !== undefined) {
      if (!asksForNothing(value)) warnings.add(this.#said(name, `has no effect: ${why}.`));
      return;
    }
    const other = knownName(name, others);
    const guard = other === undefined ? guardMeant(loose, value) : guards.find((each) => each === other);
    const isUnsafe = goesOut || (guard === 'session' && names.has('session'));
    if (guard !== undefined && isUnsafe && !asksForNothing(value)) throw unsafeError(name, guard, cmd, names);
    if (value === null || value === '') return; // nothing is lost
    warnings.addUnknown(() =>
      other === undefined
        ? this.#unknown(name, foreignNames.get(loose) ?? nearestName(name, names))
        : this.#said(name, `has no effect with ${cmd}.`),
    );
  }

  #said(name: string, rest: string): string {
    return `\`${this.#options.prefix}${shorten(name)}\` ${rest}`;
  }

  #unknown(name: string, meant: string | undefined, place = ''): string {
    const hint = meant === undefined ? '.' : `; did you mean \`${meant}\`?`;
    return `Unknown field \`${this.#options.prefix}${place}${shorten(name)}\`: it had no effect${hint}`;
  }

  #readBrowsers(value: unknown): unknown {
    const read = (item: unknown, i: number): unknown =>
      isObject(item)
        ? this.#fold(item, browserNames, `browser[${i}].`, (name) =>
            this.#options.warnings.addUnknown(() =>
              this.#unknown(name, nearestName(name, browserNames), `browser[${i}].`),
            ),
          )
        : item;
    return Array.isArray(value) ? value.map(read) : read(value, 0);
  }

  /** A list of actions, without those that this project does not do where the caller lets them fail. */
  #readActions(value: unknown, place: string, depth: number): unknown {
    if (value === null || value === undefined || value === '') return value;
    const list: readonly unknown[] = Array.isArray(value) ? value : [value];
    this.#actions += list.length;
    if (depth > maxActionDepth) {
      throw new MooringError(
        'INVALID_PARAMETER',
        `\`browserActions\`: expected at most ${maxActionDepth} levels; got more.`,
      );
    }
    if (this.#actions > maxActions) {
      throw new MooringError(
        'INVALID_PARAMETER',
        `\`browserActions\`: expected at most ${maxActions} actions, nested ones included; got ${depth === 1 ? this.#actions : 'more'}.`,
      );
    }
    return list.flatMap((item, i) => (isObject(item) ? this.#readAction(item, `${place}[${i}]`, depth) : [item]));
  }

  #readAction(item: Fields, place: string, depth: number): unknown[] {
    const named = this.#fold(item, allActionNames, `${place}.`, () => {});
    const { type } = named;
    const { warnings, prefix } = this.#options;
    if (unsupportedActions.some((name) => name === type)) {
      const what = `${String(type)} is not done by this server`;
      if (named.ignoreErrors !== true && named.ignoreErrors !== 'true' && named.ignoreErrors !== 1) {
        throw new MooringError(
          'UNSUPPORTED_ACTION',
          `\`${place}\`: ${what}; expected it absent or with \`ignoreErrors\`.`,
        );
      }
      warnings.add(`\`${prefix}${place}\`: ${what}, and was left out.`);
      return [];
    }
    const names = typeof type === 'string' ? (actionNames.get(type) ?? allActionNames) : allActionNames;
    const fields = this.#fold(item, names, `${place}.`, (name, fieldValue) =>
      this.#unknownActionField(name, fieldValue, `${place}.`, names, typeof type === 'string' ? type : typeof type),
    );
    for (const branch of ['then', 'or']) {
      if (branch in fields) fields[branch] = this.#readActions(fields[branch], `${place}.${branch}`, depth + 1);
    }
    return [fields];
  }

  #unknownActionField(name: string, value: unknown, place: string, names: FieldNames, type: string): void {
    const guard = knownName(name, this.#options.others);
    if (guard !== undefined && guard !== 'session' && guards.some((each) => each === guard) && !asksForNothing(value)) {
      throw new MooringError(
        'INVALID_PARAMETER',
        `\`${place}${shorten(name)}\`: expected it beside \`browserActions\`; ignoring it in an action would be unsafe.`,
      );
    }
    if (value === null || value === '') return;
    this.#options.warnings.addUnknown(() =>
      knownName(name, allActionNames) === undefined
        ? this.#unknown(name, foreignActionNames.get(looseName(name)) ?? nearestName(name, names), place)
        : this.#said(`${place}${name}`, `has no effect with the action \`${shorten(type)}\`.`),
    );
  }
}

const browserNames = new FieldNames(['name', 'minVersion', 'maxVersion']);
const actionNames = new Map(
  Object.entries(actionShapes).map(([type, names]): [string, FieldNames] => [type, new FieldNames(names)]),
);
const allActionNames = new FieldNames(Object.values(actionShapes).flat());

function unsafeError(name: string, guard: string, cmd: string, names: FieldNames): MooringError {
  const meant =
    guard === name || !names.has(guard)
      ? cmd === 'request.batch'
        ? `\`${guard}\` in each of \`requests\`, or with sessions.create`
        : `\`${guard}\` with sessions.create or request.*`
      : `\`${guard}\``;
  return new MooringError(
    'INVALID_PARAMETER',
    `\`${shorten(name)}\`: expected ${meant}; ${cmd} has no field of this name, and ignoring it would be unsafe.`,
  );
}

const isVerb = (value: unknown, cmd: string): boolean =>
  typeof value === 'string' && `request.${value.toLowerCase()}` === cmd;

/** Whether two values are written alike. What is nested too deep to be written is not. */
function isSame(a: unknown, b: unknown): boolean {
  try {
    return JSON.stringify(a) === JSON.stringify(b);
  } catch {
    return false;
  }
}

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
