import type { StepLimits } from '../engine/engine.js';
import { MooringError } from '../errors.js';
import type { BrowserAction, IfAction, WhileAction } from '../protocol/actions.js';
import { Deadline } from '../util/deadline.js';
import type { ActionContext } from './action-context.js';
import { actions, pauseMs } from './actions.js';

export interface ActionRunnerOptions extends Omit<ActionContext, 'pauseMs'> {
  /** The request's own; no action outlasts it. */
  readonly deadline: Deadline;
  /** Told after each action. */
  readonly onDone: (action: BrowserAction, place: string, elapsedMs: number, error: unknown) => void;
}

/** How long an action may take whose caller does not say. */
const defaultTimeoutMs = 30_000;
/** The part of the request's time that is kept for reading the page. */
const reserveMs = 800;
const defaultAttempts = 10;
/** The page's own word on why a step failed comes a moment after its time is over, and says more. */
const graceMs = 700;

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
    const startedAt = performance.now();
    const done = (error?: unknown): void => options.onDone(action, here, performance.now() - startedAt, error);
    try {
      await runAction(action, options, here);
      done();
    } catch (error) {
      done(error);
      options.deadline.signal.throwIfAborted();
      if (!action.ignoreErrors) throw located(error, here);
    }
  }
}

async function runAction(action: BrowserAction, options: ActionRunnerOptions, place: string): Promise<void> {
  const timeoutMs = timeoutOf(action, options.deadline);
  // Of an `if` or `while` the time is for its condition.
  if (action.type === 'if' || action.type === 'while') {
    const check = (): Promise<boolean> =>
      withLimits(timeoutMs, options.deadline, (limits) => options.actor.holds(action.condition, limits));
    return action.type === 'if' ? runIf(action, options, check, place) : runWhile(action, options, check, place);
  }
  const run = actions[action.type] as (
    action: BrowserAction,
    context: ActionContext,
    limits: StepLimits,
  ) => Promise<void>; // its own row
  const leftMs = leftOf(options.deadline);
  const context: ActionContext = { ...options, pauseMs: (wait) => pauseMs(wait, leftMs) };
  await withLimits(timeoutMs, options.deadline, (limits) => run(action, context, limits));
}

/** Gives a step its own deadline, which ends with the request's at the latest. */
async function withLimits<T>(timeoutMs: number, whole: Deadline, step: (limits: StepLimits) => Promise<T>): Promise<T> {
  using deadline = new Deadline({
    ms: timeoutMs + graceMs,
    reason: () =>
      new MooringError('NAVIGATION_TIMEOUT', `expected it to be over within ${Math.round(timeoutMs)} ms; it was not.`),
    parent: whole.signal,
  });
  return await step({ timeoutMs, signal: deadline.signal });
}

async function runIf(
  action: IfAction,
  options: ActionRunnerOptions,
  check: () => Promise<boolean>,
  place: string,
): Promise<void> {
  if (await check()) await runActions(action.then, options, `${place}.then`);
  else await runActions(action.or ?? [], options, `${place}.or`);
}

async function runWhile(
  action: WhileAction,
  options: ActionRunnerOptions,
  check: () => Promise<boolean>,
  place: string,
): Promise<void> {
  for (let i = 0; i < (action.maxAttempts ?? defaultAttempts); i++) {
    if (!(await check())) return;
    await runActions(action.then, options, `${place}.then`);
  }
}

/** What an action may use up of the request's time. */
const leftOf = (deadline: Deadline): number => Math.max(1, deadline.remainingMs - reserveMs);

function timeoutOf(action: BrowserAction, deadline: Deadline): number {
  const left = leftOf(deadline);
  if (action.timeout !== undefined) return Math.min(left, action.timeout);
  // A pause that was asked for is not cut short by a time that was not.
  const pause = 'wait' in action && action.wait !== undefined ? pauseMs(action.wait, left) : 0;
  return Math.min(left, defaultTimeoutMs + pause);
}

function located(error: unknown, place: string): unknown {
  if (!(error instanceof MooringError) || error.detail.startsWith('`browserActions')) return error;
  return error.at(place);
}
