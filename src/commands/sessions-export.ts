import { type ExportedState, stateVersion } from '../protocol/fields/state.js';
import type { SessionManager } from '../sessions/session-manager.js';
import { restoringWarnings, type SessionRecord } from '../sessions/session-record.js';
import type { CommandHandler } from './executor.js';
import { requestDeadline } from './request.js';

export interface SessionsExportOptions {
  readonly sessions: SessionManager;
  /** The time that it has for its turn and the state. */
  readonly requestTimeoutMs: number;
}

/** Gives the state of a session, to start another one with. */
export const sessionsExportHandler =
  ({ sessions, requestTimeoutMs }: SessionsExportOptions): CommandHandler<'sessions.export'> =>
  async ({ session: id }, { owner, signal, budget }) => {
    using deadline = requestDeadline(requestTimeoutMs, signal);
    const record = await sessions.recordOf(owner, id, deadline.signal);
    const state = exported(record);
    await budget.take({ state }, deadline.signal);
    const warnings = restoringWarnings(record);
    return {
      solution: { state },
      data: 'success',
      session: id,
      ...(warnings.length > 0 ? { warnings } : {}),
    };
  };

function exported({ head, state, place, identity }: SessionRecord): ExportedState {
  const plain = structuredClone(state) as { -readonly [K in keyof typeof state]: (typeof state)[K] };
  return {
    version: stateVersion,
    storageState: {
      cookies: [...plain.cookies],
      origins: plain.origins
        .filter(({ localStorage, indexedDB }) => localStorage.length > 0 || indexedDB !== undefined)
        .map(({ origin, localStorage, indexedDB }) => ({
          origin,
          localStorage: [...localStorage],
          ...(indexedDB ? { indexedDB: indexedDB as NonNullable<ExportedOrigin['indexedDB']> } : {}), // a copy of its own
        })),
    },
    sessionStorage: plain.origins
      .filter(({ sessionStorage }) => sessionStorage.length > 0)
      .map(({ origin, sessionStorage }) => ({ origin, sessionStorage: [...sessionStorage] })),
    ...(place ? { url: place.url, method: place.method, scroll: place.scroll, viewport: place.viewport } : {}),
    userAgent: identity.identity.userAgent,
    takenAt: head.takenAt,
  };
}

type ExportedOrigin = ExportedState['storageState']['origins'][number];
