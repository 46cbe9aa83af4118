import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import type { ChromiumBinary } from '../src/engine/executables/chromium.js';

/** The same browser without Mooring: what the driver alone costs. */
export class RawBrowser {
  readonly #browser: Browser;

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  static async launch(binary: ChromiumBinary): Promise<RawBrowser> {
    return new RawBrowser(
      await chromium.launch({
        executablePath: binary.executablePath,
        env: { ...process.env, ...binary.env } as Record<string, string>, // no undefined reaches a child
        chromiumSandbox: process.getuid?.() !== 0,
        args: [
          '--disable-gpu',
          '--disable-quic',
          '--no-first-run',
          '--disable-background-networking',
          '--disable-component-update',
          '--disable-sync',
        ],
      }),
    );
  }

  newContext(options: BrowserContextOptions = {}): Promise<BrowserContext> {
    return this.#browser.newContext(options);
  }

  async newPage(): Promise<Page> {
    return (await this.newContext()).newPage();
  }

  close(): Promise<void> {
    return this.#browser.close();
  }
}
