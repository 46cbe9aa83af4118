import type { StepLimits } from '../engine/engine.js';
import { MooringError } from '../errors.js';
import type { BrowserAction, IfAction, WhileAction } from '../protocol/actions.js';
import type { Deadline } from '../util/deadline.js';
import type { ActionContext } from './action-context.js';
import { actions } from './actions.js';

export interface ActionRunnerOptions extends ActionContext {
  /** The request's own; no action outlasts it. */
  readonly deadline: Deadline;
}

/** How long an action may take whose caller does not say. */
const defaultTimeoutMs = 30_000;
/** The part of the request's time that is kept for reading the page. */
const reserveMs = 500;
const defaultAttempts = 10;

/**
 * Runs actions in order, `if` and `while` among them.
 *
 * @throws MooringError that of the action that failed, with its place: `browserActions[2].then[0]`
 */
export async function runActions(
  list: readonly BrowserAction[],
  options: ActionRunnerOptions,
  place = 'browserActions',
): Promise<void> {
  for (const [i, action] of list.entries()) {
    const here = `${place}[${i}]`;
    try {
      await runAction(action, options, here);
    } catch (error) {
      options.deadline.signal.throwIfAborted();
      if (!action.ignoreErrors) throw located(error, here);
    }
  }
}

async function runAction(action: BrowserAction, options: ActionRunnerOptions, place: string): Promise<void> {
  const limits = limitsOf(action, options.deadline);
  if (action.type === 'if') return runIf(action, options, limits, place);
  if (action.type === 'while') return runWhile(action, options, limits, place);
  const run = actions[action.type] as (
    action: BrowserAction,
    context: ActionContext,
    limits: StepLimits,
  ) => Promise<void>; // its own row
  await run(action, options, limits);
}

async function runIf(action: IfAction, options: ActionRunnerOptions, limits: StepLimits, place: string): Promise<void> {
  if (await options.actor.evaluate(action.condition, limits)) await runActions(action.then, options, `${place}.then`);
  else await runActions(action.or ?? [], options, `${place}.or`);
}

async function runWhile(
  action: WhileAction,
  options: ActionRunnerOptions,
  limits: StepLimits,
  place: string,
): Promise<void> {
  for (let i = 0; i < (action.maxAttempts ?? defaultAttempts); i++) {
    if (!(await options.actor.evaluate(action.condition, limits))) return;
    await runActions(action.then, options, `${place}.then`);
  }
}

function limitsOf(action: BrowserAction, deadline: Deadline): StepLimits {
  const left = Math.max(1, deadline.remainingMs - reserveMs);
  return { timeoutMs: Math.min(left, action.timeout ?? defaultTimeoutMs), signal: deadline.signal };
}

function located(error: unknown, place: string): unknown {
  if (!(error instanceof MooringError) || error.detail.startsWith('`browserActions')) return error;
  return new MooringError(error.code, `\`${place}\`: ${error.detail}`, { cause: error });
}
