import type { LiveControl, LivePage, LivePageListener, LiveTab } from '../../src/engine/live-page.js';

/** A page that looks the same all the time, and takes note of what is done on it. */
export class FakeLivePage implements LivePage {
  readonly shownTab = '1';
  readonly inputs: string[] = [];
  readonly #listener: LivePageListener;
  readonly #url: () => string;

  constructor(listener: LivePageListener, url: () => string) {
    this.#listener = listener;
    this.#url = url;
  }

  get tabs(): readonly LiveTab[] {
    return [{ id: '1', url: this.#url() }];
  }

  show(): void {}

  isFilmed = false;
  isClosed = false;

  startPictures(): void {
    if (!this.isFilmed) queueMicrotask(() => this.look('a picture'));
    this.isFilmed = true;
  }

  stopPictures(): void {
    this.isFilmed = false;
  }

  /** It looks so from now on. */
  look(picture: string): void {
    this.#listener.onPicture({ jpeg: Buffer.from(picture), viewport: { width: 1000, height: 500 } });
  }

  nextPicture(): void {}

  control(): LiveControl {
    const note =
      (name: string) =>
      async (...values: unknown[]): Promise<void> =>
        void this.inputs.push([name, ...values].join(' '));
    return {
      dialogs: [],
      choosers: [],
      moveMouse: note('move'),
      pressMouse: note('press'),
      releaseMouse: note('release'),
      turnWheel: note('wheel'),
      pressKey: note('down'),
      releaseKey: note('up'),
      insertText: note('text'),
      selection: async () => 'selected',
      goBack: note('back'),
      goForward: note('forward'),
      reload: note('reload'),
      goTo: (url) => note('go to')(url),
      closeTab: () => {},
      answerDialog: () => {},
      chooseFiles: async (id, files) =>
        void this.inputs.push(
          ['files', id, ...files.map(({ name, bytes }) => `${name}=${Buffer.from(bytes)}`)].join(' '),
        ),
      release: note('released'),
    };
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }
}
