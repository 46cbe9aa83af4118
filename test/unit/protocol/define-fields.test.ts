import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineFields, fieldsWhere, traitsOf } from '../../../src/protocol/fields/define-fields.js';

const shape = defineFields('capture', {
  picture: { schema: z.string().describe('A picture.'), needs: ['document'], fillsSolution: true },
  size: { schema: z.int(), dependsOn: ['picture'] },
  plain: z.boolean(),
});

describe('defineFields', () => {
  it('a shape – is made of the schemas, with their types and descriptions, and says the group', () => {
    const parsed: { picture: string; size: number; plain: boolean } = z
      .object(shape)
      .parse({ picture: 'p', size: 1, plain: true });
    expect(parsed).toEqual({ picture: 'p', size: 1, plain: true });
    expect(z.toJSONSchema(shape.picture)).toMatchObject({ description: 'A picture.', 'x-group': 'capture' });
  });

  it('traits – are found at the schema, also where the shape became part of another', () => {
    const { shape: spread } = z.object({ other: z.string(), ...shape });
    expect(traitsOf(spread.size)).toEqual({ dependsOn: ['picture'] });
    expect(traitsOf(spread.other)).toEqual({});
    expect(fieldsWhere(spread, ({ needs }) => needs?.includes('document') ?? false)).toEqual(['picture']);
  });

  it('a field that depends on one of no such name – is a type error', () => {
    // @ts-expect-error there is no field of this name in the group
    defineFields('capture', { size: { schema: z.int(), dependsOn: ['pictures'] }, picture: z.string() });
  });
});
