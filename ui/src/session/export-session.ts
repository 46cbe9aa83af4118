import { send } from '../api.js';

export interface StoredItem {
  readonly name: string;
  readonly value: string;
}

export interface StoredOrigin {
  readonly origin: string;
  readonly localStorage?: readonly StoredItem[];
  readonly sessionStorage?: readonly StoredItem[];
  readonly indexedDB?: readonly {
    readonly name: string;
    readonly stores?: readonly { readonly name: string; readonly records?: readonly unknown[] }[];
  }[];
}

/** What `sessions.export` gives. */
export interface ExportedState {
  readonly storageState: {
    readonly cookies: readonly {
      readonly name: string;
      readonly value: string;
      readonly domain: string;
      readonly path: string;
      readonly expires: number;
      readonly httpOnly: boolean;
      readonly secure: boolean;
      readonly sameSite?: string;
    }[];
    readonly origins: readonly StoredOrigin[];
  };
  readonly sessionStorage?: readonly StoredOrigin[];
}

export async function exportSession(session: string, signal: AbortSignal): Promise<ExportedState> {
  const body = { cmd: 'sessions.export', session };
  const { solution } = await send<{ readonly solution: { readonly state: ExportedState } }>(body, signal);
  return solution.state;
}
