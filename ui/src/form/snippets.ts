import type { Body } from '../api.js';

export interface Snippet {
  readonly name: string;
  readonly code: string;
}

/** Code that sends this command. The key is never in it: it is read from the environment. */
export function snippetsOf(body: Body, origin: string, wantsKey: boolean): readonly Snippet[] {
  const url = `${origin}/api/v1`;
  return [
    { name: 'curl', code: curlOf(body, url, wantsKey) },
    { name: 'JavaScript', code: javascriptOf(body, url, wantsKey) },
    { name: 'Python', code: pythonOf(body, url, wantsKey) },
  ];
}

function curlOf(body: Body, url: string, wantsKey: boolean): string {
  const parts = [
    `curl ${url}`,
    ...(wantsKey ? ['-H "x-api-key: $MOORING_KEY"'] : []),
    "-H 'content-type: application/json'",
    `-d ${shellQuoted(JSON.stringify(body))}`,
  ];
  return parts.join(' \\\n  ');
}

/** Within single quotes a shell takes everything as it is but the quote. */
const shellQuoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

function javascriptOf(body: Body, url: string, wantsKey: boolean): string {
  const key = wantsKey ? ", 'x-api-key': process.env.MOORING_KEY" : '';
  return `const response = await fetch(${JSON.stringify(url)}, {
  method: 'POST',
  headers: { 'content-type': 'application/json'${key} },
  body: JSON.stringify(${indented(JSON.stringify(body, null, 2), 2)}),
});
const reply = await response.json();
if (reply.data !== 'success') throw new Error(reply.error);
console.log(reply);`;
}

function pythonOf(body: Body, url: string, wantsKey: boolean): string {
  const imports = wantsKey ? 'import os\n\nimport requests' : 'import requests';
  const key = wantsKey ? '\n    headers={"x-api-key": os.environ["MOORING_KEY"]},' : '';
  return `${imports}

reply = requests.post(
    ${JSON.stringify(url)},${key}
    json=${indented(pythonLiteral(body), 4)},
).json()
if reply["data"] != "success":
    raise RuntimeError(reply["error"])
print(reply)`;
}

const indented = (text: string, by: number): string => text.replaceAll('\n', `\n${' '.repeat(by)}`);

/** A JSON value as Python writes it. */
function pythonLiteral(value: unknown, depth = 0): string {
  const pad = ' '.repeat(4 * (depth + 1));
  const end = ' '.repeat(4 * depth);
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value !== 'object') return JSON.stringify(value);
  const lines = Array.isArray(value)
    ? value.map((item) => pythonLiteral(item, depth + 1))
    : Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${pythonLiteral(item, depth + 1)}`);
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  return lines.length === 0
    ? open + close
    : `${open}\n${lines.map((line) => `${pad}${line},\n`).join('')}${end}${close}`;
}
