import { type ErrorCode, errorCatalogue, wireCodeOf } from '../../errors.js';
import { code, htmlPage, prose } from './html.js';

/** Every code that a reply can carry, each with an address of its own. */
export function errorsPage(): string {
  const rows = (Object.keys(errorCatalogue) as ErrorCode[]) // its own keys
    .map((name) => {
      const row = errorCatalogue[name];
      const wireCode = wireCodeOf(name);
      return `<tr id="${wireCode}"><td><a href="#${wireCode}">${code(wireCode)}</a></td><td>${prose(row.meaning)}</td><td>${prose(row.remedy)}</td></tr>`;
    })
    .join('\n');
  return htmlPage(
    'Mooring · error codes',
    `<header class="bar"><a class="brand" href="/docs">Mooring</a><span class="links"><a href="/docs">Reference</a><a href="/openapi.json">OpenAPI</a></span></header>
<main class="wide"><h1>Error codes</h1><p>A failed command answers <code>{"data":"error","code":…,"error":…,"info":…}</code>.</p>
<table><thead><tr><th>Code</th><th>What it means</th><th>What to do</th></tr></thead><tbody>
${rows}</tbody></table></main>`,
  );
}
