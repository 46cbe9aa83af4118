import { Script } from 'node:vm';
import type { Frame, Locator, Page, Request, Response } from 'playwright-core';
import { errorMessage, MooringError } from '../../errors.js';
import { abortable } from '../../util/deadline.js';
import { defaultViewport, type FileToUpload, type LoadState, type PageActor, type StepLimits } from '../engine.js';
import { translateFailure } from './failures.js';

/** How long after a step the page may take to set out for elsewhere. */
const departureMs = 80;
/** How long typing a text may take in all, whatever its length. */
const typingLimitMs = 8000;
/** Where the cursor stops when it wanders about a page. */
const wanderStops = 4;
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
  #cursor: { readonly x: number; readonly y: number } = { x: 0, y: 0 };

  constructor(page: Page, host: ActorHost) {
    this.#page = page;
    this.#host = host;
    this.#entered = page.mainFrame();
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
          await element.evaluate((node) => (node as HTMLElement).click(), undefined, { timeout }); // of an HTML page
          return;
        }
        const left = countdown(timeout);
        await element.scrollIntoViewIfNeeded({ timeout: left() });
        await this.#moveTo(element, left());
        await element.click({ timeout: left() });
      });
    });
  }

  async type(selector: string, text: string, direct: boolean, limits: StepLimits): Promise<void> {
    await this.#step(selector, limits, async (timeout) => {
      const element = this.#locate(selector);
      if (direct) {
        await element.fill(text, { timeout });
        return;
      }
      await this.#moveTo(element, timeout);
      await element.click({ timeout });
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
      await this.#moveTo(this.#locate(selector), timeout);
      await this.#locate(selector).hover({ timeout });
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
        await this.#locate(selector).clear({ timeout });
        return;
      }
      await this.#page.keyboard.press('ControlOrMeta+A');
      await this.#page.keyboard.press('Delete');
    });
  }

  async select(selector: string, option: number | string, limits: StepLimits): Promise<void> {
    await this.#step(selector, limits, (timeout) =>
      this.#arriving(limits, async () => {
        const choice = typeof option === 'number' ? { index: option } : { value: option };
        const element = this.#locate(selector);
        try {
          await element.selectOption(choice, { timeout });
        } catch (error) {
          if ((await element.count().catch(() => 0)) === 0) throw error;
          const found = await element.evaluate(
            (node) => (node instanceof HTMLSelectElement ? [...node.options].map(({ value }) => value) : undefined),
            undefined,
            { timeout: 500 },
          );
          throw optionError(selector, option, found, error);
        }
      }),
    );
  }

  async scroll(selector: string | undefined, limits: StepLimits): Promise<void> {
    await this.#step(selector, limits, async (timeout) => {
      if (selector !== undefined) await this.#locate(selector).scrollIntoViewIfNeeded({ timeout });
      else await this.#frame.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
    });
  }

  async waitForSelector(selector: string, limits: StepLimits): Promise<void> {
    await this.#step(selector, limits, (timeout) => this.#locate(selector).waitFor({ state: 'visible', timeout }));
  }

  async waitForExpression(code: string, limits: StepLimits): Promise<void> {
    await this.#step(undefined, limits, (timeout) => this.#frame.waitForFunction(code, undefined, { timeout }));
  }

  async waitForLoadState(state: LoadState, limits: StepLimits): Promise<void> {
    await this.#step(undefined, limits, (timeout) => this.#frame.waitForLoadState(state, { timeout }));
  }

  async evaluate(code: string, limits: StepLimits): Promise<unknown> {
    return this.#step(undefined, limits, () => this.#arriving(limits, () => this.#evaluate(code)));
  }

  async enterFrame(selector: string | undefined, limits: StepLimits): Promise<void> {
    if (selector === undefined || selector === '') {
      this.#entered = this.#page.mainFrame();
      return;
    }
    await this.#step(selector, limits, async (timeout) => {
      const element = await this.#locate(selector).elementHandle({ timeout });
      const frame = await element?.contentFrame();
      if (!frame) throw new MooringError('INVALID_PARAMETER', `expected an iframe at ${selector}; it is none.`);
      this.#entered = frame;
      await frame.waitForLoadState('domcontentloaded', { timeout });
    });
  }

  async upload(selector: string, files: readonly FileToUpload[], limits: StepLimits): Promise<void> {
    await this.#step(selector, limits, async (timeout) => {
      const element = this.#locate(selector);
      const payload = files.map(({ name, type, bytes }) => ({ name, mimeType: type, buffer: Buffer.from(bytes) }));
      const isInput = await element.evaluate(
        (node) => node instanceof HTMLInputElement && node.type === 'file',
        undefined,
        { timeout },
      );
      if (isInput) {
        await element.setInputFiles(payload, { timeout });
        return;
      }
      const [chooser] = await Promise.all([
        this.#page.waitForEvent('filechooser', { timeout }),
        element.click({ timeout }),
      ]);
      await chooser.setFiles(payload, { timeout });
    });
  }

  async wander(limits: StepLimits): Promise<void> {
    await this.#step(undefined, limits, async () => {
      const { width, height } = this.#page.viewportSize() ?? defaultViewport;
      for (let i = 0; i < wanderStops; i++) {
        await this.#glideTo({ x: width * between(0.1, 0.9), y: height * between(0.1, 0.9) });
        await pause(between(60, 250), limits.signal);
      }
      await this.#page.mouse.wheel(0, Math.round(between(100, 300)));
      await pause(between(60, 250), limits.signal);
      await this.#page.mouse.wheel(0, -400);
    });
  }

  async setViewport(width: number, height: number, limits: StepLimits): Promise<void> {
    await this.#step(undefined, limits, () => this.#host.resize({ width, height }));
  }

  async removeFrames(limits: StepLimits): Promise<void> {
    this.#entered = this.#page.mainFrame();
    await this.#step(undefined, limits, () =>
      this.#frame.evaluate(() => {
        for (const frame of document.querySelectorAll('iframe, frame')) frame.remove();
      }),
    );
  }

  #locate(selector: string): Locator {
    // By its engine, or a selector such as `text=…` or `//…` would mean something else to the driver.
    return this.#frame.locator(`css=${selector}`).first();
  }

  /** Runs the code once: what it is, is told by compiling it. */
  async #evaluate(code: string): Promise<unknown> {
    // A function, as drivers take them, is called.
    const call = (expression: string): string =>
      `(async (value) => typeof value === 'function' ? value() : value)(${expression})`;
    if (compiles(`(${code}\n)`)) return this.#frame.evaluate(call(`(${code}\n)`));
    if (compiles(`(async () => (${code}\n))`)) return this.#frame.evaluate(call(`(async () => (${code}\n))()`));
    // Or the driver would take what begins with a function for one.
    if (compiles(code)) return this.#frame.evaluate(`void 0;\n${code}`);
    // Statements with a `return` or an `await` among them; or no code at all, which the page says then.
    return this.#frame.evaluate(`(async () => { ${code}\n})()`);
  }

  /** Moves the cursor as a hand does: from where it is, in steps, on a slight bow, to a point inside the element. */
  async #moveTo(element: Locator, timeout: number): Promise<void> {
    const box = await element.boundingBox({ timeout });
    if (!box) return; // not shown: the click that follows says so
    await this.#glideTo({ x: box.x + box.width * between(0.35, 0.65), y: box.y + box.height * between(0.35, 0.65) });
  }

  async #glideTo(target: { readonly x: number; readonly y: number }): Promise<void> {
    const bow = { x: between(-30, 30), y: between(-30, 30) };
    const { width, height } = this.#page.viewportSize() ?? defaultViewport;
    const steps = 8;
    for (let i = 1; i <= steps; i++) {
      const t = i / steps;
      const eased = t * t * (3 - 2 * t);
      const curve = Math.sin(Math.PI * t);
      // Within the page: beyond its edge a cursor is nowhere.
      await this.#page.mouse.move(
        within(this.#cursor.x + (target.x - this.#cursor.x) * eased + bow.x * curve, width),
        within(this.#cursor.y + (target.y - this.#cursor.y) * eased + bow.y * curve, height),
      );
    }
    this.#cursor = target;
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
      throw translateStep(error, selector, timeoutMs);
    }
  }
}

/** What is left of a time, at least a millisecond. */
function countdown(ms: number): () => number {
  const end = performance.now() + ms;
  return () => Math.max(1, end - performance.now());
}

function optionError(
  selector: string,
  option: number | string,
  found: readonly string[] | undefined,
  cause: unknown,
): MooringError {
  if (!found)
    return new MooringError('INVALID_PARAMETER', `expected a select element at ${selector}; it is none.`, { cause });
  const there = found
    .slice(0, 20)
    .map((value) => JSON.stringify(value))
    .join(', ');
  return new MooringError(
    'CODE-0027',
    `expected an option ${JSON.stringify(option)} in ${selector} that can be chosen; there are ${there || 'none'}.`,
    { cause },
  );
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

function translateStep(error: unknown, selector: string | undefined, timeoutMs: number): unknown {
  if (error instanceof MooringError) return error;
  const message = errorMessage(error);
  if (error instanceof Error && error.name === 'TimeoutError') {
    return selector === undefined
      ? new MooringError('CODE-0025', `expected it to come about within ${Math.round(timeoutMs)} ms; it did not.`, {
          cause: error,
        })
      : new MooringError(
          'CODE-0027',
          `expected an element for ${selector} within ${Math.round(timeoutMs)} ms; there was none to use.`,
          { cause: error },
        );
  }
  const translated = translateFailure(error, selector ?? 'the page');
  if (translated instanceof MooringError) return translated;
  // What is left is what the page's engine says of a selector or code.
  const [first = ''] = message.replace(/^\w+\.\w+: /, '').split('\n', 1);
  return new MooringError(
    'INVALID_PARAMETER',
    `expected ${selector === undefined ? 'code that runs' : 'a selector that can be read'}; the page says ${first}.`,
    {
      cause: error,
    },
  );
}

const within = (value: number, size: number): number => Math.min(Math.max(value, 0), size - 1);

const between = (least: number, most: number): number => least + Math.random() * (most - least);

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
  });
}
