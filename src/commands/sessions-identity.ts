import type { StepLimits } from '../engine/engine.js';
import { MooringError } from '../errors.js';
import { contradictions, type HeadersByPath } from '../identity/self-check/coherence.js';
import {
  type ContextReports,
  collectExpression,
  selfCheckFiles,
  selfCheckHost,
} from '../identity/self-check/self-check-page.js';
import type { LeasedSession } from '../sessions/session-lease.js';
import type { SessionManager } from '../sessions/session-manager.js';
import { Deadline } from '../util/deadline.js';
import type { CommandHandler } from './executor.js';
import { fingerprintOf } from './fingerprint.js';

const timeoutMs = 15_000;

/** Lets a session look at itself: what headers, pages and workers say, and where that does not fit. Its page stays. */
export const sessionsIdentityHandler =
  ({ sessions }: { readonly sessions: SessionManager }): CommandHandler<'sessions.identity'> =>
  async ({ session: id }, { owner, signal }) => {
    using deadline = new Deadline({
      ms: timeoutMs,
      reason: () =>
        new MooringError('NAVIGATION_TIMEOUT', `expected the self-check to finish within ${timeoutMs} ms; it did not.`),
      parent: signal,
    });
    using lease = await sessions.leaseOpen(owner, id, deadline.signal);
    deadline.follow(lease.session.over);
    const { reports, headers } = await look(lease.session, {
      timeoutMs: deadline.remainingMs,
      signal: deadline.signal,
    });
    const { identity } = lease.session.identity;
    return {
      solution: { verified: true },
      data: 'success',
      session: id,
      fingerprint: fingerprintOf(lease.session),
      reports: { headers, contexts: reports },
      contradictions: contradictions(identity, reports, headers),
    };
  };

async function look(
  session: LeasedSession,
  limits: StepLimits,
): Promise<{ reports: ContextReports; headers: HeadersByPath }> {
  const headers: Record<string, Record<string, string>> = {};
  using _served = session.egress.serve(selfCheckHost, (path, sent) => {
    // The session's own page could ask for others.
    if (path in selfCheckFiles) headers[path] = { ...sent };
    return selfCheckFiles[path];
  });
  const page = await session.context.newPage(limits.signal);
  try {
    const url = `http://${selfCheckHost}/`;
    const load = { loadTimeoutMs: limits.timeoutMs, maxBodyBytes: 1_000_000 };
    await page.navigate({ url, method: 'GET', headers: {}, ...load }, limits.signal);
    const reports = await page.actor().evaluate(collectExpression, limits);
    return { reports: reports as ContextReports, headers }; // what the page collects
  } finally {
    await page.close();
  }
}
