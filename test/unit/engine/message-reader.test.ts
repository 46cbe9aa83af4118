import { describe, expect, it } from 'vitest';
import { type MessageOutline, MessageReader } from '../../../src/engine/playwright/driver/message-reader.js';

function read(chunks: readonly (string | Buffer)[], exempt?: string) {
  const messages: string[] = [];
  const unwanted: MessageOutline[] = [];
  const tooLarge: MessageOutline[] = [];
  const reader = new MessageReader({
    unwanted: new Set(['Runtime.consoleAPICalled', 'Runtime.exceptionThrown']),
    headBytes: new Map([['Runtime.exceptionThrown', 1500]]),
    exempt: () => (exempt === undefined ? undefined : (sessionId) => sessionId === exempt),
    maxAnswerBytes: 5000,
    maxEventBytesOf: (method) => (method === 'Fetch.requestPaused' ? 5000 : 2000),
    onMessage: (message) => messages.push(message.toString()),
    onUnwanted: (outline) => unwanted.push(outline),
    onTooLarge: (outline) => tooLarge.push(outline),
  });
  for (const chunk of chunks) reader.read(Buffer.from(chunk));
  return { messages, unwanted, tooLarge };
}

const answer = (id: number, chars: number): string =>
  `{"id":${id},"result":{"value":"${'x'.repeat(chars)}"},"sessionId":"S1"}`;
const event = (method: string, chars: number): string =>
  `{"method":"${method}","params":{"text":"${'x'.repeat(chars)}"},"sessionId":"S1"}`;

describe('MessageReader', () => {
  it('messages in pieces of any size – each once, in order', () => {
    const all = [answer(1, 10), event('Page.loadEventFired', 0), answer(2, 3000), event('Page.x', 1500)];
    const bytes = Buffer.from(all.map((message) => `${message}\0`).join(''));
    for (const size of [1, 7, 1000, 1024, bytes.length]) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      );
      expect(read(chunks).messages).toEqual(all);
    }
  });

  it('characters of several bytes that are cut between two pieces – stay what they are', () => {
    const bytes = Buffer.from('{"id":1,"result":"日本 ü"}\0');
    expect(read([bytes.subarray(0, 19), bytes.subarray(19)]).messages).toEqual(['{"id":1,"result":"日本 ü"}']);
  });

  it('events that nobody wants – are passed on to a session that wants them, up to their limit', () => {
    const small = event('Runtime.consoleAPICalled', 1500);
    const large = event('Runtime.consoleAPICalled', 3000);
    const { messages, unwanted, tooLarge } = read([`${small}\0${large}\0`], 'S1');
    expect(messages).toEqual([small]);
    expect(unwanted).toEqual([]);
    expect(tooLarge).toMatchObject([{ method: 'Runtime.consoleAPICalled', sessionId: 'S1' }]);
    const others = read([`${small}\0${large}\0`], 'S2');
    expect([others.messages, others.unwanted.length, others.tooLarge]).toEqual([[], 2, []]);
  });

  it.each([10, 100_000])(
    'an event of %d characters that nobody wants – is not passed on, and its session is told',
    (chars) => {
      const { messages, unwanted, tooLarge } = read([`${event('Runtime.consoleAPICalled', chars)}\0${answer(1, 1)}\0`]);
      expect(messages).toEqual([answer(1, 1)]);
      expect(tooLarge).toEqual([]);
      expect(unwanted).toMatchObject([{ method: 'Runtime.consoleAPICalled', sessionId: 'S1' }]);
    },
  );

  it.each([
    [500, 500],
    [1500, 1500],
    [100_000, 1500],
  ])('an event of %d bytes whose head is wanted – so much of it is told: %d bytes', (bytes, told) => {
    const message = event('Runtime.exceptionThrown', bytes - event('Runtime.exceptionThrown', 0).length);
    for (const chunks of [[`${message}\0`], [message.slice(0, 1100), `${message.slice(1100)}\0`]]) {
      const { messages, unwanted } = read(chunks);
      expect(messages).toEqual([]);
      expect(unwanted).toMatchObject([{ bytes, head: message.slice(0, told), sessionId: 'S1' }]);
    }
  });

  it('messages beyond their limit – their outlines, and those after them as they are', () => {
    const large = [answer(7, 6000), event('Page.x', 2500), event('Fetch.requestPaused', 6000)].map((one) => `${one}\0`);
    const pieces = large.flatMap((one) => [one.slice(0, 1500), one.slice(1500, -3), one.slice(-3)]);
    const { messages, tooLarge } = read([...pieces, `${event('Fetch.requestPaused', 2500)}\0`]);
    expect(messages).toEqual([event('Fetch.requestPaused', 2500)]);
    expect(tooLarge).toMatchObject([
      { id: 7, method: undefined, sessionId: 'S1', bytes: (large[0]?.length ?? 0) - 1 },
      { id: undefined, method: 'Page.x', sessionId: 'S1' },
      { id: undefined, method: 'Fetch.requestPaused', sessionId: 'S1' },
    ]);
    expect(tooLarge[2]?.head.length).toBeLessThanOrEqual(1024);
  });

  it('answers and events of BiDi – are told apart too', () => {
    const { tooLarge } = read([`{"type":"success","id":3,"result":"${'x'.repeat(6000)}"}\0`]);
    expect(tooLarge).toMatchObject([{ id: 3, sessionId: undefined }]);
  });
});
