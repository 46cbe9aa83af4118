import type { Response } from 'playwright-core';
import type { MooringError } from '../../../errors.js';
import type { NavigationRequest } from '../../engine.js';

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

/** Whether a navigation needs more than the address bar can do. */
export function needsOverride(request: NavigationRequest): boolean {
  if (request.emptyDocument) return true;
  return request.method !== 'GET' || request.body !== undefined || Object.keys(request.headers).length > 0;
}

/** What is shown in place of a site that is not to be loaded. */
export const emptyDocument = {
  type: 'text/html; charset=utf-8',
  // An icon that need not be fetched: the whole Chromium would ask the site for its own.
  html: '<!doctype html><html><head><link rel="icon" href="data:,"></head><body></body></html>',
};
