import { commandNameOf, unknownCommand } from './command-name.js';
import { type Command, commandDefinitions, commandNames, isCommandName } from './commands.js';
import { type Body, type DefinedCommand, readCommand } from './define-command.js';
import { FieldNames } from './names/field-names.js';
import { FieldWarnings } from './names/field-warnings.js';

const allNames = new FieldNames(
  commandNames.flatMap((name) => [...commandDefinitions[name].fieldNames]).filter((name) => name !== 'state'),
);

/**
 * Makes the typed command of a JSON body, and gives a session that the caller left unnamed its ID, once.
 *
 * @throws MooringError `UNKNOWN_COMMAND` when `cmd` is missing or unknown, and as `readCommand`
 */
export function parseCommand(body: Body): Command {
  const cmd = commandNameOf(body);
  if (!isCommandName(cmd)) throw unknownCommand('cmd', cmd, commandNames);
  const warnings = new FieldWarnings();
  const definition = commandDefinitions[cmd] as unknown as DefinedCommand; // its parameters fit its own `toCommand`
  const command = readCommand(definition, body, { warnings, allNames, prefix: '' });
  return { ...command, warnings: warnings.sentences } as Command; // of the definition of this very `cmd`
}
