import { expect, it } from 'vitest';
import { openApiDocument } from '../../../src/protocol/openapi/openapi-document.js';
import { formFieldsOf, grouped, kindOf } from '../../../ui/src/form/form-fields.js';
import { commandsOf } from '../../../ui/src/openapi.js';

type Document = Parameters<typeof commandsOf>[0];
const commands = commandsOf(openApiDocument('0.0.0') as unknown as Document); // the same JSON, narrower types
const create = commands.find(({ name }) => name === 'sessions.create');
const fields = formFieldsOf(create?.schema ?? {});
const kinds = Object.fromEntries(fields.map(({ name, field }) => [name, field]));

it('every command – with its summary and an example that names it', () => {
  expect(commands.length).toBeGreaterThan(10);
  for (const { name, summary, example } of commands) {
    expect([name, example.cmd]).toEqual([name, name]);
    expect(summary, name).not.toBe('');
  }
});

it('sessions.create – each field has the input that fits it, and says what it is for', () => {
  expect(kinds.persist).toEqual({ kind: 'yesNo' });
  expect(kinds.session_ttl).toEqual({ kind: 'number', min: 1, max: 31_536_000 });
  expect(kinds.session).toMatchObject({ kind: 'text', example: 'my-session-id' });
  expect(kinds.operatingSystem).toEqual({
    kind: 'choices',
    values: ['windows', 'macos', 'linux', 'android', 'ios'],
  });
  expect(kinds.browser).toMatchObject({
    kind: 'detailedChoices',
    name: 'name',
    values: ['chrome', 'firefox', 'safari'],
    details: [{ name: 'minVersion' }, { name: 'maxVersion' }],
  });
  expect(kinds.whitelistedDomains).toEqual({ kind: 'lines' });
  expect(kinds.state).toEqual({ kind: 'json' });
  for (const { name, description } of fields) expect(description, name).not.toBe('');
});

it('the name of the command – is no field; each field stands in one group', () => {
  expect(fields.map(({ name }) => name)).not.toContain('cmd');
  expect(grouped(fields).flatMap(([, own]) => own)).toHaveLength(fields.length);
});

it('what no input fits – is entered as JSON', () => {
  expect(kindOf({ type: 'object', properties: { a: { type: 'string' } } })).toEqual({ kind: 'json' });
  expect(kindOf({ type: 'array', items: { type: 'object' } })).toEqual({ kind: 'json' });
  expect(kindOf({})).toEqual({ kind: 'json' });
});
