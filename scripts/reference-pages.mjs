// The pages of docs/reference/ that are printed from the settings and the error catalogue.
import { table } from './markdown.mjs';

const printed = 'Printed by `npm run generate`; `npm run check` fails when it is stale.';

/** Every setting with its names, default and meaning. */
export const settingsPage = (rows) => `# Settings

A setting is given by an environment variable, or in \`mooring.config.yaml\` or \`mooring.config.json\` in the working
folder. \`MOORING_CONFIG\` names another file. The environment takes precedence over the file.
[Command line and library](../guides/library.md) says how to give it as a flag or an option.

Durations are written \`500ms\`, \`200s\`, \`15m\`, \`2h\`; sizes \`512KB\`, \`32MB\`, \`2GB\`. An unknown name or a bad value stops
the start, and the message names it. ${printed}

${table(
  ['variable', 'in the file', 'default', 'shape', 'what it does'],
  rows.map(({ env, file, default: fallback, shape, sentence }) => [env, file, fallback, shape, sentence]),
)}
`;

/** Every error code with its meaning and remedy. */
export const errorsPage = (rows) => `# Errors

A failed command answers \`{"data":"error","code":…,"error":…,"info":…}\`. \`error\` is a sentence: what was expected, and what
came. \`info\` is the address of the code's row on the running server's page \`/docs/errors\`. ${printed}

${table(
  ['code', 'what it means', 'what to do'],
  rows.map(({ code, meaning, remedy }) => [`\`${code}\``, meaning, remedy]),
)}
`;
