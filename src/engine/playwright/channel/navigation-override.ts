import type { Response } from 'playwright-core';
import type { MooringError } from '../../../errors.js';

/** Gives the next navigation of the main frame another method, body, headers or referer. */
export interface NavigationOverride {
  /** Why the browser did not send the request as it was asked to; nothing was sent then. */
  readonly refusal: MooringError | undefined;
  /** Whether the request went out as it was asked for. */
  readonly applied: boolean;
  start(): Promise<void>;
  /** Goes there in the driver's place, until the answer has come; absent: the driver does. Nothing: it did not set out. */
  readonly goto?: (url: string) => Promise<Response | undefined>;
  /** Lets every request go as the browser would send it. */
  stop(): Promise<void>;
}
