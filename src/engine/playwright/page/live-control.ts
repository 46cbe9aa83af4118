import type { Dialog, FileChooser, Frame, Page } from 'playwright-core';
import { abortable } from '../../../util/deadline.js';
import type { GivenFile, LiveControl, LiveDialog, LiveFileChooser, MouseButton } from '../../live-page.js';
import type { PageChannel } from '../channel/page-channel.js';
import { translateFailure } from '../driver-errors.js';
import { selectedText } from '../injected/selected-text.js';

export interface LiveControlParts {
  /** The tab that takes input. */
  readonly tab: () => Page;
  readonly channel: PageChannel;
  readonly onChange: () => void;
  readonly onInput: () => void;
  readonly closeTab: (id: string) => void;
  readonly onRelease: () => void;
}

/** More of these at once are nobody's: the oldest are given up. */
const maxQuestions = 20;
const maxMessageChars = 10_000;

/** A person's hands on a page, by the driver's mouse and keyboard. */
export class PlaywrightLiveControl implements LiveControl {
  readonly #parts: LiveControlParts;
  readonly #dialogs = new Map<string, Dialog>();
  readonly #choosers = new Map<string, FileChooser>();
  /** The tabs whose questions it takes, with what ends that. */
  readonly #heard = new Map<Page, () => void>();
  readonly #keys = new Set<string>();
  readonly #buttons = new Set<MouseButton>();
  /** The tab that keys and buttons are held on. */
  #held: Page | undefined;
  #lastId = 0;
  #released: Promise<void> | undefined;
  readonly touch?: NonNullable<LiveControl['touch']>;
  readonly compose?: NonNullable<LiveControl['compose']>;

  constructor(parts: LiveControlParts) {
    this.#parts = parts;
    const { rawInput } = parts.channel;
    if (!rawInput) return;
    this.touch = (action, x, y) => this.#input((tab) => rawInput.touch(tab, action, x, y));
    this.compose = (text) => this.#input((tab) => rawInput.compose(tab, text));
  }

  get dialogs(): readonly LiveDialog[] {
    return [...this.#dialogs].map(([id, dialog]) => ({
      id,
      kind: dialog.type(),
      message: dialog.message().slice(0, maxMessageChars),
      text: dialog.defaultValue().slice(0, maxMessageChars),
    }));
  }

  get choosers(): readonly LiveFileChooser[] {
    return [...this.#choosers].map(([id, chooser]) => ({ id, isMultiple: chooser.isMultiple() }));
  }

  /** Takes the file choosers of a tab. */
  hear(tab: Page): void {
    if (this.#heard.has(tab) || this.#released) return;
    const forget = (): void => this.#forget(tab);
    const onNavigated = (frame: Frame): void => {
      if (frame === tab.mainFrame()) forget();
    };
    tab.on('filechooser', this.#onChooser);
    tab.on('framenavigated', onNavigated);
    tab.on('close', forget);
    this.#heard.set(tab, () => {
      tab.off('filechooser', this.#onChooser);
      tab.off('framenavigated', onNavigated);
      tab.off('close', forget);
    });
  }

  /** @returns false if it is not to wait for a person */
  takeDialog(dialog: Dialog): boolean {
    if (this.#released) return false;
    this.#ask(this.#dialogs, dialog, (oldest) => dismiss(oldest));
    return true;
  }

  moveMouse(x: number, y: number): Promise<void> {
    return this.#input((tab) => tab.mouse.move(x, y));
  }

  pressMouse(button: MouseButton, clicks: number): Promise<void> {
    this.#buttons.add(button);
    return this.#input((tab) => tab.mouse.down({ button, clickCount: clicks }));
  }

  async releaseMouse(button: MouseButton, clicks: number): Promise<void> {
    if (this.#buttons.delete(button)) await this.#input((tab) => tab.mouse.up({ button, clickCount: clicks }));
  }

  turnWheel(dx: number, dy: number): Promise<void> {
    return this.#input((tab) => tab.mouse.wheel(dx, dy));
  }

  pressKey(key: string): Promise<void> {
    this.#keys.add(key);
    return this.#input((tab) => tab.keyboard.down(key));
  }

  async releaseKey(key: string): Promise<void> {
    if (this.#keys.delete(key)) await this.#input((tab) => tab.keyboard.up(key));
  }

  insertText(text: string): Promise<void> {
    return this.#input((tab) => tab.keyboard.insertText(text));
  }

  async selection(maxChars: number): Promise<string> {
    return await this.#parts.tab().evaluate(selectedText, maxChars);
  }

  async goBack(signal: AbortSignal): Promise<void> {
    await this.#go(signal, (tab, options) => tab.goBack(options));
  }

  async goForward(signal: AbortSignal): Promise<void> {
    await this.#go(signal, (tab, options) => tab.goForward(options));
  }

  async reload(signal: AbortSignal): Promise<void> {
    await this.#go(signal, (tab, options) => tab.reload(options));
  }

  async goTo(url: string, signal: AbortSignal): Promise<void> {
    await this.#go(signal, (tab, options) => tab.goto(url, options));
  }

  closeTab(tab: string): void {
    this.#parts.closeTab(tab);
  }

  answerDialog(id: string, accepts: boolean, text: string): void {
    const dialog = this.#dialogs.get(id);
    if (!dialog) return;
    this.#dialogs.delete(id);
    const answer = accepts ? dialog.accept(dialog.type() === 'prompt' ? text : undefined) : dialog.dismiss();
    answer.catch(() => {}); // gone with the page
    this.#parts.onInput();
    this.#parts.onChange();
  }

  async chooseFiles(id: string, files: readonly GivenFile[]): Promise<void> {
    const chooser = this.#choosers.get(id);
    if (!chooser) return;
    this.#choosers.delete(id);
    this.#parts.onChange();
    if (files.length === 0) return;
    const given = files.map(({ name, type, bytes }) => ({ name, mimeType: type, buffer: Buffer.from(bytes) }));
    await chooser.setFiles(given, { timeout: 0 });
    this.#parts.onInput();
  }

  /** Lets go of keys and buttons. */
  letGo(): void {
    const tab = this.#held;
    this.#held = undefined;
    if (!tab || tab.isClosed()) {
      this.#keys.clear();
      this.#buttons.clear();
      return;
    }
    const releasing = [
      ...[...this.#buttons].map((button) => tab.mouse.up({ button })),
      ...[...this.#keys].map((key) => tab.keyboard.up(key)),
    ];
    this.#keys.clear();
    this.#buttons.clear();
    for (const release of releasing) release.catch(() => {}); // gone with the page
  }

  release(): Promise<void> {
    this.#released ??= this.#release();
    return this.#released;
  }

  async #release(): Promise<void> {
    for (const stop of this.#heard.values()) stop();
    this.#heard.clear();
    for (const dialog of this.#dialogs.values()) dismiss(dialog);
    this.#dialogs.clear();
    this.#choosers.clear();
    this.letGo();
    this.#parts.onRelease();
  }

  readonly #onChooser = (chooser: FileChooser): void => {
    this.#ask(this.#choosers, chooser, () => {});
  };

  #ask<T>(questions: Map<string, T>, question: T, giveUp: (oldest: T) => void): void {
    questions.set(String(++this.#lastId), question);
    if (questions.size > maxQuestions) {
      const [id, oldest] = [...questions][0] as [string, T]; // there are some
      questions.delete(id);
      giveUp(oldest);
    }
    this.#parts.onChange();
  }

  /** What a document asked that is gone. */
  #forget(tab: Page): void {
    for (const [id, dialog] of this.#dialogs) if (dialog.page() === tab) this.#dialogs.delete(id);
    for (const [id, chooser] of this.#choosers) if (chooser.page() === tab) this.#choosers.delete(id);
  }

  async #input(work: (tab: Page) => Promise<unknown>): Promise<void> {
    const tab = this.#parts.tab();
    this.#held = tab;
    this.#parts.onInput();
    await work(tab);
    this.#parts.onInput();
  }

  async #go(
    signal: AbortSignal,
    work: (tab: Page, options: { waitUntil: 'commit'; timeout: number }) => Promise<unknown>,
  ): Promise<void> {
    const tab = this.#parts.tab();
    this.#parts.onInput();
    try {
      await abortable(work(tab, { waitUntil: 'commit', timeout: 0 }), signal);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw translateFailure(error, tab.url());
    }
  }
}

/** As it is done with every dialog that no person answers. */
function dismiss(dialog: Dialog): void {
  const answer = dialog.type() === 'beforeunload' ? dialog.accept() : dialog.dismiss();
  answer.catch(() => {}); // gone with the page
}
