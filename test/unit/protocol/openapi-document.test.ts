import { describe, expect, it } from 'vitest';
import { commandNames } from '../../../src/protocol/commands.js';
import type { JsonSchema } from '../../../src/protocol/openapi/json-schema.js';
import { openApiDocument } from '../../../src/protocol/openapi/openapi-document.js';

const { schemas } = openApiDocument('1.0.0').components;
const propertiesOf = (name: string) => (schemas[name]?.properties ?? {}) as Record<string, JsonSchema>;
const bodyNames = commandNames.map((name) => name.replace(/(^|\.)(\w)/g, (_all, _dot, letter) => letter.toUpperCase()));

describe('the OpenAPI document', () => {
  it.each(['RequestFields', ...bodyNames])('%s – every field says which group it belongs to', (name) => {
    for (const [field, schema] of Object.entries(propertiesOf(name))) {
      if (field !== 'cmd') expect(schema['x-group'], field).toMatch(/^[a-z]+$/);
    }
  });

  it('a field – keeps its group in each of its forms', () => {
    const fields = propertiesOf('RequestFields');
    const groups = ['session', 'cookies', 'filter', 'timeout', 'pdf'].map((name) => fields[name]?.['x-group']);
    expect(groups).toEqual(['session', 'sending', 'extraction', 'waiting', 'capture']);
  });
});
