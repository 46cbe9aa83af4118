import { isOwnProxy, type ProxySelector, unmetPreferences } from '../egress/proxy-selector.js';
import { describeUpstream } from '../egress/upstream.js';
import { MooringError } from '../errors.js';
import type { Session } from './session.js';
import { differingIdentity, upstreamOnly, withoutUpstream } from './session-options.js';
import type { RequestTarget } from './session-target.js';

/**
 * Applies the options of a request to the session that it found open. To be called with the session's turn, before the
 * request sends anything.
 *
 * @returns what had no effect, and whether the session was moved, a sentence each
 * @throws MooringError as `ProxySelector.choose` when it names another proxy and that fails: the session stays where it is
 */
export async function applyRequestOptions(
  session: Session,
  target: RequestTarget,
  proxies: ProxySelector,
  signal: AbortSignal,
): Promise<string[]> {
  const { session_ttl, maxLifetime, maxBytes } = target.options;
  const warnings = await applyUpstream(session, target, proxies, signal);
  const identity = differingIdentity(target.options, session.options).map((name) => `\`${name}\``);
  if (identity.length > 0)
    warnings.push(`${identity.join(', ')}: no effect on a session that is open; its identity stays as it was made.`);
  if (target.options.keepRunning && !session.options.keepRunning)
    warnings.push('`keepRunning`: no effect on a session that is open; it counts when the session is made.');
  if (session_ttl !== undefined) session.setIdle(session_ttl);
  const lowered: [string, number | undefined, number | undefined, (value: number) => boolean][] = [
    ['maxLifetime', maxLifetime, session.options.maxLifetime, (seconds) => session.shortenLifetime(seconds)],
    ['maxBytes', maxBytes, session.options.maxBytes, (bytes) => session.lowerMaxBytes(bytes)],
  ];
  for (const [name, wanted, made, lower] of lowered) {
    if (wanted !== undefined && wanted !== made && !lower(wanted))
      warnings.push(`\`${name}\`: no effect on a session that is open, where it can only be lowered.`);
  }
  return warnings;
}

async function applyUpstream(
  session: Session,
  target: RequestTarget,
  proxies: ProxySelector,
  signal: AbortSignal,
): Promise<string[]> {
  const { options, dontChangeProxy } = target;
  const { upstream } = session.egress;
  if (target.forceNewProxy && options.proxy === undefined && !options.noProxy)
    return [
      ...(await applyNewProxy(session, target, proxies, signal)),
      ...unmetPreferences(session.egress.upstream, options),
    ];
  if (options.proxy === undefined) {
    if (!options.noProxy) return unmetPreferences(upstream, options);
    return session.isDirect
      ? []
      : [
          `\`noProxy\`: no effect on a session that is open; it connects ${describeUpstream(upstream)}. \`sessions.proxy\` moves it.`,
        ];
  }
  if (isOwnProxy(upstream, options.proxy)) return [];
  if (dontChangeProxy)
    return [`\`proxy\`: no effect beside \`dontChangeProxy\`; the session connects ${describeUpstream(upstream)}.`];
  const preferences = upstreamOnly(options);
  const chosen = await proxies.choose(preferences, signal);
  session.moveTo(chosen, { ...withoutUpstream(session.options), ...preferences });
  return [
    `The session was moved: it connected ${describeUpstream(upstream)}, and connects ${describeUpstream(chosen.upstream)} from now on.`,
    ...chosen.warnings,
  ];
}

/** Moves a session that has a proxy of the pool to another one of the same kind. */
async function applyNewProxy(
  session: Session,
  { dontChangeProxy }: RequestTarget,
  proxies: ProxySelector,
  signal: AbortSignal,
): Promise<string[]> {
  const { upstream } = session.egress;
  const noEffect = (why: string): string[] => [`\`forceNewProxy\`: no effect; ${why}.`];
  if (dontChangeProxy) return noEffect('`dontChangeProxy` stands beside it');
  if (upstream.namedBy !== 'operator')
    return noEffect(`the session connects ${describeUpstream(upstream)}, not by the pool`);
  try {
    const chosen = await proxies.chooseAnother(upstream, upstreamOnly(session.options), signal);
    session.moveTo(chosen, session.options);
    return [
      `The session was moved to another proxy of the pool: it connects ${describeUpstream(chosen.upstream)} from now on.`,
    ];
  } catch (error) {
    if (error instanceof MooringError && error.code === 'NO_MATCHING_PROXY')
      return noEffect('the pool has no other proxy of this kind that can be used');
    throw error;
  }
}
