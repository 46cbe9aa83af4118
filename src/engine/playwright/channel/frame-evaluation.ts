import type { Frame } from 'playwright-core';
import { evaluateOverBidi } from '../driver/bidi-evaluation.js';
import { apartWorldOf, driverSessionOfFrame } from '../driver/driver-transport.js';

/**
 * Runs an expression in a frame, in a world that its scripts do not see, and waits for it if it is a promise.
 *
 * @param onBegun called when the page has answered, and runs the expression from now on: it does not hang
 * @returns what JSON can hold of it
 */
export type EvaluateInFrame = (frame: Frame, expression: string, onBegun?: () => void) => Promise<unknown>;

/** By the shortest way: the driver's own would inject its script first. */
export const cdpEvaluateInFrame: EvaluateInFrame = async (frame, expression, onBegun) => {
  const { session, frameId } = driverSessionOfFrame(frame);
  const { executionContextId: contextId } = (await session.send('Page.createIsolatedWorld', {
    frameId,
    worldName: 'mooring',
  })) as { executionContextId: number };
  onBegun?.();
  const asked = { expression, contextId, returnByValue: true, awaitPromise: true };
  const { result, exceptionDetails } = (await session.send('Runtime.evaluate', asked)) as {
    result: { value?: unknown };
    exceptionDetails?: { text: string };
  };
  if (exceptionDetails) throw new Error(exceptionDetails.text);
  return result.value;
};

export const driverEvaluateInFrame: EvaluateInFrame = async (frame, expression, onBegun) => {
  const world = await apartWorldOf(frame);
  if (onBegun) await world.evaluateExpression('0', { isFunction: false }, undefined).then(onBegun);
  return world.evaluateExpression(expression, { isFunction: false }, undefined);
};

export const bidiEvaluateInFrame: EvaluateInFrame = async (frame, expression, onBegun) => {
  if (onBegun) await evaluateOverBidi(frame, '0', 'apart').then(onBegun);
  return evaluateOverBidi(frame, expression, 'apart');
};
