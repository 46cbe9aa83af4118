import type { ActionName, unsupportedActions } from '../../src/protocol/actions.js';
import type { refusedRequestFields } from '../../src/protocol/commands/request.js';
import type { CommandName, commandDefinitions } from '../../src/protocol/commands.js';
import type { dialectSchema } from '../../src/protocol/dialects/flaresolverr.js';
import type { fieldsWithoutEffect } from '../../src/protocol/names/foreign-names.js';
import type { solvingFields } from '../../src/protocol/names/solving-fields.js';

type FieldOf<C extends CommandName> = keyof (typeof commandDefinitions)[C]['parameters']['shape'];

/** What a test can cover: the rows of `docs/compatibility.md`, by the group of each. */
interface Coverable {
  readonly create: FieldOf<'sessions.create'>;
  readonly command: Extract<CommandName, `${'sessions' | 'websocket'}.${string}`>;
  readonly request:
    | FieldOf<'request.get'>
    | keyof typeof fieldsWithoutEffect
    | (typeof refusedRequestFields | typeof solvingFields)[number];
  readonly batch: Extract<FieldOf<'request.batch'>, 'requests'>;
  readonly action: ActionName | (typeof unsupportedActions)[number];
  readonly dialect: Exclude<keyof (typeof dialectSchema)['shape'], 'cmd'>;
}

/**
 * Says which rows of `docs/compatibility.md` a test shows: it sends the field and asserts its effect, its warning or its
 * refusal. Stands at the start of the test's body. Does nothing: `scripts/compatibility.mjs` reads it from the source.
 */
export function covers<G extends keyof Coverable>(_group: G, ..._names: readonly Coverable[G][]): void {}
