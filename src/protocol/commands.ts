import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type ErrorCode, MooringError } from '../errors.js';
import { type BrowserAction, maxActionDepth, maxActions, unsupportedActions } from './actions.js';
import { batchSchema, isSolvingField, type RequestFields, refusedRequestFields, requestSchema } from './requests.js';
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
  readonly mustExist: boolean;
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

/**
 * Makes the typed command of a JSON body, and gives a session that the caller left unnamed its ID, once.
 *
 * @throws MooringError `CODE-0004` when `cmd` is missing or unknown, `INVALID_PARAMETER`, `CODE-0030` or
 *   `UNSUPPORTED_PARAMETER` naming the field, what was expected and what came
 */
export function parseCommand(body: Readonly<Record<string, unknown>>): Command {
  const cmd = body.cmd;
  if (!isCommandName(cmd)) {
    const came = cmd === undefined ? 'there was none' : `came ${show(cmd)}`;
    throw new MooringError('CODE-0004', `\`cmd\`: expected one of ${commandNames.join(', ')}; ${came}.`);
  }
  switch (cmd) {
    case 'sessions.create': {
      refuseUnsupported(body, []);
      const { session, ...options } = parse(sessionsCreateSchema, body);
      return {
        cmd,
        session: session ?? randomUUID(),
        named: session !== undefined,
        options,
        warnings: warningsOf(body),
      };
    }
    case 'sessions.destroy':
      return { cmd, session: parse(sessionsDestroySchema, body).session, warnings: [] };
    case 'sessions.active':
      return { cmd, session: parse(sessionsActiveSchema, body).session, warnings: [] };
    case 'sessions.identity':
      return { cmd, session: parse(sessionsIdentitySchema, body).session, warnings: [] };
    case 'sessions.proxy': {
      const { session, ...wish } = parse(sessionsProxySchema, body);
      return { cmd, session, wish, warnings: warningsOf(body) };
    }
    case 'sessions.list':
      return { cmd, warnings: [] };
    case 'request.batch':
      return parseBatch(body);
    default:
      return parseRequest(cmd, body);
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

function parseBatch(body: Readonly<Record<string, unknown>>): BatchCommand {
  refuseUnsupported(body, []);
  const {
    session: given,
    requests: bodies,
    timeout,
    closeAfterUse = false,
    mustExist = false,
    dontChangeProxy = false,
    ...options
  } = parse(batchSchema, body);
  const session = given ?? randomUUID();
  const requests = bodies.map((request, i) => {
    const { cmd = 'request.get' } = request;
    if (!isCommandName(cmd) || !cmd.startsWith('request.') || cmd === 'request.batch') {
      throw new MooringError(
        'CODE-0004',
        `\`requests[${i}].cmd\`: expected request.get, .post, .put, .delete or .patch; came ${show(cmd)}.`,
      );
    }
    const misplaced = batchOwnFields.find((name) => !asksForNothing(request[name]));
    if (misplaced) {
      throw new MooringError(
        'INVALID_PARAMETER',
        `\`requests[${i}].${misplaced}\`: expected it beside \`requests\`, for the batch as a whole.`,
      );
    }
    try {
      return parseRequest(cmd as RequestName, { ...request, session }); // one of them, as checked above
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
    closeAfterUse,
    mustExist,
    dontChangeProxy,
    warnings: warningsOf(body),
  };
}

function parseRequest(cmd: RequestName, body: Readonly<Record<string, unknown>>): RequestCommand {
  refuseUnsupported(body, refusedRequestFields);
  const { value: browserActions, left } = withoutUnsupported(body.browserActions, 'browserActions');
  const request = parse(requestSchema, { ...body, browserActions });
  assertActionLimits(request.browserActions ?? []);
  if (!request.url && !request.keepSamePage) {
    throw new MooringError(
      'INVALID_PARAMETER',
      '`url`: expected an absolute http(s) URL (or `keepSamePage`), there was none.',
    );
  }
  if (cmd === 'request.get' && request.postData !== undefined && request.postData !== '') {
    throw new MooringError(
      'INVALID_PARAMETER',
      '`postData`: expected none with request.get; use request.post, .put or .patch.',
    );
  }
  const options = sessionOptionsSchema.parse(pick(request, Object.keys(sessionOptionFields)));
  return {
    cmd,
    session: request.session ?? randomUUID(),
    anonymous: request.session === undefined,
    options,
    request,
    warnings: [...warningsOf(body), ...left],
  };
}

/**
 * Takes out the actions that this project does not do, where the caller lets them fail.
 *
 * @throws MooringError `UNSUPPORTED_ACTION` where it does not
 */
function withoutUnsupported(value: unknown, place: string): { value: unknown; left: string[] } {
  if (!Array.isArray(value)) return { value, left: [] };
  const left: string[] = [];
  const kept = value.flatMap((item: unknown, i) => {
    if (typeof item !== 'object' || item === null) return [item];
    const action: Record<string, unknown> = { ...item };
    if (unsupportedActions.some((name) => name === action.type)) {
      const what = `\`${place}[${i}]\`: ${String(action.type)} is not done by this server`;
      if (action.ignoreErrors !== true && action.ignoreErrors !== 'true') {
        throw new MooringError('UNSUPPORTED_ACTION', `${what}; expected it absent or with \`ignoreErrors\`.`);
      }
      left.push(`${what}, and was left out.`);
      return [];
    }
    for (const branch of ['then', 'or']) {
      const nested = withoutUnsupported(action[branch], `${place}[${i}].${branch}`);
      if (nested.value !== undefined) action[branch] = nested.value;
      left.push(...nested.left);
    }
    return [action];
  });
  return { value: kept, left };
}

/** @throws MooringError `INVALID_PARAMETER` when there are too many actions, or they are nested too deep */
function assertActionLimits(actions: readonly BrowserAction[]): void {
  let count = 0;
  const visit = (list: readonly BrowserAction[], depth: number): void => {
    count += list.length;
    if (depth > maxActionDepth) {
      throw new MooringError(
        'INVALID_PARAMETER',
        `\`browserActions\`: expected at most ${maxActionDepth} levels; came more.`,
      );
    }
    for (const action of list) {
      if (action.type === 'if' || action.type === 'while') visit(action.then, depth + 1);
      if (action.type === 'if') visit(action.or ?? [], depth + 1);
    }
  };
  visit(actions, 1);
  if (count > maxActions) {
    throw new MooringError(
      'INVALID_PARAMETER',
      `\`browserActions\`: expected at most ${maxActions} actions; came ${count}.`,
    );
  }
}

function isCommandName(value: unknown): value is CommandName {
  return typeof value === 'string' && Object.hasOwn(commandSchemas, value);
}

function pick(source: object, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(source).filter(([name, value]) => names.includes(name) && value !== undefined),
  );
}

/** `false`, nothing and an empty value ask for nothing, so they are no reason to refuse. */
function asksForNothing(value: unknown): boolean {
  return (
    value === undefined ||
    value === null ||
    value === false ||
    value === 'false' ||
    value === '' ||
    value === 0 ||
    (Array.isArray(value) && value.length === 0)
  );
}

const pendingSessionSchema = z.object(pendingSessionFields);

function refuseUnsupported(body: Readonly<Record<string, unknown>>, names: readonly string[]): void {
  const session = parse(pendingSessionSchema, body);
  for (const name of [...Object.keys(session), ...names]) {
    if (!asksForNothing(body[name])) {
      throw new MooringError(
        'UNSUPPORTED_PARAMETER',
        `\`${name}\`: this version does not serve it; expected it absent.`,
      );
    }
  }
}

function warningsOf(body: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(body)
    .filter((name) => isSolvingField(name) && !asksForNothing(body[name]))
    .map((name) => `\`${name}\` has no effect: this server does not solve challenges.`);
}

function parse<T extends z.ZodType>(schema: T, body: Readonly<Record<string, unknown>>): z.infer<T> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  if (!issue) throw result.error;
  const path = issue.path.map((part, i) =>
    typeof part === 'number' ? `[${part}]` : i > 0 ? `.${String(part)}` : String(part),
  );
  throw new MooringError(codeOf(issue), `\`${path.join('')}\`: ${expected(issue)}${came(body, issue.path)}.`);
}

/** Fields whose bad values have a code of their own in the catalogue. */
const fieldCodes: Readonly<Record<string, ErrorCode>> = { 'browser.name': 'CODE-0030' };

function codeOf(issue: z.core.$ZodIssue): ErrorCode {
  const names = issue.path.filter((part) => typeof part === 'string');
  if (names[0] === 'browserActions' && names.at(-1) === 'value' && issue.code === 'invalid_value') return 'CODE-0036';
  return fieldCodes[names.join('.')] ?? 'INVALID_PARAMETER';
}

function expected(issue: z.core.$ZodIssue): string {
  if (issue.message.startsWith('expected')) return issue.message;
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${issue.expected}`;
    case 'invalid_value':
      return `expected one of ${issue.values.map((value) => String(value)).join(', ')}`;
    case 'too_small':
      return `expected at least ${issue.minimum}`;
    case 'too_big':
      return `expected at most ${issue.maximum}`;
    default:
      return issue.message;
  }
}

/** Fields whose value may be a secret: their values are not repeated in a message. */
const secretFields = new Set(['proxy', 'cookies', 'cookiejar', 'customHeaders', 'postData']);

function came(body: unknown, path: readonly PropertyKey[]): string {
  if (typeof path[0] === 'string' && secretFields.has(path[0])) return '';
  let value = body;
  for (const part of path) {
    // A folded field (one value for a list, a name for an object) has no such path: show the value itself.
    if (typeof value !== 'object' || value === null || !(part in value)) break;
    value = (value as Record<PropertyKey, unknown>)[part]; // an object that has it, as checked the line above
  }
  return value === body ? '; there was none' : `; came ${show(value)}`;
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
