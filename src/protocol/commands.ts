import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { MooringError } from '../errors.js';
import { asksForNothing, FieldNames, FieldReader, FieldWarnings } from './field-names.js';
import { nearestName } from './nearest-name.js';
import { batchSchema, type RequestFields, refusedRequestFields, requestSchema } from './requests.js';
import {
  type ExitWish,
  pendingSessionFields,
  type SessionOptions,
  sessionOptionFields,
  sessionOptionsSchema,
  sessionsActiveSchema,
  sessionsCreateSchema,
  sessionsDestroySchema,
  sessionsIdentitySchema,
  sessionsListSchema,
  sessionsProxySchema,
} from './sessions.js';
import { parse, shorten } from './validation-message.js';

/** The schema of each command's body, by its name. */
export const commandSchemas = {
  'sessions.create': sessionsCreateSchema,
  'sessions.destroy': sessionsDestroySchema,
  'sessions.list': sessionsListSchema,
  'sessions.active': sessionsActiveSchema,
  'sessions.proxy': sessionsProxySchema,
  'sessions.identity': sessionsIdentitySchema,
  'request.get': requestSchema,
  'request.post': requestSchema,
  'request.put': requestSchema,
  'request.delete': requestSchema,
  'request.patch': requestSchema,
  'request.batch': batchSchema,
} as const;

export type CommandName = keyof typeof commandSchemas;
export type RequestName = Exclude<Extract<CommandName, `request.${string}`>, 'request.batch'>;
export const commandNames = Object.keys(commandSchemas) as CommandName[]; // the keys of the table above, no others

interface Named<N extends CommandName> {
  readonly cmd: N;
  /** What was accepted without effect, a sentence each. */
  readonly warnings: readonly string[];
}

export interface CreateCommand extends Named<'sessions.create'> {
  readonly session: string;
  /** Whether the caller gave the ID; if not, only the reply tells it. */
  readonly named: boolean;
  readonly options: SessionOptions;
}
export interface DestroyCommand extends Named<'sessions.destroy'> {
  readonly session: string;
}
export interface ActiveCommand extends Named<'sessions.active'> {
  readonly session: string;
}
export interface ProxyCommand extends Named<'sessions.proxy'> {
  readonly session: string;
  readonly wish: ExitWish;
}
export interface IdentityCommand extends Named<'sessions.identity'> {
  readonly session: string;
}
export type ListCommand = Named<'sessions.list'>;

export interface RequestCommand extends Named<RequestName> {
  readonly session: string;
  readonly anonymous: boolean;
  readonly options: SessionOptions;
  readonly request: RequestFields;
  /** How it treats a session that is open, where that is not as usual. No field of a body: a dialect asks for it. */
  readonly onOpenSession?: OnOpenSession;
}

/** What a request does to a session that it finds open. */
export interface OnOpenSession {
  /** Its options are for a session that the request opens; an open one keeps its own. */
  readonly keepOptions: boolean;
  /** An idle session older than this is made anew first, with the options that it has. */
  readonly renewAfterMs?: number;
}

export interface BatchCommand extends Named<'request.batch'> {
  readonly session: string;
  readonly anonymous: boolean;
  readonly options: SessionOptions;
  readonly requests: readonly RequestCommand[];
  /** Absent: as long as each of them may take. */
  readonly timeoutMs: number | undefined;
  readonly closeAfterUse: boolean;
  /** Refuse with `SESSION_NOT_FOUND` instead of opening a session. */
  readonly mustExist: boolean;
  /** An explicit `proxy` that differs does not move the open session. */
  readonly dontChangeProxy: boolean;
}

/** Every command, told apart by `cmd`. */
export type Command =
  | CreateCommand
  | DestroyCommand
  | ActiveCommand
  | ListCommand
  | ProxyCommand
  | IdentityCommand
  | RequestCommand
  | BatchCommand;

/** The command of one name. */
export type CommandOf<N extends CommandName> =
  Extract<Command, { cmd: N }> extends never ? RequestCommand : Extract<Command, { cmd: N }>;

/** The commands that use a way out, or choose one: there, no field that guards is ignored. */
const goesOut = (cmd: CommandName): boolean =>
  cmd === 'sessions.create' || cmd === 'sessions.proxy' || cmd.startsWith('request.');

const namesOf = (cmd: CommandName): string[] => [
  'cmd',
  ...Object.keys(commandSchemas[cmd].shape),
  ...(goesOut(cmd) && cmd !== 'sessions.proxy' ? Object.keys(pendingSessionFields) : []),
  ...(cmd.startsWith('request.') && cmd !== 'request.batch' ? refusedRequestFields : []),
];
const fieldNames = Object.fromEntries(commandNames.map((cmd) => [cmd, new FieldNames(namesOf(cmd))])) as Readonly<
  Record<CommandName, FieldNames>
>; // a row for each name
const allFieldNames = new FieldNames(commandNames.flatMap(namesOf).filter((name) => name !== 'state'));

const readerOf = (cmd: CommandName, warnings: FieldWarnings, prefix = ''): FieldReader =>
  new FieldReader({ cmd, names: fieldNames[cmd], others: allFieldNames, goesOut: goesOut(cmd), warnings, prefix });

type Body = Readonly<Record<string, unknown>>;

/**
 * Makes the typed command of a JSON body, and gives a session that the caller left unnamed its ID, once.
 *
 * @throws MooringError `UNKNOWN_COMMAND` when `cmd` is missing or unknown, `INVALID_PARAMETER`, `UNKNOWN_BROWSER` or
 *   `UNSUPPORTED_PARAMETER` naming the field, what was expected and what came
 */
export function parseCommand(body: Body): Command {
  const cmd = commandOf(body);
  if (!isCommandName(cmd)) throw unknownCommand('cmd', cmd, commandNames);
  const warnings = new FieldWarnings();
  switch (cmd) {
    case 'request.batch':
      return parseBatch(body, warnings);
    case 'request.get':
    case 'request.post':
    case 'request.put':
    case 'request.delete':
    case 'request.patch':
      return { ...parseRequest(cmd, body, warnings, ''), warnings: warnings.sentences };
    default:
      return parseSessionCommand(cmd, readerOf(cmd, warnings).read(body), warnings);
  }
}

type SessionCommandName = Extract<CommandName, `sessions.${string}`>;

function parseSessionCommand(cmd: SessionCommandName, fields: Body, told: FieldWarnings): Command {
  const warnings = told.sentences;
  switch (cmd) {
    case 'sessions.create': {
      refuseUnsupported(fields, []);
      const { session, ...options } = parse(sessionsCreateSchema, fields);
      return { cmd, session: session ?? randomUUID(), named: session !== undefined, options, warnings };
    }
    case 'sessions.destroy':
      return { cmd, session: parse(sessionsDestroySchema, fields).session, warnings };
    case 'sessions.active':
      return { cmd, session: parse(sessionsActiveSchema, fields).session, warnings };
    case 'sessions.identity':
      return { cmd, session: parse(sessionsIdentitySchema, fields).session, warnings };
    case 'sessions.proxy': {
      const { session, ...wish } = parse(sessionsProxySchema, fields);
      return { cmd, session, wish, warnings };
    }
    case 'sessions.list':
      return { cmd, warnings };
  }
}

/** What is said once for the whole batch. */
const batchOwnFields = [
  'session',
  'closeAfterUse',
  'mustExist',
  'dontChangeProxy',
  ...Object.keys(sessionOptionFields),
];

const requestNames = commandNames.filter(isRequestName);

function parseBatch(body: Body, warnings: FieldWarnings): BatchCommand {
  const fields = readerOf('request.batch', warnings).read(body);
  refuseUnsupported(fields, []);
  const { session: given, requests: bodies, timeout, closeAfterUse, ...rest } = parse(batchSchema, fields);
  const { mustExist = false, dontChangeProxy = false, ...options } = rest;
  const session = given ?? randomUUID();
  const requests = bodies.map((request, i) => {
    const cmd = commandOf(request) ?? 'request.get';
    if (!isRequestName(cmd)) throw unknownCommand(`requests[${i}].cmd`, cmd, requestNames);
    try {
      return parseRequest(cmd, request, warnings, `requests[${i}].`, session);
    } catch (error) {
      throw error instanceof MooringError ? error.at(`requests[${i}]`) : error;
    }
  });
  return {
    cmd: 'request.batch',
    session,
    anonymous: given === undefined,
    options,
    requests,
    timeoutMs: timeout,
    closeAfterUse: closeAfterUse ?? false,
    mustExist,
    dontChangeProxy,
    warnings: warnings.sentences,
  };
}

/**
 * @param place what stands before a field in a warning: `requests[2].`
 * @param batchSession of the batch that the request is part of
 */
function parseRequest(
  cmd: RequestName,
  body: Body,
  warnings: FieldWarnings,
  place: string,
  batchSession?: string,
): RequestCommand {
  const fields = readerOf(cmd, warnings, place).read(body);
  refuseUnsupported(fields, refusedRequestFields);
  if (batchSession !== undefined) {
    const misplaced = batchOwnFields.find((name) => !asksForNothing(fields[name]));
    if (misplaced) {
      throw new MooringError(
        'INVALID_PARAMETER',
        `\`${misplaced}\`: expected it beside \`requests\`, for the batch as a whole.`,
      );
    }
    fields.session = batchSession;
  }
  const request = parse(requestSchema, fields);
  if (!request.url && !request.keepSamePage) {
    throw new MooringError(
      'INVALID_PARAMETER',
      '`url`: expected an absolute http(s) URL (or `keepSamePage`); got nothing.',
    );
  }
  if (cmd === 'request.get' && request.postData !== undefined && request.postData !== '') {
    throw new MooringError(
      'INVALID_PARAMETER',
      '`postData`: expected none with request.get; use request.post, .put or .patch.',
    );
  }
  if (request.forceNewProxy && batchSession !== undefined) {
    warnings.add(`\`${place}forceNewProxy\` has no effect in a batch: sessions.proxy moves a session.`);
  }
  const options = sessionOptionsSchema.parse(pick(request, Object.keys(sessionOptionFields)));
  return {
    cmd,
    session: request.session ?? randomUUID(),
    anonymous: request.session === undefined,
    options,
    request,
    warnings: [],
  };
}

/** The verb, whatever the case of the field's name. */
function commandOf(body: Body): unknown {
  if (body.cmd !== undefined && body.cmd !== null) return body.cmd;
  const name = Object.keys(body).find((key) => key.length === 3 && key.toLowerCase() === 'cmd');
  return (name === undefined ? undefined : body[name]) ?? undefined;
}

function unknownCommand(place: string, cmd: unknown, names: readonly string[]): MooringError {
  const kind = Array.isArray(cmd) ? 'a list' : typeof cmd === 'object' ? 'an object' : String(cmd);
  const got = cmd === undefined ? 'nothing' : typeof cmd === 'string' ? `"${shorten(cmd)}"` : kind;
  const near = typeof cmd === 'string' ? nearestName(cmd, names) : undefined;
  return new MooringError(
    'UNKNOWN_COMMAND',
    `\`${place}\`: expected one of ${names.join(', ')}; got ${got}${near === undefined ? '.' : `; did you mean \`${near}\`?`}`,
  );
}

function isCommandName(value: unknown): value is CommandName {
  return typeof value === 'string' && Object.hasOwn(commandSchemas, value);
}

function isRequestName(value: unknown): value is RequestName {
  return isCommandName(value) && value.startsWith('request.') && value !== 'request.batch';
}

function pick(source: object, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(source).filter(([name, value]) => names.includes(name) && value !== undefined),
  );
}

const pendingSessionSchema = z.object(pendingSessionFields);

function refuseUnsupported(fields: Body, names: readonly string[]): void {
  parse(pendingSessionSchema, fields);
  for (const name of [...Object.keys(pendingSessionFields), ...names]) {
    if (!asksForNothing(fields[name])) {
      throw new MooringError(
        'UNSUPPORTED_PARAMETER',
        `\`${name}\`: this version does not serve it; expected it absent.`,
      );
    }
  }
}
