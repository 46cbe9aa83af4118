import type { EventEmitter } from 'node:events';
import type { BrowserContext } from 'playwright-core';
import { settledWithin } from '../../../util/deadline.js';
import { insideOf } from './driver-transport.js';

/** How long the other frames of a page may hold back what is typed. */
const framesTimeoutMs = 3000;

/** Of the driver's own objects, what is used here. */
interface InnerFrame {
  context(world: 'main'): Promise<object>;
}
interface Progress {
  race<Result>(work: Promise<Result>): Promise<Result>;
}
interface InnerPage {
  frames(): InnerFrame[];
  mainFrame(): InnerFrame;
  readonly delegate: { readonly rawKeyboard: { sendText(progress: Progress, text: string): Promise<void> } };
}
/** What it puts into each document of a page, those that are there and those to come. */
type Install = (page: { frames(): InnerFrame[]; on(): void }) => Promise<unknown>;

/**
 * Has the driver put what it types text with into a document when it types there. Over WebDriver BiDi it puts that into each
 * new document of a context: 345 KB of script, which is a quarter of what a request takes, and a global variable that the
 * page's scripts see.
 *
 * @param context without a page so far
 * @throws when the driver is built in another way
 */
export function installTextInputLate(context: BrowserContext): void {
  const inside = insideOf(context) as EventEmitter;
  const install = inside.listeners('page').find(({ name }) => name === 'installInPage') as Install | undefined;
  if (!install) throw new Error('this version of the driver types text in another way');
  inside.off('page', install);
  inside.on('page', (page: InnerPage) => {
    const installed = new WeakSet<object>();
    const installIn = async (frame: InnerFrame): Promise<void> => {
      const document = await frame.context('main');
      if (installed.has(document)) return;
      installed.add(document);
      await install({ frames: () => [frame], on() {} });
    };
    const { rawKeyboard } = page.delegate;
    const sendText = rawKeyboard.sendText.bind(rawKeyboard);
    rawKeyboard.sendText = async (progress, text) => {
      const main = page.mainFrame();
      const others = page.frames().filter((frame) => frame !== main);
      // One that hangs must not keep others from being typed into.
      const inOthers = settledWithin(Promise.allSettled(others.map(installIn)), framesTimeoutMs);
      await progress.race(Promise.all([installIn(main), inOthers]));
      await sendText(progress, text);
    };
  });
}
