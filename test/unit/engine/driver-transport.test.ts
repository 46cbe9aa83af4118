import { EventEmitter } from 'node:events';
import { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  filterWire,
  maxAnswerBytes,
  sentByteCounter,
  type WireFilter,
  type WireMessage,
} from '../../../src/engine/playwright/driver/driver-transport.js';
import { faults } from '../../../src/util/faults.js';

/** A driver as far as its wire goes. */
class FakeDriver {
  readonly received: WireMessage[] = [];
  readonly sent: WireMessage[] = [];
  killed: string | undefined;
  readonly transport = {
    send: (message: WireMessage) => void this.sent.push(message),
    onmessage: (message: WireMessage) => void this.received.push(message),
    _dispatch: (_chunk: Buffer) => {},
    _pendingBuffers: [Buffer.from('{"id":')],
  };

  get browser(): Browser {
    const kill = (signal: string): void => {
      this.killed = signal;
    };
    const process = { kill, stdio: [] };
    const inside = { _connection: { _transport: this.transport }, options: { browserProcess: { process } } };
    return { _connection: { toImpl: () => inside } } as unknown as Browser; // what the filter looks at
  }

  async tell(...messages: string[]): Promise<void> {
    for (const message of messages) this.transport._dispatch(Buffer.from(message));
    await turn();
  }
}

const passing: WireFilter = {
  unwanted: new Set(['Runtime.consoleAPICalled']),
  outgoing: (message) => [message],
  incoming: () => true,
};

describe('filterWire', () => {
  const told: unknown[] = [];
  const note = (error: unknown): void => void told.push(error);
  beforeEach(() => {
    told.length = 0;
    faults.subscribe(note);
  });
  afterEach(() => void faults.unsubscribe(note));

  it('what came before it was there – goes on where it broke off', async () => {
    const driver = new FakeDriver();
    filterWire(driver.browser, passing);
    await driver.tell('1,"result":{}}\0{"method":"Runtime.consoleAPICalled","params":{}}\0{"id":2}\0');
    expect(driver.received).toEqual([{ id: 1, result: {} }, { id: 2 }]);
  });

  it('messages over a socket – are acknowledged at once, those that come together by one', async () => {
    const driver = new FakeDriver();
    const done: string[] = [];
    const socket = Object.assign(new EventEmitter(), { pong: () => void done.push('pong') });
    socket.on('message', (message: Buffer) => void done.push(String(message)));
    const { _dispatch, ...transport } = driver.transport;
    Object.assign(driver, { transport: { ...transport, _ws: socket } });
    filterWire(driver.browser, passing);
    for (const message of ['{"id":1}', '{"id":2}']) socket.emit('message', Buffer.from(message), false);
    await expect.poll(() => done).toEqual(['{"id":1}', '{"id":2}', 'pong']);
    socket.emit('message', Buffer.from('{"id":3}'), false);
    await expect.poll(() => done).toEqual(['{"id":1}', '{"id":2}', 'pong', '{"id":3}', 'pong']);
  });

  it('an answer that is too large – an error in its place, of its session', async () => {
    const driver = new FakeDriver();
    filterWire(driver.browser, passing);
    const piece = 'x'.repeat(1_000_000);
    await driver.tell('1}\0', '{"id":2,"result":{"value":"');
    for (let bytes = 0; bytes <= maxAnswerBytes; bytes += piece.length) await driver.tell(piece);
    await driver.tell('"},"sessionId":"S1"}\0');
    expect(driver.received).toMatchObject([{ id: 1 }, { id: 2, sessionId: 'S1', error: {} }]);
    expect(driver.received[1]?.error?.message).toMatch(/^the answer of the browser is too large: \d+ bytes/);
  });

  it.each([
    [
      'a filter that throws',
      {
        ...passing,
        incoming: () => {
          throw new Error('a fault');
        },
      },
      '1}\0',
    ],
    ['a message that is no JSON', passing, '?}\0'],
  ])('%s – ends that browser alone, and is told', async (_name, filter, message) => {
    const driver = new FakeDriver();
    filterWire(driver.browser, filter);
    await driver.tell(message);
    await expect.poll(() => told).toHaveLength(1);
    expect(told[0]).toMatchObject({ message: expect.stringContaining('a browser') });
    expect(driver.killed).toBe('SIGKILL');
  });
});

it('sentByteCounter – the browser closes, and the driver forgets it – still tells', () => {
  const pipe = Object.defineProperty(new Socket(), 'bytesRead', { value: 12 });
  const socket = Object.defineProperty(new Socket(), 'bytesRead', { value: 30, writable: true });
  let isKnown = true;
  const toImpl = (): unknown => {
    if (!isKnown) throw new TypeError("Cannot read properties of undefined (reading '_object')");
    const process = { stdio: [null, pipe] };
    return { _connection: { _transport: { _ws: { _socket: socket } } }, options: { browserProcess: { process } } };
  };
  const count = sentByteCounter({ _connection: { toImpl } } as unknown as Browser); // what the counter looks at
  isKnown = false;
  expect(count()).toBe(42);
  Object.defineProperty(socket, 'bytesRead', { value: 31 });
  expect(count()).toBe(43);
});
