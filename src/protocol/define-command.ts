import { z } from 'zod';
import { MooringError } from '../errors.js';
import { asksForNothing } from './names/asks-for-nothing.js';
import { FieldNames } from './names/field-names.js';
import { FieldReader } from './names/field-reader.js';
import type { FieldWarnings } from './names/field-warnings.js';
import { parse } from './validation-message.js';

export type Body = Readonly<Record<string, unknown>>;

/** What is known while a body becomes a command. */
export interface ParseContext {
  /** Takes what was accepted without effect. */
  readonly warnings: FieldWarnings;
  /** Every field of the API: one that belongs to another command is told so. */
  readonly allNames: FieldNames;
  /** What stands before a place in warnings: `requests[2].` */
  readonly prefix: string;
}

/** One command of the API: its parser, types, place in the OpenAPI document and section of the reference come from it. */
export interface CommandDefinition<
  N extends string = string,
  P extends z.ZodObject = z.ZodObject,
  R extends z.ZodObject = z.ZodObject,
  C extends object = object,
> {
  /** Its `cmd`. */
  readonly name: N;
  /** What it does, in a few words. */
  readonly summary: string;
  readonly description: string;
  /** The fields of its body, without `cmd`. */
  readonly parameters: P;
  /** What a success answers, without what every reply ends with. */
  readonly reply: R;
  readonly example: { readonly request: Body; readonly response: Body };
  /** Whether it opens, moves or uses a connection to the outside: then no field that guards one is ignored. */
  readonly goesOut: boolean;
  /** Asked for as a stream it goes on until what it tells of has ended. */
  readonly follows?: true;
  /** Fields of the contract that it does not serve: checked like the others, then refused by name. */
  readonly unsupported?: z.ZodRawShape;
  /** Makes the command of checked parameters. @throws MooringError when they do not go together */
  readonly toCommand: (parameters: z.infer<P>, context: ParseContext) => C;
}

/** A definition with the names that its body can have. */
export type DefinedCommand<
  N extends string = string,
  P extends z.ZodObject = z.ZodObject,
  R extends z.ZodObject = z.ZodObject,
  C extends object = object,
> = CommandDefinition<N, P, R, C> & { readonly fieldNames: FieldNames };

/** The command that a definition makes of a body. */
export type CommandFrom<D> = D extends {
  readonly name: infer N extends string;
  readonly toCommand: (...args: never[]) => infer C;
}
  ? C & {
      readonly cmd: N;
      /** What was accepted without effect, a sentence each. */
      readonly warnings: readonly string[];
    }
  : never;

export function defineCommand<N extends string, P extends z.ZodObject, R extends z.ZodObject, C extends object>(
  definition: CommandDefinition<N, P, R, C>,
): DefinedCommand<N, P, R, C> {
  const { parameters, unsupported = {} } = definition;
  const names = ['cmd', ...Object.keys(parameters.shape), ...Object.keys(unsupported)];
  return { ...definition, fieldNames: new FieldNames(names) };
}

/**
 * Reads a body by the definition of its command: its names, then what is not served, then its values.
 *
 * @param amend changes the fields before their values are checked
 * @throws MooringError `INVALID_PARAMETER`, `UNKNOWN_BROWSER` or `UNSUPPORTED_PARAMETER` naming the field, what was
 *   expected and what came
 */
export function readCommand<N extends string, P extends z.ZodObject, R extends z.ZodObject, C extends object>(
  definition: DefinedCommand<N, P, R, C>,
  body: Body,
  context: ParseContext,
  amend?: (fields: Record<string, unknown>) => void,
): C & { readonly cmd: N } {
  const { name: cmd, fieldNames: names, goesOut, parameters, unsupported = {}, toCommand } = definition;
  const { allNames: others, warnings, prefix } = context;
  const fields = new FieldReader({ cmd, names, others, goesOut, warnings, prefix }).read(body);
  refuseUnsupported(unsupported, fields);
  amend?.(fields);
  return { ...toCommand(parse(parameters, fields), context), cmd };
}

function refuseUnsupported(unsupported: z.ZodRawShape, fields: Body): void {
  parse(z.object(unsupported), fields);
  const name = Object.keys(unsupported).find((field) => !asksForNothing(fields[field]));
  if (name === undefined) return;
  throw new MooringError('UNSUPPORTED_PARAMETER', `\`${name}\`: this version does not serve it; expected it absent.`);
}
