import type { Page, Request } from 'playwright-core';

/** Whether two URLs, in whatever spelling, differ in their fragments and credentials at most. */
export const isSameDocument = (a: string, b: string): boolean => plainUrl(a) === plainUrl(b);

/** Whether a navigation to `goal` begins there: the browser may know that the site wants https. */
export const isFirstRequest = (url: string, goal: string): boolean =>
  isSameDocument(url, goal) || isSameDocument(url, goal.replace(/^http:/i, 'https:'));

function plainUrl(address: string): string {
  if (!URL.canParse(address)) return address;
  const url = new URL(address);
  url.hash = url.username = url.password = '';
  // Browsers encode characters that others leave as they are (`^`, `|`).
  return url.href.replace(/%[0-9a-f]{2}/gi, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16)));
}

/** Whether it is to bring the document of the page itself. */
export function isForMainFrame(request: Request, page: Page): boolean {
  return request.isNavigationRequest() && request.frame() === page.mainFrame();
}

/** The one that a chain of redirects began with. */
export function firstRequest(request: Request): Request {
  const from = request.redirectedFrom();
  return from ? firstRequest(from) : request;
}
