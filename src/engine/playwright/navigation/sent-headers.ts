/** Request headers as they go out of the session's port, which speaks for the browser. */
export function sentHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers)
      // HTTP/2 pseudo-headers are the request line, not headers (RFC 9113 §8.3).
      .filter(([name]) => !name.startsWith(':'))
      .map(([name, value]) => [name === 'proxy-connection' ? 'connection' : name, value]),
  );
}
