import { MooringError } from '../errors.js';
import { nearestName } from './names/nearest-name.js';
import { shorten } from './validation-message.js';

/** The `cmd` of a body, whatever the case of the field's name. */
export function commandNameOf(body: Readonly<Record<string, unknown>>): unknown {
  if (body.cmd !== undefined && body.cmd !== null) return body.cmd;
  const name = Object.keys(body).find((key) => key.length === 3 && key.toLowerCase() === 'cmd');
  return (name === undefined ? undefined : body[name]) ?? undefined;
}

/** @param place of the name: `requests[2].cmd` */
export function unknownCommand(place: string, cmd: unknown, names: readonly string[]): MooringError {
  const kind = Array.isArray(cmd) ? 'a list' : typeof cmd === 'object' ? 'an object' : String(cmd);
  const got = cmd === undefined ? 'nothing' : typeof cmd === 'string' ? `"${shorten(cmd)}"` : kind;
  const near = typeof cmd === 'string' ? nearestName(cmd, names) : undefined;
  return new MooringError(
    'UNKNOWN_COMMAND',
    `\`${place}\`: expected one of ${names.join(', ')}; got ${got}${near === undefined ? '.' : `; did you mean \`${near}\`?`}`,
  );
}
