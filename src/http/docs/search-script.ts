/**
 * Filters the reference as a reader types: sections whose heading matches stay whole, others keep the fields that match.
 * The page is complete without it; the search form shows only where it runs.
 */
export const docsSearchScript = `
'use strict';
(() => {
  const form = document.querySelector('#search');
  const input = form.querySelector('input');
  const result = form.querySelector('output');
  const menu = document.querySelector('#menu');
  const none = document.querySelector('#none');
  const lower = (element) => element.textContent.toLowerCase();
  const sections = [...document.querySelectorAll('main section')].map((section) => {
    const copy = section.cloneNode(true);
    for (const part of copy.querySelectorAll('.shared')) part.remove();
    return {
      section,
      link: document.querySelector('nav a[href="#' + section.id + '"]'),
      head: [...section.querySelectorAll(':scope > h3, :scope > .summary')].map(lower).join(' '),
      text: lower(copy),
      fields: [...section.querySelectorAll('.field')]
        .filter((field) => !field.parentElement.closest('.field'))
        .map((field) => ({ field, text: lower(field) })),
    };
  });
  const intro = document.querySelector('#intro');
  const groups = [
    ...[...document.querySelectorAll('main .group')].map((group) => [group, 'section:not([hidden])']),
    ...[...document.querySelectorAll('nav .group')].map((group) => [group, 'a:not([hidden])']),
  ];

  function show(query) {
    const words = query.toLowerCase().split(/\\s+/).filter(Boolean);
    const fits = (text) => words.every((word) => text.includes(word));
    let fieldCount = 0;
    let sectionCount = 0;
    for (const { section, link, head, text, fields } of sections) {
      const isWhole = fits(head);
      const found = fields.filter((field) => fits(field.text));
      const isNarrow = !isWhole && found.length > 0;
      const isShown = isWhole || isNarrow || fits(text);
      section.hidden = !isShown;
      section.classList.toggle('narrow', isNarrow);
      for (const { field, text: own } of fields) field.hidden = isNarrow && !fits(own);
      if (link) link.hidden = !isShown;
      if (isShown) sectionCount += 1;
      if (isShown) fieldCount += isNarrow ? found.length : fields.length;
    }
    for (const [group, rest] of groups) group.hidden = !group.querySelector(rest);
    const count = (number, noun) => number + ' ' + noun + (number === 1 ? '' : 's');
    const found = count(fieldCount, 'field') + ' in ' + count(sectionCount, 'section');
    result.textContent = words.length === 0 ? '' : sectionCount === 0 ? 'Nothing found' : found;
    none.hidden = sectionCount > 0;
    intro.hidden = words.length > 0;
    mark(words);
  }

  function mark(words) {
    if (!window.Highlight || !CSS.highlights) return;
    const ranges = [];
    const main = document.querySelector('main');
    const walker = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
    while (words.length > 0 && walker.nextNode()) {
      const text = walker.currentNode.data.toLowerCase();
      for (const word of words) {
        for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
          const range = new Range();
          range.setStart(walker.currentNode, at);
          range.setEnd(walker.currentNode, at + word.length);
          ranges.push(range);
        }
      }
    }
    CSS.highlights.set('found', new Highlight(...ranges));
  }

  function search(query) {
    input.value = query;
    show(query);
  }

  /** A link may lead to what the search has hidden. */
  function follow() {
    menu.checked = false;
    const target = document.querySelector(':target');
    if (!target || target.checkVisibility()) return;
    search('');
    target.scrollIntoView();
  }

  form.hidden = false;
  form.addEventListener('submit', (event) => event.preventDefault());
  input.addEventListener('input', () => {
    show(input.value);
    scrollTo(0, 0);
  });
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && input.value !== '') search('');
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.target === input) return;
    event.preventDefault();
    input.focus();
  });
  document.querySelector('nav').addEventListener('click', (event) => {
    if (event.target.closest('a')) menu.checked = false;
  });
  window.addEventListener('hashchange', follow);
  search(new URLSearchParams(location.search).get('q') ?? '');
})();
`;
