import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';

/** Texts from this length on are written in slices. */
const longText = 64 * 1024;
/** How many characters are escaped before others have their turn. */
const sliceLength = 256 * 1024;

/** Whether the JSON of a value is written at once: it has no long texts. */
export type Json = string | AsyncIterable<string>;

/**
 * The JSON of a value; in pieces where it holds long texts, for the one thread serves everybody, and a string of V8 ends
 * at half a billion characters. Between two pieces whatever waits has its turn.
 */
export function jsonOf(value: unknown): Json {
  const long: string[] = [];
  const mark = randomUUID(); // no text has it but by intent, and nobody knows it before
  const frame = JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'string' && item.length >= longText ? `${mark}${long.push(item) - 1}` : item,
  );
  return long.length === 0 ? frame : pieces(frame.split(`"${mark}`), long);
}

/** @param parts of the frame; each but the first begins with the number of the text before it, and a quote */
async function* pieces([first = '', ...rest]: readonly string[], long: readonly string[]): AsyncGenerator<string> {
  yield first;
  for (const part of rest) {
    const end = part.indexOf('"');
    const text = long[Number(part.slice(0, end))] ?? '';
    yield '"';
    for (let at = 0; at < text.length; at += sliceLength) {
      // Half of a surrogate pair is written as its escape, which reads the same.
      yield JSON.stringify(text.slice(at, at + sliceLength)).slice(1, -1);
      await setImmediate();
    }
    yield part.slice(end);
  }
}
