import type { ContentParts, PageContent } from '../../engine.js';

/**
 * Runs in a world of its own that the page's scripts cannot touch. One call for all a page says: every
 * call of the driver that reads would first inject 345 KB of script into each new document.
 */
export function readContent(maxChars: number, parts: ContentParts): PageContent | { tooLarge: number } {
  const root = document.documentElement;
  const doctype = document.doctype ? new XMLSerializer().serializeToString(document.doctype) : '';
  const html = parts.html ? doctype + (root?.outerHTML ?? '') : '';
  // Browsers show a body that is no markup in one <pre>: its text is the raw body, without any viewer's controls.
  const isText = /^(text\/plain|application\/json|text\/css|text\/javascript|application\/javascript)|\+json$/.test(
    document.contentType,
  );
  const pre = isText ? document.querySelector('body > pre') : null;
  const readText = (): string =>
    pre ? (pre.textContent ?? '') : (document.body?.innerText ?? root?.textContent ?? '');
  const text = parts.text ? readText() : '';
  const size = Math.max(html.length, text.length);
  if (size > maxChars) return { tooLarge: size };
  const stored: Record<string, string> = {};
  try {
    for (let i = 0; i < localStorage.length; i++) {
      const key = localStorage.key(i);
      if (key !== null) stored[key] = localStorage.getItem(key) ?? '';
    }
  } catch {
    // An opaque origin (data:, a sandboxed document) has no storage to read.
  }
  return { html, text, url: location.href, userAgent: navigator.userAgent, localStorage: stored };
}
