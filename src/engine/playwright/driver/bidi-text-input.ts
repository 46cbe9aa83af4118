import type { EventEmitter } from 'node:events';
import type { BrowserContext } from 'playwright-core';
import { settledWithin } from '../../../util/deadline.js';
import { insideOf } from './driver-transport.js';

/** How long the other frames of a page may hold back what is typed, once: one that hangs must not do it for each character. */
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
    const input = new LateTextInput(page, install);
    const { rawKeyboard } = page.delegate;
    const sendText = rawKeyboard.sendText.bind(rawKeyboard);
    rawKeyboard.sendText = async (progress, text) => {
      await progress.race(input.installed());
      await sendText(progress, text);
    };
  });
}

/** The installation in the documents of one page. */
class LateTextInput {
  readonly #page: InnerPage;
  readonly #install: Install;
  readonly #installing = new WeakMap<object, Promise<unknown>>();
  /** Frames that were waited for in vain. */
  readonly #hanging = new WeakSet<InnerFrame>();

  constructor(page: InnerPage, install: Install) {
    this.#page = page;
    this.#install = install;
  }

  /** Resolves when it is in each document of the page that answers. */
  async installed(): Promise<void> {
    await Promise.all([this.#installIn(this.#page.mainFrame()), this.#installInOthers()]);
  }

  async #installIn(frame: InnerFrame): Promise<void> {
    const document = await frame.context('main');
    const installing = this.#installing.get(document) ?? this.#install({ frames: () => [frame], on() {} });
    this.#installing.set(document, installing);
    await installing;
  }

  async #installInOthers(): Promise<void> {
    const main = this.#page.mainFrame();
    const pending = new Set(this.#page.frames().filter((frame) => frame !== main && !this.#hanging.has(frame)));
    const work = [...pending].map((frame) => this.#installIn(frame).finally(() => pending.delete(frame)));
    await settledWithin(Promise.allSettled(work), framesTimeoutMs);
    for (const frame of pending) this.#hanging.add(frame);
  }
}
