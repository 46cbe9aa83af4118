const cell = (text) => text.replaceAll('|', '\\|');

/** A table in Markdown. */
export const table = (header, rows) =>
  [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.map(cell).join(' | ')} |`).join('\n');
