import { isOwnProxy, type ProxySelector, unmetPreferences } from '../egress/proxy-selector.js';
import { describeUpstream } from '../egress/upstream.js';
import { MooringError } from '../errors.js';
import { optionFields } from '../protocol/fields/option-fields.js';
import { type WantedUpstream, wantedUpstream } from '../protocol/values/upstream-preferences.js';
import type { Session } from './session.js';
import { differingIdentity } from './session-options.js';
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
  wanted: WantedUpstream,
  proxies: ProxySelector,
  signal: AbortSignal,
): Promise<string[]> {
  const { idleMs, maxLifetimeMs, maxBytes } = target.options;
  const warnings = await applyUpstream(session, target, wanted, proxies, signal);
  const identity = differingIdentity(target.options, session.options).map((name) => `\`${name}\``);
  if (identity.length > 0)
    warnings.push(`${identity.join(', ')}: no effect on a session that is open; its identity stays as it was made.`);
  if (target.options.keepRunning && !session.options.keepRunning)
    warnings.push(
      `\`${optionFields.keepRunning}\`: no effect on a session that is open; it counts when the session is made.`,
    );
  if (target.options.persist) session.persist();
  if (idleMs !== undefined) session.setIdleMs(idleMs);
  const lowered: [string, number | undefined, number | undefined, (value: number) => boolean][] = [
    [optionFields.maxLifetimeMs, maxLifetimeMs, session.options.maxLifetimeMs, (ms) => session.shortenLifetime(ms)],
    [optionFields.maxBytes, maxBytes, session.options.maxBytes, (bytes) => session.lowerMaxBytes(bytes)],
  ];
  for (const [field, asked, made, lower] of lowered) {
    if (asked !== undefined && asked !== made && !lower(asked))
      warnings.push(`\`${field}\`: no effect on a session that is open, where it can only be lowered.`);
  }
  return warnings;
}

async function applyUpstream(
  session: Session,
  target: RequestTarget,
  wanted: WantedUpstream,
  proxies: ProxySelector,
  signal: AbortSignal,
): Promise<string[]> {
  const { dontChangeProxy } = target;
  const { upstream } = session.egress;
  if (wanted.kind === 'pool') {
    const moved = target.forceNewProxy ? await applyNewProxy(session, target, proxies, signal) : [];
    return [...moved, ...unmetPreferences(session.egress.upstream, wanted)];
  }
  const connects = `connects ${describeUpstream(upstream)}`;
  if (wanted.kind === 'direct') {
    if (session.isDirect) return [];
    return [
      `\`${optionFields.direct}\`: no effect on a session that is open; it ${connects}. \`sessions.proxy\` moves it.`,
    ];
  }
  if (isOwnProxy(upstream, wanted.proxy)) return [];
  if (dontChangeProxy)
    return [`\`${optionFields.proxy}\`: no effect beside \`dontChangeProxy\`; the session ${connects}.`];
  const chosen = await proxies.choose(wanted, signal);
  session.moveTo(chosen, target.options.upstream);
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
    const chosen = await proxies.chooseAnother(upstream, wantedUpstream(session.options.upstream), signal);
    session.moveTo(chosen, session.options.upstream);
    return [
      `The session was moved to another proxy of the pool: it connects ${describeUpstream(chosen.upstream)} from now on.`,
    ];
  } catch (error) {
    if (error instanceof MooringError && error.code === 'NO_MATCHING_PROXY')
      return noEffect('the pool has no other proxy of this kind that can be used');
    throw error;
  }
}
