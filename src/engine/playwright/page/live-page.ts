import type { Dialog, Page } from 'playwright-core';
import type { LiveControl, LivePage, LivePageListener, LiveTab, PictureOptions } from '../../live-page.js';
import type { PageChannel, Screencast } from '../channel/page-channel.js';
import { PlaywrightLiveControl } from './live-control.js';

export interface LivePageParts {
  readonly page: Page;
  readonly channel: PageChannel;
  /** Tabs that the page has opened already. */
  readonly popups: Iterable<Page>;
  readonly listener: LivePageListener;
  readonly onClose: (closed: PlaywrightLivePage) => void;
}

/** What a person sees of a page and of the tabs that it opens, one of them at a time. */
export class PlaywrightLivePage implements LivePage {
  readonly #parts: LivePageParts;
  /** In the order in which they opened. */
  readonly #tabs = new Map<string, Page>();
  readonly #changed: () => void;
  #shown: string;
  #lastId = 0;
  #pictures: PictureOptions | undefined;
  #cast: Screencast | undefined;
  #control: PlaywrightLiveControl | undefined;
  #closed: Promise<void> | undefined;

  constructor(parts: LivePageParts) {
    this.#parts = parts;
    this.#changed = () => parts.listener.onChange();
    this.#shown = this.#add(parts.page);
    for (const popup of parts.popups) this.#add(popup);
  }

  get tabs(): readonly LiveTab[] {
    return [...this.#tabs].map(([id, tab]) => ({ id, url: tab.url() }));
  }

  get shownTab(): string {
    return this.#shown;
  }

  show(tab: string): void {
    if (tab === this.#shown || !this.#tabs.has(tab) || this.#closed) return;
    this.#control?.letGo();
    this.#shown = tab;
    this.#cast?.stop();
    this.#cast = undefined;
    if (this.#pictures) this.startPictures(this.#pictures);
    this.#changed();
  }

  startPictures(options: PictureOptions): void {
    if (this.#closed) return;
    this.#pictures = options;
    this.#cast ??= this.#parts.channel.screencast(this.#shownPage, (picture) =>
      this.#parts.listener.onPicture(picture),
    );
    this.#cast.start(options);
  }

  stopPictures(): void {
    this.#pictures = undefined;
    this.#cast?.stop();
    this.#cast = undefined;
  }

  nextPicture(): void {
    this.#cast?.next();
  }

  control(): LiveControl {
    this.#control ??= new PlaywrightLiveControl({
      tab: () => this.#shownPage,
      channel: this.#parts.channel,
      onChange: this.#changed,
      onInput: () => this.#cast?.stir(),
      closeTab: (id) => this.#closeTab(id),
      onRelease: () => {
        this.#control = undefined;
      },
    });
    for (const tab of this.#tabs.values()) this.#control.hear(tab);
    return this.#control;
  }

  /** A tab that the page has opened. */
  addPopup(popup: Page): void {
    const id = this.#add(popup);
    this.#control?.hear(popup);
    if (this.#control) this.show(id);
    else this.#changed();
  }

  /** @returns true if a person answers it */
  takesDialog(dialog: Dialog): boolean {
    return this.#control?.takeDialog(dialog) ?? false;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.stopPictures();
    for (const tab of this.#tabs.values()) tab.off('framenavigated', this.#changed);
    this.#parts.onClose(this);
    await this.#control?.release();
  }

  get #shownPage(): Page {
    return this.#tabs.get(this.#shown) ?? this.#parts.page;
  }

  #add(tab: Page): string {
    const id = String(++this.#lastId);
    this.#tabs.set(id, tab);
    tab.on('framenavigated', this.#changed);
    tab.once('close', () => this.#remove(id));
    return id;
  }

  #remove(id: string): void {
    if (this.#closed) return;
    const before = [...this.#tabs.keys()];
    this.#tabs.delete(id);
    if (id === this.#shown) this.show(before[before.indexOf(id) - 1] ?? before[1] ?? id);
    this.#changed();
  }

  #closeTab(id: string): void {
    const tab = this.#tabs.get(id);
    if (tab && tab !== this.#parts.page) tab.close().catch(() => {}); // it is gone
  }
}
