import { EventEmitter } from 'node:events';
import type { Page } from 'playwright-core';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { CdpScreencast } from '../../../src/engine/playwright/channel/cdp-screencast.js';

/** A browser's side of a screencast. */
class Browser extends EventEmitter {
  readonly sent: string[] = [];
  pictures = 0;
  #last = 0;

  async send(method: string, { sessionId }: { readonly sessionId?: number } = {}): Promise<void> {
    this.sent.push([method.replace('Page.', ''), ...(sessionId === undefined ? [] : [sessionId])].join(' '));
  }

  draw(): void {
    const metadata = { deviceWidth: 100, deviceHeight: 50, pageScaleFactor: 1 };
    this.emit('Page.screencastFrame', { data: 'YQ==', metadata, sessionId: ++this.#last });
  }

  async detach(): Promise<void> {}

  /** What was sent since the last time. */
  async take(): Promise<string[]> {
    await vi.advanceTimersByTimeAsync(0);
    return this.sent.splice(0);
  }
}

let browser: Browser;
let cast: CdpScreencast;
beforeEach(async () => {
  vi.useFakeTimers();
  browser = new Browser();
  const context = { newCDPSession: async () => browser };
  const tab = { context: () => context } as unknown as Page; // what a screencast uses
  cast = new CdpScreencast(tab, () => {
    browser.pictures += 1;
  });
  cast.start({ maxWidth: 640, maxHeight: 512, quality: 50 });
  expect(await browser.take()).toEqual(['startScreencast']);
});
afterEach(() => {
  cast.stop();
  vi.useRealTimers();
});

const begunAnew = ['stopScreencast', 'startScreencast'];

it('next – with three pictures that are not acknowledged – makes room for one; before that there is room', async () => {
  browser.draw();
  browser.draw();
  cast.next();
  expect(await browser.take()).toEqual([]);
  browser.draw();
  cast.next();
  expect(await browser.take()).toEqual(['screencastFrameAck 1']);
  expect(browser.pictures).toBe(3);
});

it('next – and nothing comes – begins anew, for what was left out is not told; and then no more', async () => {
  for (let i = 0; i < 3; i++) browser.draw();
  cast.next();
  await browser.take();
  await vi.advanceTimersByTimeAsync(249);
  expect(await browser.take()).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(await browser.take()).toEqual(begunAnew);
  browser.draw(); // as it is now
  cast.next();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await browser.take()).toEqual([]);
});

it('next – of a browser that takes a second for a picture – waits for three', async () => {
  await vi.advanceTimersByTimeAsync(1000);
  for (let i = 0; i < 3; i++) browser.draw();
  cast.next();
  await browser.take();
  await vi.advanceTimersByTimeAsync(2900);
  expect(await browser.take()).toEqual([]);
  await vi.advanceTimersByTimeAsync(200);
  expect(await browser.take()).toEqual(begunAnew);
});

it('stop – twice, with a picture on its way – once, and none is given any more', async () => {
  cast.stop();
  cast.stop();
  browser.draw();
  expect(await browser.take()).toEqual(['stopScreencast']);
  expect(browser.pictures).toBe(0);
});
