import { setTimeout as sleep } from 'node:timers/promises';
import type { StepLimits } from '../engine/engine.js';
import { MooringError } from '../errors.js';
import type { ActionName, BrowserAction } from '../protocol/actions.js';
import type { ActionContext } from './action-context.js';

type SimpleName = Exclude<ActionName, 'if' | 'while'>;
type ActionOf<N extends ActionName> = Extract<BrowserAction, { type: N }>;
type Run<N extends SimpleName> = (action: ActionOf<N>, context: ActionContext, limits: StepLimits) => Promise<void>;

/** The names that the DOM gives the keys. */
const domKeys = {
  tab: 'Tab',
  enter: 'Enter',
  space: 'Space',
  arrowdown: 'ArrowDown',
  arrowup: 'ArrowUp',
  arrowleft: 'ArrowLeft',
  arrowright: 'ArrowRight',
  backspace: 'Backspace',
} as const;

const defaultPollMs = 200;
const defaultScrollDelayMs = 100;

/**
 * Callers write seconds and milliseconds in the same field. Up to 100 means seconds, if the request lasts that long: as
 * seconds a larger one could only fail.
 */
export const pauseMs = (wait: number, leftMs: number): number =>
  wait <= 100 && wait * 1000 <= leftMs ? wait * 1000 : wait;

/** How each action is done. `if` and `while` are the runner's. */
export const actions: { readonly [N in SimpleName]: Run<N> } = {
  click: async (action, context, limits) => {
    const { actor } = context;
    await actor.click(action.cssSelector, action.direct ?? false, limits);
    await afterwards(action, context, limits);
  },
  type: async (action, context, limits) => {
    const { actor } = context;
    await actor.type(action.cssSelector, action.text, action.direct ?? false, limits);
    await afterwards(action, context, limits);
  },
  goto: async (action, context, limits) => {
    await context.goto(action.url, limits);
    await afterwards(action, context, limits);
  },
  wait: (action, { pauseMs }, { signal }) => pause(pauseMs(action.wait), signal),
  wait_for_selector: (action, { actor }, limits) => actor.waitForSelector(action.cssSelector, limits),
  wait_for_function: (action, { actor }, limits) => actor.waitForExpression(action.code, limits),
  wait_for_load_state: (action, { actor }, limits) => actor.waitForLoadState(action.waitForLoadState, limits),
  wait_for_cookie: waitForCookie,
  execute_js: async (action, { actor, results }, limits) => {
    const value = await actor.evaluate(action.code, limits);
    if (!action.dontReturnValue) results.addReturn(value);
  },
  scroll: async (action, { actor }, limits) => {
    for (let i = 0; i < (action.repeat ?? 1); i++) {
      if (i > 0) await pause(action.delayMs ?? defaultScrollDelayMs, limits.signal);
      await actor.scroll(action.cssSelector, limits);
    }
  },
  hover: (action, { actor }, limits) => actor.hover(action.cssSelector, limits),
  keyboard: async (action, context, limits) => {
    const { actor } = context;
    if (action.value === 'clear') await actor.clear(action.cssSelector, limits);
    else await actor.press(domKeys[action.value], action.cssSelector, limits);
    await afterwards(action, context, limits);
  },
  dropdown: async (action, context, limits) => {
    const { actor } = context;
    const option = action.index ?? action.value;
    if (option === undefined) throw new MooringError('INVALID_PARAMETER', 'expected `index` or `value`; got neither.');
    await actor.select(action.cssSelector, option, limits);
    await afterwards(action, context, limits);
  },
  switch_iframe: (action, { actor }, limits) => actor.enterFrame(action.cssSelector, limits),
  set_viewport: async (action, context, limits) => {
    const { actor, page } = context;
    const { width = page.initialViewport.width, height = page.initialViewport.height } = action;
    await actor.setViewport(width, height, limits);
    await afterwards(action, context, limits);
  },
  upload: async (action, context, limits) => {
    const { actor } = context;
    const files = action.files.map(({ name, type = 'application/octet-stream', base64 }) => ({
      name,
      type,
      bytes: Buffer.from(base64, 'base64'),
    }));
    await actor.upload(action.cssSelector, files, limits);
    await afterwards(action, context, limits);
  },
  download: async (action, { actor, nextDownload, results, keepArtifact }, limits) => {
    if (action.cssSelector !== undefined) await actor.click(action.cssSelector, false, limits);
    const file = await nextDownload(limits);
    results.addDownload(file, action.link ? await keepArtifact(file) : undefined);
  },
  remove_iframes: (_action, { actor }, limits) => actor.removeFrames(limits),
  screenshot: async (_action, { page, results }, { signal }) => {
    results.addScreenshot(await page.screenshot({ fullPage: false }, signal));
  },
};

/** What several actions take for after them. */
interface Afterwards {
  readonly wait?: number | undefined;
  readonly waitForSelector?: string | undefined;
}

async function afterwards(
  { wait, waitForSelector }: Afterwards,
  { actor, pauseMs }: ActionContext,
  limits: StepLimits,
): Promise<void> {
  if (wait !== undefined) await pause(pauseMs(wait), limits.signal);
  if (waitForSelector !== undefined) await actor.waitForSelector(waitForSelector, limits);
}

async function waitForCookie(
  action: ActionOf<'wait_for_cookie'>,
  { context }: ActionContext,
  limits: StepLimits,
): Promise<void> {
  const { cookieName, cookieValue, cookieDomain, pollIntervalMs = defaultPollMs } = action;
  const until = performance.now() + limits.timeoutMs;
  for (;;) {
    const cookies = await context.cookies(undefined, limits.signal);
    const isThere = cookies.some(
      ({ name, value, domain }) =>
        name === cookieName &&
        (cookieValue === undefined || value === cookieValue) &&
        (cookieDomain === undefined || domain.replace(/^\./, '') === cookieDomain.replace(/^\./, '')),
    );
    if (isThere) return;
    if (performance.now() >= until) {
      throw new MooringError(
        'NAVIGATION_TIMEOUT',
        `expected the cookie ${cookieName} within ${Math.round(limits.timeoutMs)} ms; it did not come.`,
      );
    }
    await pause(Math.max(10, pollIntervalMs), limits.signal);
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    throw signal.reason; // the timer's own error would hide it
  }
}
