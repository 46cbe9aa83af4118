import { type ErrorCode, errorCatalogue, wireCodeOf } from '../errors.js';
import { type CommandName, commandDefinitions, commandNames } from '../protocol/commands.js';
import { commandBodySchema } from '../protocol/openapi/component-schemas.js';
import type { JsonSchema } from '../protocol/openapi/json-schema.js';
import type { OpenApiDocument } from '../protocol/openapi/openapi-document.js';

/**
 * The reference that this server shows: plain HTML without scripts or anything from elsewhere, made once at start from
 * the same schemas that check the commands.
 *
 * @param wantsKey whether commands need a key, so that the examples show where it goes
 * @returns the page for the address under which a reader reaches this server
 */
export function referencePage(document: OpenApiDocument, wantsKey: boolean): (baseUrl: string) => string {
  const text = referenceText(document, wantsKey);
  return (baseUrl) => text.replaceAll(addressMark, () => escapeHtml(baseUrl));
}

/** Stands for the server's address until a reader asks. */
const addressMark = 'http://mooring.invalid';

function referenceText(document: OpenApiDocument, wantsKey: boolean): string {
  const { title, version, description } = document.info;
  const navigation = commandNames.map((name) => `<a href="#${name}">${name}</a>`).join('');
  return page(
    `${title} ${version} · reference`,
    `<nav><strong>${title} ${version}</strong>${navigation}<hr><a href="/docs/errors">Error codes</a><a href="/openapi.json">OpenAPI</a><a href="/readyz">Readiness</a><a href="/metrics">Metrics</a></nav>
<main><h1>${title}</h1><p>${prose(description)}</p>
<p>Send commands as <code>POST /api/v1</code>. A key, where this server wants one, goes as <code>?key=</code>, <code>Authorization: Bearer</code> or <code>x-api-key</code>.</p>
${commandNames.map((name) => commandSection(name, wantsKey ? '?key=YOUR_KEY' : '')).join('\n')}</main>`,
  );
}

/** Every code that a reply can carry, each with an address of its own. */
export function errorsPage(): string {
  const rows = (Object.keys(errorCatalogue) as ErrorCode[]) // its own keys
    .map((name) => {
      const row = errorCatalogue[name];
      const code = wireCodeOf(name);
      return `<tr id="${code}"><td><a href="#${code}"><code>${code}</code></a></td><td>${prose(row.meaning)}</td><td>${prose(row.remedy)}</td></tr>`;
    })
    .join('\n');
  return page(
    'Mooring · error codes',
    `<nav><strong>Mooring</strong><a href="/docs">Reference</a><a href="/openapi.json">OpenAPI</a></nav>
<main><h1>Error codes</h1><p>A failed command answers <code>{"data":"error","code":…,"error":…,"info":…}</code>.</p>
<table><thead><tr><th>Code</th><th>What it means</th><th>What to do</th></tr></thead><tbody>
${rows}</tbody></table></main>`,
  );
}

function commandSection(name: CommandName, query: string): string {
  const doc = commandDefinitions[name];
  const body = JSON.stringify({ cmd: name, ...doc.example.request }, null, 2);
  const curl = `curl -s '${addressMark}/api/v1${query}' -d '${JSON.stringify({ cmd: name, ...doc.example.request })}'`;
  return `<section id="${name}"><h2><a href="#${name}">${name}</a></h2><p class="summary">${escapeHtml(doc.summary)}</p>
<p>${prose(doc.description)}</p>
${fieldTable(commandBodySchema(name))}
<h3>Request</h3><pre>${escapeHtml(body)}</pre><pre class="shell">${escapeHtml(curl)}</pre>
<h3>Reply</h3><pre>${escapeHtml(JSON.stringify(doc.example.response, null, 2))}</pre></section>`;
}

function fieldTable(schema: JsonSchema): string {
  const properties = schema.properties as Record<string, JsonSchema>; // of an object schema
  const required = new Set(schema.required as string[]); // of an object schema
  const rows = Object.entries(properties)
    .filter(([name]) => name !== 'cmd')
    .map(
      ([name, field]) =>
        `<tr><td><code>${escapeHtml(name)}</code>${required.has(name) ? ' <em>required</em>' : ''}</td><td>${escapeHtml(typeOf(field))}</td><td>${prose(String(field.description ?? ''))}</td></tr>`,
    );
  if (rows.length === 0) return '<p>No fields.</p>';
  return `<table><thead><tr><th>Field</th><th>Type</th><th></th></tr></thead><tbody>${rows.join('\n')}</tbody></table>`;
}

/** A JSON Schema in a few words. */
function typeOf(schema: JsonSchema): string {
  if (Array.isArray(schema.enum))
    return schema.enum.length > 6 ? 'name' : schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (Array.isArray(schema.anyOf)) return schema.anyOf.map((option: JsonSchema) => typeOf(option)).join(' | ');
  if (schema.type === 'array') return `list of ${typeOf((schema.items ?? {}) as JsonSchema)}`;
  return typeof schema.type === 'string' ? schema.type : 'any';
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, (character) => escapes[character] ?? character);

/** Escaped text in which `code` is marked. */
const prose = (text: string): string => escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>');

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title><link rel="icon" href="data:,"><style>${style}</style></head>
<body>${body}</body></html>
`;
}

const style = `
:root{color-scheme:light dark;--line:#d8dee6;--soft:#f4f6f9;--ink:#1b2430;--faint:#5b6878;--link:#0b5cad;--paper:#fff}
@media (prefers-color-scheme:dark){:root{--line:#323c49;--soft:#1c232c;--ink:#dfe6ee;--faint:#94a2b3;--link:#6db3f2;--paper:#12171d}}
*{box-sizing:border-box}
body{margin:0;font:15px/1.55 system-ui,sans-serif;color:var(--ink);background:var(--paper);display:grid;grid-template-columns:15rem minmax(0,1fr)}
nav{position:sticky;top:0;align-self:start;height:100vh;overflow:auto;padding:1.5rem 1rem;border-right:1px solid var(--line);display:flex;flex-direction:column;gap:.35rem}
nav hr{width:100%;border:0;border-top:1px solid var(--line)}
main{padding:1.5rem 2.5rem 6rem;max-width:70rem}
a{color:var(--link);text-decoration:none}a:hover{text-decoration:underline}
h1{margin-top:0}h2{margin:3rem 0 0;font:600 1.25rem ui-monospace,monospace}h2 a{color:inherit}h3{margin:1.25rem 0 .35rem;font-size:.95rem}
.summary{margin:.15rem 0;color:var(--faint)}
table{border-collapse:collapse;width:100%;margin:.75rem 0}
th,td{text-align:left;vertical-align:top;padding:.4rem .75rem .4rem 0;border-bottom:1px solid var(--line)}
th{font-weight:600;color:var(--faint)}td:first-child{white-space:nowrap}td em{color:var(--faint);font-size:.85em}
tr:target{background:var(--soft)}
code,pre{font:13px/1.5 ui-monospace,monospace}code{background:var(--soft);padding:.05rem .25rem;border-radius:.2rem}
pre{background:var(--soft);border:1px solid var(--line);border-radius:.4rem;padding:.75rem;overflow:auto;margin:.35rem 0}
pre.shell{border-style:dashed}
@media (max-width:48rem){body{display:block}nav{position:static;height:auto;border-right:0;border-bottom:1px solid var(--line)}main{padding:1rem}td:first-child{white-space:normal}}
`;
