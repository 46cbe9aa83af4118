import type { Frame } from 'playwright-core';
import { expect, it, vi } from 'vitest';
import { decodeRemote, evaluateOverBidi } from '../../../src/engine/playwright/driver/bidi-evaluation.js';

vi.mock('../../../src/engine/playwright/driver/driver-transport.js', () => ({ insideOf: (inside: unknown) => inside }));

const answering = (answer: unknown) => {
  const sent: unknown[] = [];
  const send = async (...command: unknown[]): Promise<unknown> => {
    sent.push(command);
    return answer;
  };
  return { sent, frame: { _id: 'f1', _page: { delegate: { _session: { send } } } } as unknown as Frame };
};
const options = { serializationOptions: { maxDomDepth: 0 }, resultOwnership: 'none', awaitPromise: true };

it.each([
  [undefined, undefined],
  [{ type: 'undefined' }, undefined],
  [{ type: 'null' }, null],
  [{ type: 'string', value: 'ü' }, 'ü'],
  [{ type: 'boolean', value: false }, false],
  [{ type: 'number', value: 1.5 }, 1.5],
  [{ type: 'number', value: 'NaN' }, Number.NaN],
  [{ type: 'number', value: '-0' }, -0],
  [{ type: 'number', value: '-Infinity' }, Number.NEGATIVE_INFINITY],
  [{ type: 'array', value: [{ type: 'number', value: 1 }, { type: 'node' }] }, [1, undefined]],
  [
    {
      type: 'object',
      value: [
        ['__proto__', { type: 'string', value: 'own' }],
        ['list', { type: 'array', value: [{ type: 'null' }] }],
      ],
    },
    Object.fromEntries([
      ['__proto__', 'own'],
      ['list', [null]],
    ]),
  ],
  [{ type: 'function' }, undefined],
])('decodeRemote – %j', (remote, expected) => {
  expect(decodeRemote(remote)).toEqual(expected);
});

it('evaluateOverBidi – in the world that is asked for', async () => {
  const { sent, frame } = answering({ type: 'success', result: { type: 'number', value: 2 } });
  expect(await evaluateOverBidi(frame, '1 + 1', 'apart')).toBe(2);
  expect(await evaluateOverBidi(frame, '1 + 1', 'page')).toBe(2);
  expect(sent).toEqual([
    ['script.evaluate', { expression: '1 + 1', target: { context: 'f1', sandbox: 'mooring' }, ...options }],
    ['script.evaluate', { expression: '1 + 1', target: { context: 'f1' }, ...options }],
  ]);
});

it('evaluateOverBidi – an expression that throws – throws what the page says', async () => {
  const { frame } = answering({ type: 'exception', exceptionDetails: { text: 'TypeError: x is undefined' } });
  await expect(evaluateOverBidi(frame, 'x.y', 'page')).rejects.toThrow('TypeError: x is undefined');
});

it('evaluateOverBidi – another version of the driver – throws', async () => {
  await expect(evaluateOverBidi({} as Frame, '0', 'page')).rejects.toThrow('no session for a frame');
});
