// The options of `createServer` as a TypeScript interface: a property for each setting, with what its row says of it.

/** The source text. Formatted as the formatter would. */
export async function serverOptionsSource() {
  const { fileName, settingKeys, settings } = await import('../dist/config/settings.js');
  const { z } = await import('zod');
  const ofVariable = new Map(settingKeys.flatMap((key) => settings[key].env.map((name) => [name, fileName(key)])));
  const properties = settingKeys.map((key) => {
    const { schema, shape, sentence, default: fallback } = settings[key];
    const text = sentence.replace(/MOORING_[A-Z_]+/g, (name) => ofVariable.get(name) ?? name);
    const lines = [
      ...wrapped(text, 112),
      '',
      `Shape: ${shape}.`,
      ...(fallback === undefined ? [] : [`@defaultValue \`${/^\d+$/.test(fallback) ? fallback : `'${fallback}'`}\``]),
    ];
    const comment = lines.map((line) => `   *${line === '' ? '' : ` ${line}`}`).join('\n');
    const type = typeOf(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }));
    return `  /**\n${comment}\n   */\n  readonly ${fileName(key)}?: ${type} | undefined;\n`;
  });
  return `// Printed from settings.ts by \`npm run generate\`.

/**
 * Options of \`createServer\`: the settings under their names in the config file, their values as they are written there
 * (\`'200s'\`, \`'32MB'\`). If omitted, a setting has its default.
 */
export interface ServerOptions {
${properties.join('')}}
`;
}

function typeOf(schema) {
  const choices = schema.anyOf ?? (Array.isArray(schema.type) ? schema.type.map((type) => ({ type })) : undefined);
  if (choices) return [...new Set(choices.map(typeOf))].join(' | ');
  if (schema.enum) return schema.enum.map((value) => `'${value}'`).join(' | ');
  if (schema.const !== undefined) return `'${schema.const}'`;
  if (schema.type === 'array') return `readonly ${typeOf(schema.items)}[]`;
  if (schema.type === 'integer') return 'number';
  if (['string', 'number', 'boolean'].includes(schema.type)) return schema.type;
  throw new Error(`expected a schema of settings; got ${JSON.stringify(schema)}`);
}

function wrapped(text, width) {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line !== '' && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}
