// node scripts/terminal-picture.mjs: draws docs/terminal.svg, the picture of the README, from the text of a real run.
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const api = 'http://127.0.0.1:8191/api/v1';
const shop = 'http://127.0.0.1:8192';
const curl = (body) => ({ command: `curl -s ${api} -d '${body}'` });

/** What was typed, and what came; `…` is left out. */
const run = [
  { command: 'npm start' },
  'Mooring 0.1.0 listens on http://127.0.0.1:8191',
  '  reference  http://127.0.0.1:8191/docs',
  '  browser    Chromium 150.0.7871.100, headless shell, /usr/lib/chromium/chromium-headless-shell',
  '',
  curl('{"cmd":"sessions.create","session":"anna"}'),
  '{"solution":{"verified":true},"data":"success","session":"anna",…,"timeElapsed":6,"requestId":"cfb7099f578eb1f1"}',
  '',
  curl(
    `{"cmd":"request.post","session":"anna","url":"${shop}/login","postData":{"user":"anna","password":"secret"},"filter":["innerText","statusCode"]}`,
  ),
  '{"solution":{"innerText":"Account of anna\\nOrders","statusCode":200},"data":"success","session":"anna","timeElapsed":61,"requestId":"df524074e1a3d834"}',
  '',
  curl(`{"cmd":"request.get","session":"anna","url":"${shop}/orders?page=2","filter":["innerText","statusCode"]}`),
  '{"solution":{"innerText":"Orders\\nOrder 2-1\\nOrder 2-2\\nNext","statusCode":200},"data":"success","session":"anna","timeElapsed":47,"requestId":"c382258aa5be813c"}',
];

const columns = 100;
const [charWidth, lineHeight, padding, barHeight] = [8.4, 21, 20, 36];
const colours = { prompt: '#7ee787', command: '#e6edf3', output: '#9da7b3', key: '#79c0ff', text: '#a5d6ff' };

const json = /(?<key>"(?:[^"\\]|\\.)*"(?=:))|(?<text>"(?:[^"\\]|\\.)*")|(?<output>[^"]+)/g;

/** Pieces of text, each in one colour. */
function coloured(entry) {
  if (entry.command !== undefined) {
    return [
      { text: '$ ', colour: colours.prompt },
      { text: entry.command, colour: colours.command },
    ];
  }
  return [...entry.matchAll(json)].map(({ groups }) => {
    const [kind] = Object.entries(groups).find(([, text]) => text !== undefined);
    return { text: groups[kind], colour: colours[kind] };
  });
}

/** The lines that a terminal of so many columns breaks them into. */
function wrapped(pieces) {
  const broken = [[]];
  let column = 0;
  for (const { text, colour } of pieces) {
    for (let rest = text; rest !== ''; ) {
      if (column === columns) {
        broken.push([]);
        column = 0;
      }
      const part = rest.slice(0, columns - column);
      broken.at(-1).push({ text: part, colour });
      column += part.length;
      rest = rest.slice(part.length);
    }
  }
  return broken;
}

const lines = run.flatMap((entry) => wrapped(coloured(entry)));
// SVG would join spaces.
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll(' ', '\u00a0');
const span = ({ text, colour }) => `<tspan fill="${colour}">${escaped(text)}</tspan>`;

const width = Math.ceil(columns * charWidth + 2 * padding);
const height = barHeight + lines.length * lineHeight + padding;
const dots = ['#ff5f57', '#febc2e', '#28c840'].map(
  (fill, i) => `<circle cx="${padding + i * 20}" cy="${barHeight / 2}" r="6" fill="${fill}"/>`,
);
const rows = lines.map(
  (line, i) => `<text x="${padding}" y="${barHeight + (i + 0.8) * lineHeight}">${line.map(span).join('')}</text>`,
);
const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="A terminal: npm start, then a session is created, logs in and reads page 2 of its orders">
<rect width="${width}" height="${height}" rx="10" fill="#0d1117"/>
${dots.join('')}
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14">
${rows.join('\n')}
</g>
</svg>
`;
writeFileSync(join(dirname(fileURLToPath(import.meta.url)), '..', 'docs', 'terminal.svg'), svg);
