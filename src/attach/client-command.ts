import { ProtocolError, protocolErrors } from './protocol-error.js';

export type Params = Readonly<Record<string, unknown>>;

/** A command as a client sends it. */
export interface ClientCommand {
  readonly id: number;
  readonly method: string;
  readonly params: Params;
  /** If undefined, it is for the browser as a whole. */
  readonly sessionId: string | undefined;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An ID that an answer may carry; undefined if the message has none. */
const answerableId = (id: unknown): number | undefined =>
  typeof id === 'number' && Number.isInteger(id) && Math.abs(id) <= 2 ** 31 ? id : undefined;

/** A message that is no command, with the ID that it is answered under. */
export class UnreadableCommand extends ProtocolError {
  readonly id: number | undefined;

  constructor(message: string, code: number, id?: number) {
    super(message, code);
    this.id = id;
  }
}

/** @throws UnreadableCommand */
export function readCommand(text: string): ClientCommand {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    throw new UnreadableCommand('expected a message in JSON', protocolErrors.unreadable);
  }
  if (!isObject(message)) throw new UnreadableCommand('expected a JSON object', protocolErrors.invalid);
  const { method, params = {}, sessionId } = message;
  const id = answerableId(message.id);
  if (id === undefined) throw new UnreadableCommand('expected `id` to be an integer', protocolErrors.invalid);
  if (typeof method !== 'string')
    throw new UnreadableCommand('expected `method` to be a text', protocolErrors.invalid, id);
  if (!isObject(params)) throw new UnreadableCommand('expected `params` to be an object', protocolErrors.invalid, id);
  if (sessionId !== undefined && typeof sessionId !== 'string')
    throw new UnreadableCommand('expected `sessionId` to be a text', protocolErrors.invalid, id);
  return { id, method, params, sessionId };
}
