import type { Frame } from 'playwright-core';
import { type DriverSession, insideOf } from './driver-transport.js';

/** A value as WebDriver BiDi tells it. @see https://w3c.github.io/webdriver-bidi/#type-script-RemoteValue */
export interface RemoteValue {
  readonly type: string;
  readonly value?: unknown;
}

interface Evaluated {
  readonly type: 'success' | 'exception';
  readonly result?: RemoteValue;
  readonly exceptionDetails?: { readonly text: string };
}

/** Scripts of a page see nothing of a world that has a name. */
export type World = 'page' | 'apart';

/** All of a value but the inside of elements. Nobody keeps a handle to it. */
const options = { serializationOptions: { maxDomDepth: 0 }, resultOwnership: 'none', awaitPromise: true };

/**
 * Runs an expression in a frame over WebDriver BiDi, and waits for it if it is a promise. The driver's own way would inject
 * its script first, into each document and world.
 *
 * @returns what JSON can hold of it
 * @throws when the expression does; when the driver is built in another way
 */
export async function evaluateOverBidi(frame: Frame, expression: string, world: World): Promise<unknown> {
  const { session, context } = sessionOf(frame);
  const target = { context, ...(world === 'apart' ? { sandbox: 'mooring' } : {}) };
  const evaluated = (await session.send('script.evaluate', { expression, target, ...options })) as Evaluated;
  if (evaluated.type === 'exception') throw new Error(evaluated.exceptionDetails?.text ?? 'the script has thrown');
  return decodeRemote(evaluated.result);
}

/** What JSON can hold of a value; the rest is undefined. An object must not be in it twice: it is told once. */
export function decodeRemote(remote: RemoteValue | undefined): unknown {
  if (remote === undefined) return undefined;
  const { type, value } = remote;
  switch (type) {
    case 'null':
      return null;
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return typeof value === 'number' ? value : Number(value); // NaN, Infinity and -0 are told by name
    case 'array':
      return (value as readonly RemoteValue[]).map(decodeRemote); // as the protocol says
    case 'object':
      return Object.fromEntries(
        (value as readonly (readonly [string, RemoteValue])[]).map(([key, item]) => [key, decodeRemote(item)]),
      );
    default:
      return undefined;
  }
}

function sessionOf(frame: Frame): { readonly session: DriverSession; readonly context: string } {
  const { _id: context, _page: page } = insideOf(frame) as {
    readonly _id?: string;
    readonly _page?: { readonly delegate?: { readonly _session?: DriverSession } };
  };
  const session = page?.delegate?._session;
  if (!session || context === undefined) throw new Error('this version of the driver has no session for a frame');
  return { session, context };
}
