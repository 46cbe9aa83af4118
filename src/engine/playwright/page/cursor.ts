import type { Locator, Page } from 'playwright-core';
import { defaultViewport } from '../../engine.js';
import { countdown, pause } from './step-time.js';

/** Where the cursor stops when it wanders about a page. */
const wanderStops = 4;

/** The mouse cursor of a page. */
export class Cursor {
  readonly #page: Page;
  #at: { readonly x: number; readonly y: number } = { x: 0, y: 0 };

  constructor(page: Page) {
    this.#page = page;
  }

  /** Moves about the page as a reader does, and scrolls. */
  async wander(left: () => number, signal: AbortSignal): Promise<void> {
    const { width, height } = this.#page.viewportSize() ?? defaultViewport;
    for (let i = 0; i < wanderStops; i++) {
      await this.#glideTo({ x: width * between(0.1, 0.9), y: height * between(0.1, 0.9) }, left);
      await pause(between(60, 250), signal);
    }
    await this.#page.mouse.wheel(0, Math.round(between(100, 300)));
    await pause(between(60, 250), signal);
    await this.#page.mouse.wheel(0, -400);
  }

  /** Moves as a hand does: from where it is, in steps, on a slight bow, to a point inside the element. */
  async moveTo(element: Locator, timeout: number): Promise<void> {
    const left = countdown(timeout);
    const box = await element.boundingBox({ timeout: left() });
    if (!box) return; // not shown: the click that follows says so
    const inside = { x: box.x + box.width * between(0.35, 0.65), y: box.y + box.height * between(0.35, 0.65) };
    await this.#glideTo(inside, left);
  }

  /** @param left how much of its time there is; when that is used up it stops where it is */
  async #glideTo(target: { readonly x: number; readonly y: number }, left: () => number): Promise<void> {
    const bow = { x: between(-30, 30), y: between(-30, 30) };
    const { width, height } = this.#page.viewportSize() ?? defaultViewport;
    const steps = 8;
    for (let i = 1; i <= steps && left() > 1; i++) {
      const t = i / steps;
      const eased = t * t * (3 - 2 * t);
      const curve = Math.sin(Math.PI * t);
      // Within the page: beyond its edge a cursor is nowhere.
      await this.#page.mouse.move(
        within(this.#at.x + (target.x - this.#at.x) * eased + bow.x * curve, width),
        within(this.#at.y + (target.y - this.#at.y) * eased + bow.y * curve, height),
      );
    }
    this.#at = target;
  }
}

const within = (value: number, size: number): number => Math.min(Math.max(value, 0), size - 1);

/** A number between these two, at random. */
export const between = (least: number, most: number): number => least + Math.random() * (most - least);
