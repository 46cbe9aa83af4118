import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AnyJson } from '../support/any-json.js';
import { Origin } from '../support/origin.js';
import { RunningApp } from '../support/start-app.js';

const origin = new Origin();
let app: RunningApp;

beforeAll(async () => {
  await origin.start();
  app = await RunningApp.start();
});
afterAll(async () => {
  await app.close();
  await origin.close();
});

interface Event {
  readonly name: string;
  readonly data: AnyJson;
}

async function stream(body: unknown): Promise<{ status: number; type: string | null; events: Event[] }> {
  const answer = await fetch(`${app.url}/api/v1`, {
    method: 'POST',
    headers: { accept: 'text/event-stream' },
    body: JSON.stringify(body),
  });
  const events = (await answer.text())
    .split('\n\n')
    .filter((block) => block.startsWith('event:'))
    .map((block) => {
      const [name = '', data = ''] = block.split('\n').map((line) => line.replace(/^\w+: /, ''));
      return { name, data: JSON.parse(data) };
    });
  return { status: answer.status, type: answer.headers.get('content-type'), events };
}

const get = { cmd: 'request.get', session: 's', url: '' };
const wait = { type: 'wait', wait: 101 };

it('one event for each navigation and action, in order, then the reply', async () => {
  const browserActions = [wait, { type: 'click', cssSelector: '#x', ignoreErrors: true }];
  const { status, type, events } = await stream({ ...get, url: `${origin.url}/`, browserActions });
  expect([status, type]).toEqual([200, 'text/event-stream; charset=utf-8']);
  expect(events.map(({ name }) => name)).toEqual(['navigation', 'action', 'action', 'reply']);
  expect(events[0]?.data).toMatchObject({ type: 'navigation', url: `${origin.url}/`, statusCode: 200 });
  expect(events[1]?.data).toMatchObject({ type: 'action', action: 'wait', place: 'browserActions[0]' });
  expect(events[1]?.data.elapsedMs).toBeTypeOf('number');
  expect(events[2]?.data.error).toBeTypeOf('string');
  expect(events[3]?.data).toMatchObject({ data: 'success', session: 's', solution: { statusCode: 200 } });
});

it('a batch – events bear the place of their request', async () => {
  const requests = [{ url: `${origin.url}/` }, { url: `${origin.url}/missing`, browserActions: [wait] }];
  const { events } = await stream({ cmd: 'request.batch', session: 's', requests });
  expect(events.map(({ name, data }) => [name, data.request])).toEqual([
    ['navigation', 0],
    ['navigation', 1],
    ['action', 1],
    ['reply', undefined],
  ]);
});

it('a failure – is the last event; one before the command began – is an answer as ever', async () => {
  const failed = await stream({ ...get, url: `${origin.url}/reset` });
  expect(failed.events.at(-1)).toMatchObject({ name: 'reply', data: { data: 'error', code: 'CODE-0006' } });
  const bad = await app.send({ cmd: 'nonsense' });
  expect(bad.body.code).toBe('CODE-0004');
  const answer = await fetch(`${app.url}/api/v1`, {
    method: 'POST',
    headers: { accept: 'text/event-stream' },
    body: '[]',
  });
  expect([answer.status, (await answer.json()).code]).toEqual([400, 'INVALID_BODY']);
});

it('a caller that goes away – its command ends, and its session is free', async () => {
  const controller = new AbortController();
  const answer = await fetch(`${app.url}/api/v1`, {
    method: 'POST',
    headers: { accept: 'text/event-stream' },
    body: JSON.stringify({
      ...get,
      session: 'left',
      url: `${origin.url}/`,
      browserActions: [{ type: 'wait', wait: 30 }],
    }),
    signal: controller.signal,
  });
  await answer.body?.getReader().read();
  controller.abort();
  await app.ok({ ...get, session: 'left', url: `${origin.url}/`, timeout: 5000 });
});
