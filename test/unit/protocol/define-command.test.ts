import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineCommand, readCommand } from '../../../src/protocol/define-command.js';
import { integer, optional } from '../../../src/protocol/fields/scalars.js';
import { FieldNames } from '../../../src/protocol/names/field-names.js';
import { FieldWarnings } from '../../../src/protocol/names/field-warnings.js';

const knock = defineCommand({
  name: 'sessions.knock',
  summary: 'Knocks',
  description: 'Knocks so many times.',
  parameters: z.object({ howOften: optional(integer(1, 3)) }),
  unsupported: { gently: z.unknown().optional() },
  goesOut: false,
  toCommand: ({ howOften }) => ({ howOften: howOften ?? 1 }),
  reply: z.object({}),
  example: { request: {}, response: {} },
});

const read = (body: Record<string, unknown>) => {
  const warnings = new FieldWarnings();
  const allNames = new FieldNames([...knock.fieldNames, 'url']);
  const command: { cmd: 'sessions.knock'; howOften: number } = readCommand(knock, body, {
    warnings,
    allNames,
    prefix: '',
  });
  return { command, warnings: warnings.sentences };
};

describe('a defined command', () => {
  it('a body – becomes what the definition makes of its parameters', () => {
    expect(read({ cmd: 'sessions.knock', HowOften: '2' }).command).toEqual({ cmd: 'sessions.knock', howOften: 2 });
    expect(read({}).command.howOften).toBe(1);
  });

  it('a wrong value – is refused with the name of the field', () => {
    expect(() => read({ howOften: 4 })).toThrow('`howOften`: expected a whole number from 1 to 3; got 4.');
  });

  it('a field that it does not serve – is refused when it asks for something', () => {
    expect(read({ gently: false }).warnings).toEqual([]);
    expect(() => read({ gently: true })).toThrow('`gently`: this version does not serve it');
  });

  it('a field of another command, or of none – is told in a warning', () => {
    expect(read({ url: 'http://a.example/', howoften2: 1 }).warnings).toEqual([
      '`url` has no effect with sessions.knock.',
      'Unknown field `howoften2`: it had no effect; did you mean `howOften`?',
    ]);
  });
});
