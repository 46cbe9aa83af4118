import { Script } from 'node:vm';
import type { ElementHandle, Frame, Locator, Page, Request, Response } from 'playwright-core';
import { MooringError } from '../../../errors.js';
import { abortable, settledWithin } from '../../../util/deadline.js';
import type { FileToUpload, LoadState, PageActor, StepLimits } from '../../engine.js';
import { badSelector, parseSelector } from '../../selector.js';
import { tooLargeAnswer } from '../driver/driver-transport.js';
import { isTimeout, translateFailure } from '../driver-errors.js';
import { clickElement, optionsOf, removeFrames, scrollToEnd, takesKeys } from '../injected/act-on-page.js';
import { assertSmall } from '../injected/assert-small.js';
import { type Finding, inspectElements } from '../injected/inspect-elements.js';
import { between, Cursor } from './cursor.js';
import { capped, notUsableError, wrongElementError } from './element-inspector.js';
import { isDocumentGone } from './page-reader.js';
import {
  movedOnError,
  notAFieldError,
  notASelectError,
  optionError,
  scriptError,
  tooSlowError,
} from './step-errors.js';
import { countdown, pause } from './step-time.js';

/** How long after a step the page may take to set out for elsewhere. */
const departureMs = 80;
/** How long typing a text may take in all, whatever its length. */
const typingLimitMs = 8000;
/** How long the page may take to say why an element was of no use. */
const inspectionMs = 600;
/** How long after a click the page may take to put the focus into a field. */
const focusMs = 400;
/** How long to wait between two looks at a page. */
const pollMs = 50;
/** How much the code of a caller may give back. More takes the browser, the driver and the reply too long. */
const maxResultChars = 16_000_000;
const keyDelayMs = { least: 25, most: 90 } as const;

/** What an actor needs of the page's owner. */
export interface ActorHost {
  /** Told of every step, to wait until one that was given up has let go of the page. */
  onStep(step: Promise<unknown>): void;
  /** Waits as long as the page is on its way elsewhere, and until what it came to has loaded. */
  follow(limits: StepLimits): Promise<void>;
  /** Gives the page another viewport, to stay. */
  resize(size: { readonly width: number; readonly height: number }): Promise<void>;
}

/** Steps on a page of Playwright. */
export class PlaywrightActor implements PageActor {
  readonly #page: Page;
  readonly #host: ActorHost;
  #entered: Frame;
  readonly #cursor: Cursor;

  constructor(page: Page, host: ActorHost) {
    this.#page = page;
    this.#host = host;
    this.#entered = page.mainFrame();
    this.#cursor = new Cursor(page);
  }

  /** The frame that was entered last; the page, when that is gone. */
  get #frame(): Frame {
    return this.#entered.isDetached() ? this.#page.mainFrame() : this.#entered;
  }

  async click(selector: string, direct: boolean, limits: StepLimits): Promise<void> {
    await this.#step(selector, limits, async (timeout) => {
      const element = this.#locate(selector);
      await this.#arriving(limits, async () => {
        if (direct) {
          await element.evaluate(clickElement, undefined, { timeout });
          return;
        }
        const left = countdown(timeout);
        await element.scrollIntoViewIfNeeded({ timeout: left() });
        await this.#cursor.moveTo(element, left());
        await element.click({ timeout: left() });
      });
    });
  }

  async type(selector: string, text: string, direct: boolean, limits: StepLimits): Promise<void> {
    await this.#step(selector, limits, async (timeout) => {
      const left = countdown(timeout);
      const element = this.#locate(selector);
      const { typing, label } = await lookAt(element, left());
      if (typing === 'control' || (direct && typing === 'other')) throw notAFieldError(selector, label);
      if (direct) {
        await element.fill(text, { timeout: left() });
        return;
      }
      const opener = typing === 'other' ? await element.elementHandle({ timeout: left() }) : undefined;
      await this.#cursor.moveTo(element, left());
      await element.click({ timeout: left() });
      if (opener && !(await leadsToField(opener, limits.signal))) throw notAFieldError(selector, label);
      const until = performance.now() + Math.min(typingLimitMs, timeout / 2);
      const characters = [...text];
      // Where the focus is: a field may hand it on to the next.
      for (const [i, character] of characters.entries()) {
        limits.signal.throwIfAborted();
        if (performance.now() > until) {
          await this.#page.keyboard.insertText(characters.slice(i).join(''));
          break;
        }
        await this.#page.keyboard.type(character);
        await pause(between(keyDelayMs.least, keyDelayMs.most), limits.signal);
      }
    });
  }

  async hover(selector: string, limits: StepLimits): Promise<void> {
    await this.#step(selector, limits, async (timeout) => {
      const left = countdown(timeout);
      const element = this.#locate(selector);
      await this.#cursor.moveTo(element, left());
      await element.hover({ timeout: left() });
    });
  }

  async press(key: string, selector: string | undefined, limits: StepLimits): Promise<void> {
    await this.#step(selector, limits, (timeout) =>
      this.#arriving(limits, () =>
        selector === undefined ? this.#page.keyboard.press(key) : this.#locate(selector).press(key, { timeout }),
      ),
    );
  }

  async clear(selector: string | undefined, limits: StepLimits): Promise<void> {
    await this.#step(selector, limits, async (timeout) => {
      if (selector !== undefined) {
        const left = countdown(timeout);
        const element = this.#locate(selector);
        const { typing, label } = await lookAt(element, left());
        if (typing !== 'field') throw notAFieldError(selector, label);
        await element.clear({ timeout: left() });
        return;
      }
      await this.#page.keyboard.press('ControlOrMeta+A');
      await this.#page.keyboard.press('Delete');
    });
  }

  async select(selector: string, option: number | string, limits: StepLimits): Promise<void> {
    await this.#step(selector, limits, (timeout) =>
      this.#arriving(limits, async () => {
        const left = countdown(timeout);
        const element = this.#locate(selector);
        const { isSelect, label } = await lookAt(element, left());
        if (!isSelect) throw notASelectError(selector, label);
        try {
          const choice = typeof option === 'number' ? { index: option } : { value: option };
          await element.selectOption(choice, { timeout: left() });
        } catch (error) {
          const there = await answerWithin(element.evaluate(optionsOf));
          const isThere = typeof option === 'number' ? there?.[option] !== undefined : there?.includes(option);
          throw there && !isThere ? optionError(selector, option, there, error) : error;
        }
      }),
    );
  }

  async scroll(selector: string | undefined, limits: StepLimits): Promise<void> {
    await this.#step(selector, limits, async (timeout) => {
      if (selector !== undefined) await this.#locate(selector).scrollIntoViewIfNeeded({ timeout });
      else await this.#frame.evaluate(scrollToEnd);
    });
  }

  async waitForSelector(selector: string, limits: StepLimits): Promise<void> {
    await this.#step(selector, limits, (timeout) => this.#locate(selector).waitFor({ state: 'visible', timeout }));
  }

  async waitForExpression(code: string, limits: StepLimits): Promise<void> {
    await this.#step(undefined, limits, async (timeout) => {
      const left = countdown(timeout);
      try {
        await this.#onWhatComes(left, limits.signal, () =>
          this.#frame.waitForFunction(code, undefined, { timeout: left() }),
        );
      } catch (error) {
        throw isTimeout(error) ? tooSlowError('the expression to become true', timeout, error) : error;
      }
    });
  }

  async waitForLoadState(state: LoadState, limits: StepLimits): Promise<void> {
    await this.#step(undefined, limits, async (timeout) => {
      try {
        await this.#frame.waitForLoadState(state, { timeout });
      } catch (error) {
        throw isTimeout(error) ? tooSlowError(`the load state ${state}`, timeout, error) : error;
      }
    });
  }

  async evaluate(code: string, limits: StepLimits): Promise<unknown> {
    return this.#step(undefined, limits, () => this.#arriving(limits, () => this.#evaluate(code)));
  }

  async holds(condition: string, limits: StepLimits): Promise<boolean> {
    return this.#step(undefined, limits, async (timeout) => {
      const ask = () => this.#arriving(limits, () => this.#evaluate(condition));
      return Boolean(await this.#onWhatComes(countdown(timeout), limits.signal, ask));
    });
  }

  async enterFrame(selector: string | undefined, limits: StepLimits): Promise<void> {
    if (selector === undefined || selector === '') {
      this.#entered = this.#page.mainFrame();
      return;
    }
    await this.#step(selector, limits, async (timeout) => {
      const left = countdown(timeout);
      const element = await this.#locate(selector).elementHandle({ timeout: left() });
      const frame = await element?.contentFrame();
      if (!frame) {
        const { label } = await lookAt(this.#locate(selector), left());
        throw new MooringError('INVALID_PARAMETER', `expected an iframe at ${selector}; it is ${label}.`);
      }
      this.#entered = frame;
      await frame.waitForLoadState('domcontentloaded', { timeout: left() });
    });
  }

  async upload(selector: string, files: readonly FileToUpload[], limits: StepLimits): Promise<void> {
    await this.#step(selector, limits, async (timeout) => {
      const element = this.#locate(selector);
      const payload = files.map(({ name, type, bytes }) => ({ name, mimeType: type, buffer: Buffer.from(bytes) }));
      const left = countdown(timeout);
      const { isFileInput, label } = await lookAt(element, left());
      if (isFileInput) {
        await element.setInputFiles(payload, { timeout: left() });
        return;
      }
      const opening = this.#page.waitForEvent('filechooser', { timeout: left() });
      opening.catch(() => {}); // a click that fails says why
      await element.click({ timeout: left() });
      const chooser = await opening.catch((error: unknown) => {
        if (!isTimeout(error)) throw error;
        throw new MooringError(
          'ELEMENT_NOT_FOUND',
          `expected a file input at ${selector}, or what opens the file chooser when it is clicked; ${label} opened none.`,
          { cause: error },
        );
      });
      await chooser.setFiles(payload, { timeout: left() });
    });
  }

  async wander(limits: StepLimits): Promise<void> {
    await this.#step(undefined, limits, (timeout) => this.#cursor.wander(countdown(timeout), limits.signal));
  }

  async setViewport(width: number, height: number, limits: StepLimits): Promise<void> {
    await this.#step(undefined, limits, () => this.#host.resize({ width, height }));
  }

  async removeFrames(limits: StepLimits): Promise<void> {
    this.#entered = this.#page.mainFrame();
    await this.#step(undefined, limits, () => this.#frame.evaluate(removeFrames));
  }

  #locate(selector: string): Locator {
    return this.#locateAll(selector).first();
  }

  /** @throws MooringError `INVALID_PARAMETER` */
  #locateAll(selector: string): Locator {
    const read = parseSelector(selector);
    // By its engine, or the driver would guess another.
    if (read.kind !== 'text') return this.#frame.locator(`${read.kind}=${read.expression}`);
    return this.#frame.getByText(read.text, { exact: read.isExact });
  }

  /** Asks the page; on the next document again, should it move on meanwhile. */
  async #onWhatComes<T>(left: () => number, signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (!isDocumentGone(error) || left() <= pollMs) throw error;
        await pause(pollMs, signal);
        signal.throwIfAborted();
        await this.#frame.waitForLoadState('domcontentloaded', { timeout: left() });
      }
    }
  }

  /** Runs the code once: what it is, is told by compiling it. */
  async #evaluate(code: string): Promise<unknown> {
    // A function, as drivers take them, is called.
    const call = (expression: string): string =>
      `(async (value) => (${assertSmall})(await (typeof value === 'function' ? value() : value), ${maxResultChars}, '${tooLargeAnswer}'))(${expression})`;
    if (compiles(`(${code}\n)`)) return this.#frame.evaluate(call(`(${code}\n)`));
    if (compiles(`(async () => (${code}\n))`)) return this.#frame.evaluate(call(`(async () => (${code}\n))()`));
    // Or the driver would take what begins with a function for one.
    if (compiles(code)) return this.#frame.evaluate(`void 0;\n${code}`);
    // Statements with a `return` or an `await` among them; or no code at all, which the page says then.
    return this.#frame.evaluate(call(`(async () => { ${code}\n})()`));
  }

  /** Waits for the document that a step leads to, if it leads to one. */
  async #arriving<T>({ timeoutMs, signal }: StepLimits, work: () => Promise<T>): Promise<T> {
    const isMain = (request: Request): boolean =>
      request.isNavigationRequest() && request.frame() === this.#page.mainFrame();
    let departed = false;
    let arrive = (): void => {};
    const arrival = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const listeners = {
      request: (request: Request) => {
        departed ||= isMain(request);
      },
      // It arrives where it set out for, or not at all: a download, an empty answer, a failure.
      framenavigated: (frame: Frame) => {
        if (departed && frame === this.#page.mainFrame()) arrive();
      },
      requestfailed: (request: Request) => {
        if (isMain(request)) arrive();
      },
      response: (response: Response) => {
        if (isMain(response.request()) && [204, 205].includes(response.status())) arrive();
      },
      download: () => arrive(),
    } as const;
    for (const [name, listener] of Object.entries(listeners)) this.#page.on(name as 'request', listener as never); // its own name
    try {
      const result = await work();
      await pause(departureMs, signal);
      if (departed) {
        await Promise.race([arrival, pause(timeoutMs, signal)]);
        await this.#host.follow({ timeoutMs, signal });
      }
      return result;
    } finally {
      for (const [name, listener] of Object.entries(listeners)) this.#page.off(name as 'request', listener as never); // its own name
    }
  }

  async #step<T>(
    selector: string | undefined,
    { timeoutMs, signal }: StepLimits,
    work: (timeout: number) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    const step = work(Math.max(1, timeoutMs));
    this.#host.onStep(step);
    try {
      return await abortable(step, signal);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw await abortable(this.#explain(error, selector, timeoutMs), signal);
    }
  }

  /** The error of the catalogue for what the driver threw. */
  async #explain(error: unknown, selector: string | undefined, timeoutMs: number): Promise<unknown> {
    if (error instanceof MooringError) return error;
    if (selector === undefined) {
      if (isTimeout(error)) return tooSlowError('it to come about', timeoutMs, error);
      if (isDocumentGone(error)) return movedOnError(error);
      const translated = translateFailure(error, 'the page');
      // What else it may look like is the code's own word.
      const isOurs =
        translated instanceof MooringError && ['BROWSER_FAILED', 'RESPONSE_TOO_LARGE'].includes(translated.code);
      return isOurs ? translated : scriptError(error);
    }
    if (isTimeout(error)) return notUsableError(selector, timeoutMs, await this.#inspect(selector), error);
    const translated = translateFailure(error, selector);
    if (translated instanceof MooringError) return translated;
    if (isDocumentGone(error)) return movedOnError(error);
    const finding = await this.#inspect(selector);
    return finding && finding.count > 0 ? wrongElementError(selector, finding, error) : badSelector(selector, error);
  }

  /** What the page says of the elements now; nothing when it does not, or cannot read the selector. */
  async #inspect(selector: string): Promise<Finding | undefined> {
    const finding = await answerWithin(this.#locateAll(selector).evaluateAll(inspectElements));
    return finding && capped(finding);
  }
}

/** What the page says of an element, once it is there. */
const lookAt = async (element: Locator, timeout: number): Promise<Finding> =>
  capped(await element.evaluate(inspectElements, undefined, { timeout }));

/** Waits until the focus is where typing makes sense. Tells whether it came there. */
async function leadsToField(opener: ElementHandle, signal: AbortSignal): Promise<boolean> {
  const left = countdown(focusMs);
  for (;;) {
    if (await opener.evaluate(takesKeys)) return true;
    if (left() <= pollMs || signal.aborted) return false;
    await pause(pollMs, signal);
  }
}

/** What a page answers; nothing when it does not in time. */
async function answerWithin<T>(asking: Promise<T>): Promise<T | undefined> {
  return (await settledWithin(asking, inspectionMs)) ? asking.catch(() => undefined) : undefined;
}

/** Whether it is a script. It is compiled here and never run here. */
function compiles(code: string): boolean {
  try {
    new Script(code);
    return true;
  } catch {
    return false;
  }
}
