import { expect, it } from 'vitest';
import { scriptErrorOf } from '../../../src/engine/playwright/browsers/chromium-script-errors.js';

/** Of an event as it comes, of which so many bytes are at hand. */
function textOf(event: object, kept = 8192): string | undefined {
  const message = JSON.stringify(event);
  const method = (event as { method: string }).method;
  const outline = { id: undefined, sessionId: 'S', method, bytes: message.length, head: message.slice(0, kept) };
  return scriptErrorOf(outline)?.readText();
}

const logged = (type: string, ...args: object[]) => ({
  method: 'Runtime.consoleAPICalled',
  params: { type, args, executionContextId: 2 },
});
const thrown = (text: string, exception?: object) => ({
  method: 'Runtime.exceptionThrown',
  params: { timestamp: 1, exceptionDetails: { exceptionId: 1, text, ...(exception ? { exception } : {}) } },
});

it('console.error – all that was logged, of an error its message', () => {
  const error = {
    type: 'object',
    className: 'Error',
    description: 'Error: inner\n    at f (https://example.com/:1:2)',
  };
  const values = [{ type: 'string', value: 'a "b"' }, { type: 'number', value: 3, description: '3' }, error];
  expect(textOf(logged('error', ...values))).toBe('a "b" 3 Error: inner');
  expect(textOf(logged('assert', { type: 'undefined' }, { type: 'boolean', value: false }))).toBe('undefined false');
});

it('what is no error – is none', () => {
  expect(textOf(logged('log', { type: 'string', value: '"type":"error"' }))).toBeUndefined();
  expect(textOf(logged('warning', { type: 'string', value: 'x' }))).toBeUndefined();
  const entry = { source: 'network', level: 'warning', text: 'x' };
  expect(textOf({ method: 'Log.entryAdded', params: { entry } })).toBeUndefined();
  expect(textOf({ method: 'Network.dataReceived', params: {} })).toBeUndefined();
});

it('an exception – how it came, and its message', () => {
  const error = {
    type: 'object',
    className: 'TypeError',
    description: 'TypeError: no\n    at https://example.com/:1:1',
  };
  expect(textOf(thrown('Uncaught (in promise)', error))).toBe('Uncaught (in promise) TypeError: no');
  expect(textOf(thrown('Uncaught SyntaxError: x'))).toBe('Uncaught SyntaxError: x');
});

it('what the browser says – with the address', () => {
  const entry = {
    source: 'network',
    level: 'error',
    text: 'Failed to load resource: 404',
    url: 'https://example.com/a',
  };
  expect(textOf({ method: 'Log.entryAdded', params: { entry } })).toBe(
    'Failed to load resource: 404 (https://example.com/a)',
  );
});

it('a message that was cut anywhere – what is there of its first value', () => {
  const event = logged('error', { type: 'string', value: `start \\ "q" \u65e5 ${'x'.repeat(200)}` });
  for (let kept = 90; kept < 300; kept++) expect(textOf(event, kept)).toBeTypeOf('string');
  expect(textOf(event, 200)).toMatch(/^start \\ "q" 日 x+$/);
});
