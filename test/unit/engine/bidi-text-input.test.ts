import { EventEmitter } from 'node:events';
import type { BrowserContext } from 'playwright-core';
import { expect, it, vi } from 'vitest';
import { installTextInputLate } from '../../../src/engine/playwright/driver/bidi-text-input.js';

vi.mock('../../../src/engine/playwright/driver/driver-transport.js', () => ({ insideOf: (inside: unknown) => inside }));

interface FakeFrame {
  readonly name: string;
  document: object;
  context(world: string): Promise<object>;
}

const frameOf = (name: string): FakeFrame => ({
  name,
  document: {},
  async context() {
    return this.document;
  },
});
const progress = { race: <Result>(work: Promise<Result>) => work };

it('the driver’s installation – waits for what is typed, and comes once to each document', async () => {
  const context = new EventEmitter();
  const done: string[] = [];
  const installInPage = async (page: { frames(): FakeFrame[] }): Promise<void> => {
    for (const { name } of page.frames()) done.push(`installed in ${name}`);
  };
  context.on('page', installInPage);
  installTextInputLate(context as unknown as BrowserContext);

  const [main, inner] = [frameOf('main'), frameOf('inner')];
  const rawKeyboard = {
    async sendText(_progress: unknown, text: string) {
      done.push(`typed ${text}`);
    },
  };
  context.emit('page', { frames: () => [main, inner], mainFrame: () => main, delegate: { rawKeyboard } });
  expect(done).toEqual([]);
  await rawKeyboard.sendText(progress, 'a');
  await rawKeyboard.sendText(progress, 'b');
  expect(done.splice(0).sort()).toEqual(['installed in inner', 'installed in main', 'typed a', 'typed b']);
  main.document = {};
  await rawKeyboard.sendText(progress, 'c');
  expect(done).toEqual(['installed in main', 'typed c']);
});

it('a frame that hangs – is waited for once; the page, as long as it takes', async () => {
  vi.useFakeTimers();
  const context = new EventEmitter();
  const done: string[] = [];
  let finish = (): void => {};
  const installInPage = (page: { frames(): FakeFrame[] }): Promise<void> => {
    const isMain = page.frames()[0]?.name === 'main';
    return new Promise((resolve) => {
      if (isMain) finish = resolve;
    });
  };
  context.on('page', installInPage);
  installTextInputLate(context as unknown as BrowserContext);
  const [main, inner] = [frameOf('main'), frameOf('inner')];
  const rawKeyboard = {
    async sendText(_progress: unknown, text: string) {
      done.push(text);
    },
  };
  context.emit('page', { frames: () => [main, inner], mainFrame: () => main, delegate: { rawKeyboard } });
  const typing = ['a', 'b'].map((text) => rawKeyboard.sendText(progress, text));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(done).toEqual([]);
  finish();
  await Promise.all(typing);
  await rawKeyboard.sendText(progress, 'c');
  expect(done).toEqual(['a', 'b', 'c']);
  vi.useRealTimers();
});

it('another version of the driver – throws', () => {
  expect(() => installTextInputLate(new EventEmitter() as unknown as BrowserContext)).toThrow('another way');
});
