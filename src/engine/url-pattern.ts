/**
 * Whether a URL holds this text; `*` in the pattern stands for any text, none included. Not a regular expression, since
 * a caller writes the pattern and a site writes the URL: this takes a time that grows with their lengths alone.
 */
export function matchesUrl(pattern: string, url: string): boolean {
  let at = 0;
  for (const part of pattern.split('*')) {
    const found = url.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return true;
}
