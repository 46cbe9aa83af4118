import type { Extracted, Extraction } from '../../engine.js';
import type { Selector } from '../../selector.js';

/** What is to be taken out of the page in one call; the selector has been read. */
export type ContentQuery = Omit<Extraction, 'regexes' | 'markdown' | 'selector'> & { readonly selector?: Selector };

/** Elements, links and images. Runs in a world of its own. */
export function extractContent(query: ContentQuery): Omit<Extracted, 'regexes' | 'markdown'> | { isBadSelector: true } {
  const normal = (text: string): string => text.replace(/\s+/g, ' ').trim();
  const textOf = (node: Node): string => (node instanceof HTMLElement ? node.innerText : (node.textContent ?? ''));
  const byXPath = (expression: string): (Node | string)[] => {
    const { ANY_TYPE, NUMBER_TYPE, STRING_TYPE, BOOLEAN_TYPE } = XPathResult;
    const result = document.evaluate(expression, document, null, ANY_TYPE);
    if (result.resultType === NUMBER_TYPE) return [String(result.numberValue)];
    if (result.resultType === STRING_TYPE) return [result.stringValue];
    if (result.resultType === BOOLEAN_TYPE) return [String(result.booleanValue)];
    const nodes: Node[] = [];
    for (let node = result.iterateNext(); node; node = result.iterateNext()) nodes.push(node);
    return nodes;
  };
  // As the driver finds them for actions: the smallest elements that have the text.
  const byText = (text: string, isExact: boolean): Element[] => {
    const known = new Map<Node, string>();
    const inside = (element: Element): Node[] => [...element.childNodes, ...(element.shadowRoot?.childNodes ?? [])];
    const read = (node: Node): string => {
      if (node instanceof Text) return node.data;
      if (!(node instanceof Element) || /^(script|style|noscript|head)$/.test(node.localName)) return '';
      if (node instanceof HTMLInputElement && /^(submit|button|reset)$/.test(node.type)) return node.value;
      const words = known.get(node) ?? inside(node).map(read).join('');
      known.set(node, words);
      return words;
    };
    const fits = (node: Node): boolean => {
      const words = node instanceof Element ? normal(read(node)) : '';
      return isExact ? words === text : words.toLowerCase().includes(text.toLowerCase());
    };
    const every = (element: Element): Element[] => [
      element,
      ...inside(element).flatMap((node) => (node instanceof Element ? every(node) : [])),
    ];
    return every(document.documentElement).filter((element) => fits(element) && !inside(element).some(fits));
  };
  const select = (selector: Selector): (Node | string)[] => {
    if (selector.kind === 'text') return byText(selector.text, selector.isExact);
    if (selector.kind === 'xpath') return byXPath(selector.expression);
    return [...document.querySelectorAll(selector.expression)];
  };
  const absolute = (url: string | null): string => {
    try {
      return url ? new URL(url, document.baseURI).href : '';
    } catch {
      return ''; // no URL at all
    }
  };
  const unique = (urls: string[]): string[] => [...new Set(urls.filter((url) => /^https?:/.test(url)))];
  let elements: string[] | undefined;
  if (query.selector !== undefined) {
    const { selector, attribute } = query;
    try {
      elements = select(selector).flatMap((found) => {
        if (attribute === undefined) return typeof found === 'string' ? found : textOf(found);
        return found instanceof Element ? (found.getAttribute(attribute) ?? []) : [];
      });
    } catch {
      return { isBadSelector: true };
    }
  }
  const sources = (image: HTMLImageElement): string[] => [
    image.currentSrc || absolute(image.getAttribute('src')),
    ...(image.getAttribute('srcset') ?? '')
      .split(',')
      .map((candidate) => absolute(candidate.trim().split(/\s+/)[0] ?? null)),
  ];
  return {
    ...(elements ? { elements } : {}),
    ...(query.links
      ? {
          links: unique(
            [...document.querySelectorAll('a[href], area[href]')].map((link) => absolute(link.getAttribute('href'))),
          ),
        }
      : {}),
    ...(query.images ? { images: unique([...document.querySelectorAll('img')].flatMap(sources)) } : {}),
  };
}

/** Runs after the two libraries that it needs: the readable part of the document, or all of it, as Markdown. */
export function readMarkdown(): string {
  // The libraries define these in the same world.
  const { Readability, TurndownService } = globalThis as unknown as {
    Readability: new (document: Document) => { parse(): { title?: string | null; content?: string | null } | null };
    TurndownService: new (options: object) => { turndown(html: string | Node): string; remove(names: string[]): void };
  };
  const article = new Readability(document.cloneNode(true) as Document).parse();
  const service = new TurndownService({ headingStyle: 'atx', codeBlockStyle: 'fenced', bulletListMarker: '-' });
  service.remove(['script', 'style', 'noscript']);
  const body = service.turndown(article?.content || document.body || '');
  return article?.content && article.title ? `# ${article.title}\n\n${body}` : body;
}

/** The first group of each match in the HTML, or all of the match. */
export function findInHtml(source: string, flags: string, max: number): string[] {
  const html = document.documentElement.outerHTML;
  const matches: string[] = [];
  for (const match of html.matchAll(new RegExp(source, flags))) {
    matches.push(match[1] ?? match[0]);
    if (matches.length >= max) break;
  }
  return matches;
}
