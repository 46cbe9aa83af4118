// What the commits since a release say of the next one.

/** The section of the changelog for each type of commit that its users see; the others have none. */
const headings = { feat: 'Added', fix: 'Fixed', perf: 'Changed', revert: 'Changed' };
const order = ['Breaking', 'Added', 'Changed', 'Fixed'];

/**
 * @param messages whole commit messages, the newest first
 * @see https://www.conventionalcommits.org/en/v1.0.0/
 */
export function entriesOf(messages) {
  const entries = [];
  for (const message of messages) {
    const [subject = '', ...rest] = message.trim().split('\n');
    const [, type, scope, mark, text] = /^(\w+)(?:\(([^)]+)\))?(!)?: (.+)$/.exec(subject) ?? [];
    if (type === undefined) continue;
    const breaking = /^BREAKING[ -]CHANGE: ([\s\S]+?)(?=\n\n|$(?![\s\S]))/m
      .exec(rest.join('\n'))?.[1]
      ?.replaceAll('\n', ' ');
    const heading = mark || breaking ? 'Breaking' : headings[type];
    if (heading) entries.push({ heading, type, text: `${scope ? `${scope}: ` : ''}${breaking ?? text}` });
  }
  return entries.reverse();
}

/** Before 1.0.0 a minor version may break, and says so. */
export function nextVersion(version, entries) {
  const [major, minor, patch] = version.split('.').map(Number);
  const has = (heading) => entries.some((entry) => entry.heading === heading);
  if (has('Breaking')) return major === 0 ? `0.${minor + 1}.0` : `${major + 1}.0.0`;
  if (has('Added')) return `${major}.${minor + 1}.0`;
  return `${major}.${minor}.${patch + 1}`;
}

/** Below each heading first what was written by hand, then what the commits say. */
export function sectionOf(version, date, notes, entries) {
  const parts = new Map();
  const [lead = '', ...written] = notes.split(/^### /m);
  for (const part of written) {
    const [heading = '', ...lines] = part.split('\n');
    parts.set(heading.trim(), lines.join('\n').trim());
  }
  for (const { heading, text } of entries) {
    const line = `- ${text[0].toUpperCase()}${text.slice(1)}.`;
    parts.set(heading, parts.has(heading) ? `${parts.get(heading)}\n${line}` : line);
  }
  const rank = ([heading]) => (order.includes(heading) ? order.indexOf(heading) : order.length);
  const body = [...parts].sort((a, b) => rank(a) - rank(b)).map(([heading, text]) => `### ${heading}\n\n${text}`);
  return [`## ${version} – ${date}`, lead.trim(), ...body].filter((text) => text !== '').join('\n\n');
}

/** Moves what stands below `Unreleased` into the section of the release. @throws when there is no such heading */
export function release(changelog, version, date, entries) {
  const [, head, notes, older] =
    /^([\s\S]*?)^## Unreleased\n([\s\S]*?)(?=^## |$(?![\s\S]))([\s\S]*)$/m.exec(changelog) ?? [];
  if (head === undefined) throw new Error('expected a heading `## Unreleased` in CHANGELOG.md; there is none.');
  const section = sectionOf(version, date, notes, entries);
  return { section, text: `${head}## Unreleased\n\n${section}\n${older === '' ? '' : `\n${older}`}` };
}
