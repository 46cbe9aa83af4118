import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { chosenChromium } from './chromium.js';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export type UiBrowserOptions = Pick<BrowserContextOptions, 'viewport' | 'colorScheme'>;

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly target: readonly string[] }[];
}

/** A person's browser, with which pages of the dashboard are used. */
export class UiBrowser {
  #browser: Browser | undefined;

  async start(): Promise<void> {
    const binary = await chosenChromium();
    this.#browser = await chromium.launch({ executablePath: binary.executablePath, chromiumSandbox: false });
  }

  /**
   * Uses a page in a window of its own, without cookies of others. No script of it may fail, and nothing may be asked of
   * elsewhere.
   */
  async uses(url: string, use: (page: Page) => Promise<void>, options: UiBrowserOptions = {}): Promise<void> {
    if (!this.#browser) throw new Error('the browser has not started');
    const context = await this.#browser.newContext(options);
    const page = await context.newPage();
    const faults: string[] = [];
    const { origin } = new URL(url);
    page.on('pageerror', (error) => faults.push(String(error)));
    page.on('request', (request) => {
      const asked = request.url();
      if (!asked.startsWith(`${origin}/`) && !asked.startsWith('blob:')) faults.push(`asks ${asked}`);
    });
    page.setDefaultTimeout(20_000);
    try {
      await page.goto(url);
      await use(page);
      expect(faults).toEqual([]);
    } finally {
      await context.close();
    }
  }

  async close(): Promise<void> {
    await this.#browser?.close();
  }
}

/** Nothing on the page shuts out whoever reads it with a screen reader, or cannot see some colours. */
export async function expectAccessible(page: Page, state: string): Promise<void> {
  // The page's policy lets no script in; what the driver evaluates is not the page's.
  if (await page.evaluate(`typeof axe === 'undefined'`)) await page.evaluate(axeSource);
  const violations = (await page.evaluate(`axe.run().then(({ violations }) => violations)`)) as Violation[];
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  expect(
    serious.map(({ id, nodes }) => `${state}: ${id} ${nodes.map(({ target }) => target.join(' ')).join(', ')}`),
  ).toEqual([]);
}

export const link = (page: Page, name: string): Locator => page.getByRole('link', { name, exact: true });
export const button = (page: Page, name: string): Locator => page.getByRole('button', { name, exact: true });
/** The title of a page. */
export const heading = (page: Page, name: string): Locator =>
  page.getByRole('heading', { name, exact: true, level: 1 });
