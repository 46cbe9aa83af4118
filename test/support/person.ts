import { type Browser, type BrowserContext, chromium, type Locator, type Page } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { chosenChromium } from './chromium.js';

/** A person's own browser, in which they look at sessions. */
export class PersonsBrowser {
  #browser: Browser | undefined;
  readonly #contexts: BrowserContext[] = [];

  constructor() {
    beforeAll(async () => {
      const { executablePath } = await chosenChromium();
      this.#browser = await chromium.launch({ executablePath, chromiumSandbox: process.getuid?.() !== 0 });
    });
    afterAll(() => this.#browser?.close());
  }

  /** Opens a link of `sessions.view` in a browser window of its own. */
  async open(viewUrl: string, options: Parameters<Browser['newContext']>[0] = {}): Promise<Person> {
    if (!this.#browser) throw new Error('the browser has not started');
    const context = await this.#browser.newContext({ viewport: { width: 1000, height: 900 }, ...options });
    this.#contexts.push(context);
    const page = await context.newPage();
    await page.goto(viewUrl);
    return new Person(page);
  }

  /** All of them leave. */
  async leave(): Promise<void> {
    await Promise.all(this.#contexts.splice(0).map((context) => context.close()));
  }
}

/** Parts of the picture's width and height. */
type Place = readonly [number, number];

/** Somebody who looks at a session, and may take it over. Places are parts of the picture's sides. */
export class Person {
  readonly page: Page;
  readonly picture: Locator;
  readonly who: Locator;

  constructor(page: Page) {
    this.page = page;
    this.picture = page.getByRole('img', { name: /^Live view of / });
    this.who = page.locator('live-view .who');
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }

  /** Takes control, and waits until it has come. */
  async take(): Promise<void> {
    await this.button('Take control').click();
    await this.button('Give back').waitFor();
  }

  async give(): Promise<void> {
    await this.button('Give back').click();
    await this.button('Take control').waitFor();
  }

  /** Waits until a picture is shown. */
  async see(): Promise<void> {
    await this.page.locator('live-view .veil').waitFor({ state: 'hidden' });
  }

  async click(x: number, y: number, options: Parameters<Locator['click']>[0] = {}): Promise<void> {
    await this.picture.click({ ...options, position: await this.#at(x, y) });
  }

  async pointAt(x: number, y: number): Promise<void> {
    await this.picture.hover({ position: await this.#at(x, y) });
  }

  async turnWheel(x: number, y: number, down: number): Promise<void> {
    await this.pointAt(x, y);
    await this.page.mouse.wheel(0, down);
  }

  async drag(from: Place, to: Place): Promise<void> {
    const { mouse } = this.page;
    const [start, end] = [await this.#onScreen(from), await this.#onScreen(to)];
    await mouse.move(start.x, start.y);
    await mouse.down();
    await mouse.move(end.x, end.y, { steps: 10 });
    await mouse.up();
  }

  async tap(x: number, y: number): Promise<void> {
    await this.picture.tap({ position: await this.#at(x, y) });
  }

  /** With a finger. */
  async swipe(from: Place, to: Place): Promise<void> {
    const [start, end] = [await this.#onScreen(from), await this.#onScreen(to)];
    const finger = await this.page.context().newCDPSession(this.page);
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', touchPoints: { x: number; y: number }[]) =>
      finger.send('Input.dispatchTouchEvent', { type, touchPoints });
    await touch('touchStart', [start]);
    for (let i = 1; i <= 10; i += 1) {
      const part = (a: number, b: number): number => a + ((b - a) * i) / 10;
      await touch('touchMove', [{ x: part(start.x, end.x), y: part(start.y, end.y) }]);
    }
    await touch('touchEnd', []);
  }

  /** The colour in the picture. @returns red, green and blue */
  colour(x: number, y: number): Promise<number[]> {
    return this.picture.evaluate(
      (element, [x, y]) => {
        const canvas = element as HTMLCanvasElement; // it is one
        const at = [Math.floor(x * canvas.width), Math.floor(y * canvas.height), 1, 1] as const;
        return [...(canvas.getContext('2d')?.getImageData(...at).data ?? [])].slice(0, 3);
      },
      [x, y] as const,
    );
  }

  async #onScreen([x, y]: Place): Promise<{ x: number; y: number }> {
    const [at, box] = [await this.#at(x, y), await this.picture.boundingBox()];
    return { x: at.x + (box?.x ?? 0), y: at.y + (box?.y ?? 0) };
  }

  async #at(x: number, y: number): Promise<{ x: number; y: number }> {
    return this.picture.evaluate(
      (element, [x, y]) => {
        const canvas = element as HTMLCanvasElement; // it is one
        const { width, height } = canvas.getBoundingClientRect();
        const scale = Math.min(width / canvas.width, height / canvas.height);
        return {
          x: (width - canvas.width * scale) / 2 + x * canvas.width * scale,
          y: (height - canvas.height * scale) / 2 + y * canvas.height * scale,
        };
      },
      [x, y] as const,
    );
  }
}

/** JPEG is not exact. */
export const near =
  (colour: readonly number[]) =>
  (seen: readonly number[]): boolean =>
    seen.length === 3 && seen.every((value, i) => Math.abs(value - (colour[i] ?? 0)) < 12);
