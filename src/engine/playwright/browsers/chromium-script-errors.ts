import type { PageEvent } from '../../engine.js';
import type { MessageOutline } from '../driver/message-reader.js';

/** A stack with long addresses comes before the message of an exception. */
const keptBytes = 8192;

/** How much is kept of the events that tell of errors. */
export const scriptErrorHeadBytes: ReadonlyMap<string, number> = new Map(
  ['Runtime.consoleAPICalled', 'Runtime.exceptionThrown', 'Log.entryAdded'].map((method) => [method, keptBytes]),
);

type ScriptError = Extract<PageEvent, { kind: 'console' }>;

/** A value as the browser describes it. @see https://chromedevtools.github.io/devtools-protocol/tot/Runtime/#type-RemoteObject */
interface RemoteObject {
  readonly type: string;
  readonly value?: unknown;
  readonly unserializableValue?: string;
  readonly description?: string;
}

interface Params {
  readonly args?: readonly RemoteObject[];
  readonly exceptionDetails?: { readonly text: string; readonly exception?: RemoteObject };
  readonly entry?: { readonly text: string; readonly url?: string };
}

const consoleError = /^\{"method":"Runtime\.consoleAPICalled","params":\{"type":"(?:error|assert)"/;
const logError = /^\{"method":"Log\.entryAdded","params":\{"entry":\{"source":"[\w-]+","level":"error"/;

/**
 * The error that an event of Chromium tells of, if it does. The driver does not get these events: it would keep 200 of each
 * page, however large. Only the head of one is at hand, and it is read when its text is asked for.
 */
export function scriptErrorOf({ method, head, bytes }: MessageOutline): ScriptError | undefined {
  const readText = (): string => {
    try {
      return textOf(head, bytes <= head.length);
    } catch {
      return 'an error that cannot be read'; // it was cut in the middle of a character
    }
  };
  if (method === 'Runtime.exceptionThrown') return { kind: 'console', source: 'exception', readText };
  if (method === 'Runtime.consoleAPICalled' && consoleError.test(head))
    return { kind: 'console', source: 'console', readText };
  if (method === 'Log.entryAdded' && logError.test(head)) return { kind: 'console', source: 'browser', readText };
  return undefined;
}

function textOf(head: string, isWhole: boolean): string {
  if (!isWhole) return firstTextOf(head);
  const { args, exceptionDetails, entry } = (JSON.parse(head) as { params: Params }).params; // as the protocol says
  if (args) return args.map(describe).join(' ');
  if (entry) return entry.url === undefined || entry.url === '' ? entry.text : `${entry.text} (${entry.url})`;
  const { text = '', exception } = exceptionDetails ?? {};
  return exception ? `${text} ${describe(exception)}` : text;
}

const describe = ({ type, value, unserializableValue, description }: RemoteObject): string =>
  firstLine(
    typeof value === 'string'
      ? value
      : (description ?? unserializableValue ?? (value === undefined ? type : JSON.stringify(value))),
  );

/** A stack follows the message of an error. */
const firstLine = (text: string): string => text.split('\n    at ', 1)[0] ?? '';

/** What of the first value is there, of a message that was cut. */
function firstTextOf(head: string): string {
  const found = /"(?:value|description)":("(?:[^"\\]|\\.)*)/.exec(head)?.[1];
  return found === undefined ? 'an error with a long description' : firstLine(JSON.parse(`${found}"`) as string); // a JSON string
}
