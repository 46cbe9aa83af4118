import { ApiError, errorOf, post, type SessionEvent, succeeded } from './api.js';

interface StreamEvent {
  readonly name: string;
  readonly data: Record<string, unknown>;
}

/**
 * Reads what happened in a session, then what happens, until the session ends or falls asleep.
 *
 * @param since the sequence of the last event that is known
 * @throws ApiError when the stream breaks off, or the session is not there
 */
export async function* followEvents(
  session: string,
  since: number,
  signal: AbortSignal,
): AsyncGenerator<SessionEvent, void, void> {
  const body = { cmd: 'sessions.events', session, ...(since > 0 ? { since } : {}) };
  const response = await succeeded(await post('/api/v1', body, { signal, headers: { accept: 'text/event-stream' } }));
  for await (const { name, data } of readStream(response, signal)) {
    // Those that are no longer kept are told of as `missed`: the log shows what there is.
    if (name === 'event') yield data.event as SessionEvent; // as the server's description says
    if (name !== 'reply') continue;
    if (data.data === 'error') throw errorOf(data);
    return;
  }
  throw new ApiError('UNREACHABLE', 'The connection to the server broke off.');
}

/** @see https://html.spec.whatwg.org/multipage/server-sent-events.html */
async function* readStream(response: Response, signal: AbortSignal): AsyncGenerator<StreamEvent, void, void> {
  if (!response.body) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text += value;
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const event = readBlock(block);
        if (event) yield event;
      }
    }
  } catch (cause) {
    signal.throwIfAborted();
    throw new ApiError('UNREACHABLE', 'The connection to the server broke off.', undefined, cause);
  } finally {
    await reader.cancel().catch(() => {}); // it is over either way
  }
}

/** One event; nothing for a comment, which keeps the connection alive. */
function readBlock(block: string): StreamEvent | undefined {
  const lines = block.split('\n');
  const fieldOf = (field: string): string | undefined =>
    lines.find((line) => line.startsWith(`${field}: `))?.slice(field.length + 2);
  const name = fieldOf('event');
  const data = fieldOf('data');
  return name === undefined || data === undefined ? undefined : { name, data: JSON.parse(data) };
}
