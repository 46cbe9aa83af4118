import type { ReferenceDocument } from './document.js';
import { escapeHtml, htmlPage, prose } from './html.js';
import { docsSearchScript } from './search-script.js';
import { DocsSections, type Section } from './sections.js';

export interface ReferencePageOptions {
  /** Whether commands need a key, so that the examples show where it goes. */
  readonly wantsKey: boolean;
}

/**
 * The reference that this server shows, from its OpenAPI document alone. It loads nothing, and is made once at start.
 *
 * @returns the page for the address under which a reader reaches this server
 */
export function referencePage(
  document: ReferenceDocument,
  { wantsKey }: ReferencePageOptions,
): (baseUrl: string) => string {
  const sections = new DocsSections(document, addressMark, wantsKey ? '?key=YOUR_KEY' : '');
  const html = referenceHtml(document.info, groupsOf(sections));
  return (baseUrl) => html.replaceAll(addressMark, () => escapeHtml(baseUrl));
}

/** Stands for the server's address until a reader asks. */
const addressMark = 'http://mooring.invalid';

interface Group {
  readonly title: string;
  readonly sections: readonly Section[];
  /** Their links stand side by side, for there are many. */
  readonly compact?: boolean;
}

function referenceHtml({ title, version, description }: ReferenceDocument['info'], groups: readonly Group[]): string {
  const head = `<header class="bar"><a class="brand" href="#start">${escapeHtml(title)} <small>${escapeHtml(version)}</small></a>
<form id="search" role="search" hidden><input type="search" name="q" placeholder="Search fields, actions, commands ( / )" aria-label="Search the reference" autocomplete="off"><output aria-live="polite"></output></form>
<input type="checkbox" id="menu" class="menu" aria-label="Show the contents"><label for="menu">Contents</label>
<span class="links"><a href="/docs/errors">Errors</a><a href="/openapi.json">OpenAPI</a></span></header>`;
  const navigation = groups.map(
    (group) =>
      `<div class="group${group.compact ? ' compact' : ''}"><strong>${escapeHtml(group.title)}</strong>${group.sections.map(({ id, title }) => `<a href="#${escapeHtml(id)}">${escapeHtml(title)}</a>`).join(' ')}</div>`,
  );
  const content = groups.map(
    (group) =>
      `<div class="group"><h2>${escapeHtml(group.title)}</h2>${group.sections.map(sectionHtml).join('\n')}</div>`,
  );
  const body = `${head}<div class="page"><nav aria-label="Contents">${navigation.join('\n')}<div class="group"><strong>Also</strong><a href="/docs/errors">Error codes</a><a href="/openapi.json">OpenAPI document</a></div></nav>
<main><div id="intro"><h1>${escapeHtml(title)} reference</h1><p>${prose(description)}</p></div><p id="none" hidden>Nothing here has all these words. Try fewer, or the name of a field.</p>
${content.join('\n')}</main></div>`;
  return htmlPage(`${title} ${version} · reference`, body, docsSearchScript);
}

/** What matters first comes first. */
function groupsOf(sections: DocsSections): Group[] {
  const names = sections.commandNames;
  const isCreate = (name: string) => name === 'sessions.create';
  const isRequest = (name: string) => name.startsWith('request.');
  const others = names.filter((name) => !isCreate(name) && !isRequest(name));
  const commands = (fits: (name: string) => boolean) => names.filter(fits).map((name) => sections.command(name));
  // The first list that has a field explains it; the order on the page is another.
  const replies = sections.replies();
  const create = commands(isCreate);
  const requestFields = sections.requestFields();
  const groups: Group[] = [
    { title: 'Start', sections: [sections.start()] },
    { title: 'Create a session', sections: create },
    { title: 'Request a page', sections: commands(isRequest) },
    { title: 'Fields of a request', sections: requestFields },
    { title: 'Browser actions', sections: sections.actions(), compact: true },
    { title: 'Replies', sections: [sections.solution(), ...replies] },
    { title: 'Manage sessions', sections: commands((name) => others.includes(name)) },
    { title: 'Event stream', sections: [sections.eventStream(), sections.sessionEvents()] },
    { title: 'FlareSolverr dialect', sections: sections.routes('dialect') },
    { title: 'Balance and files', sections: sections.routes('commands') },
    { title: 'Health and metrics', sections: sections.routes('operation') },
    { title: 'Documentation', sections: sections.routes('reference') },
  ];
  return [...groups, { title: 'Shared shapes', sections: sections.shapes() }]; // what those link to
}

const sectionHtml = ({ id, title, summary, html }: Section): string =>
  `<section id="${escapeHtml(id)}"><h3><a href="#${escapeHtml(id)}">${escapeHtml(title)}</a></h3>${summary ? `<p class="summary">${prose(summary)}</p>` : ''}
${html}</section>`;
