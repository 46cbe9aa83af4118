/** What a client's command is answered with in place of a result. Codes as in JSON-RPC 2.0, and as the browser uses them. */
export class ProtocolError extends Error {
  readonly code: number;

  constructor(message: string, code: number = protocolErrors.refused) {
    super(message);
    this.name = 'ProtocolError';
    this.code = code;
  }
}

export const protocolErrors = {
  unreadable: -32700,
  invalid: -32600,
  unknownMethod: -32601,
  invalidParams: -32602,
  refused: -32000,
  noSession: -32001,
} as const;

/** The error of an answer, of anything that was thrown. */
export function protocolErrorOf(error: unknown): { readonly code: number; readonly message: string } {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown }; // of any error
  return { code: typeof code === 'number' ? code : protocolErrors.refused, message: String(message) };
}
