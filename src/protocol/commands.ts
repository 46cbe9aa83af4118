import type { z } from 'zod';
import { requestDefinitions } from './commands/request.js';
import { requestBatch } from './commands/request-batch.js';
import { sessionsActive } from './commands/sessions-active.js';
import { sessionsCreate } from './commands/sessions-create.js';
import { sessionsDestroy } from './commands/sessions-destroy.js';
import { sessionsEvents } from './commands/sessions-events.js';
import { sessionsExport } from './commands/sessions-export.js';
import { sessionsFork } from './commands/sessions-fork.js';
import { sessionsIdentity } from './commands/sessions-identity.js';
import { sessionsList } from './commands/sessions-list.js';
import { sessionsProxy } from './commands/sessions-proxy.js';
import { websocketCreate } from './commands/websocket-create.js';
import type { CommandFrom } from './define-command.js';

/** Every command, in the order of the reference. Parser, types, OpenAPI document and reference come from it. */
const definitions = [
  sessionsCreate,
  sessionsDestroy,
  sessionsList,
  sessionsActive,
  sessionsProxy,
  sessionsIdentity,
  sessionsEvents,
  sessionsExport,
  sessionsFork,
  websocketCreate,
  ...requestDefinitions,
  requestBatch,
] as const;

type Definition = (typeof definitions)[number];

export type CommandName = Definition['name'];
export const commandNames: readonly CommandName[] = definitions.map(({ name }) => name);

/** The definition of each command, by its name. */
export const commandDefinitions = Object.fromEntries(
  definitions.map((definition) => [definition.name, definition]),
) as {
  readonly [D in Definition as D['name']]: D;
}; // a row for each

export const isCommandName = (value: unknown): value is CommandName =>
  typeof value === 'string' && Object.hasOwn(commandDefinitions, value);

/** Every command, told apart by `cmd`. */
export type Command = CommandFrom<Definition>;
/** The command of one name. */
export type CommandOf<N extends CommandName> = Extract<Command, { cmd: N }>;

/** What the handler of a command returns; the executor adds `timeElapsed`. */
export type ReplyOf<N extends CommandName> = z.infer<(typeof commandDefinitions)[N]['reply']>;
export type Reply = ReplyOf<CommandName>;
/** A reply with the time the command took. */
export type TimedReply = Reply & { readonly timeElapsed: number };
