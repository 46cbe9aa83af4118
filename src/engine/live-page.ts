/** What a person sees of a page, and does on it, as it happens. Plain types only, as in `engine.ts`. */

import type { Size } from '../identity/identity.js';

/** How large pictures are to be. They keep the shape of the page. */
export interface PictureOptions {
  /** In pixels. */
  readonly maxWidth: number;
  readonly maxHeight: number;
  /** Of JPEG, from 1 to 100. */
  readonly quality: number;
}

export interface LivePicture {
  readonly jpeg: Uint8Array;
  /** What it shows, in CSS pixels. */
  readonly viewport: Size;
}

/** The page itself, or a tab that it has opened. */
export interface LiveTab {
  readonly id: string;
  readonly url: string;
}

/** A dialog that waits for its answer. */
export interface LiveDialog {
  readonly id: string;
  /** `alert`, `confirm`, `prompt`, `beforeunload`. */
  readonly kind: string;
  readonly message: string;
  /** What a prompt is filled in with. */
  readonly text: string;
}

/** The page asks for files. */
export interface LiveFileChooser {
  readonly id: string;
  readonly isMultiple: boolean;
}

/** A file that a person gives. */
export interface GivenFile {
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array;
}

export interface LivePageListener {
  /** The shown tab looks different. No more come, but one or two that are on their way, until `nextPicture`. */
  onPicture(picture: LivePicture): void;
  /** Its tabs, their addresses, its dialogs or its file choosers are others. */
  onChange(): void;
  /** The page is gone. */
  onGone(): void;
}

export type MouseButton = 'left' | 'right';

/** A page that is looked at. One at a time for each page. */
export interface LivePage {
  /** The page itself comes first. */
  readonly tabs: readonly LiveTab[];
  /** The tab whose pictures come, and that takes input. A tab that opens is shown; when it closes, the one before it. */
  readonly shownTab: string;
  /** Shows another tab. One that is not there is left out. */
  show(tab: string): void;
  /** Begins to give pictures, or gives them in another size from now on. */
  startPictures(options: PictureOptions): void;
  stopPictures(): void;
  /** The last picture was taken: another may come, as soon as the page looks different. */
  nextPicture(): void;
  /** From now on dialogs and file choosers wait for an answer; until then dialogs are closed at once. */
  control(): LiveControl;
  /** Lets go of the page. Idempotent: repeated calls return the same promise. */
  close(): Promise<void>;
}

/**
 * A person's hands on a page. Places are in CSS pixels of the shown tab. What the page is sent is not waited for longer than
 * it takes to send it; a page that hangs takes nothing.
 */
export interface LiveControl {
  readonly dialogs: readonly LiveDialog[];
  readonly choosers: readonly LiveFileChooser[];
  moveMouse(x: number, y: number): Promise<void>;
  /** @param clicks 2 for the second click of a double click */
  pressMouse(button: MouseButton, clicks: number): Promise<void>;
  releaseMouse(button: MouseButton, clicks: number): Promise<void>;
  turnWheel(dx: number, dy: number): Promise<void>;
  /** A finger. If omitted, this browser knows none. */
  touch?(action: 'start' | 'move' | 'end', x: number, y: number): Promise<void>;
  /** By the key's name in the DOM. */
  pressKey(key: string): Promise<void>;
  releaseKey(key: string): Promise<void>;
  /** As an input method or the clipboard does. */
  insertText(text: string): Promise<void>;
  /** Shows text that is still being composed; empty: it is given up. If omitted, this browser cannot. */
  compose?(text: string): Promise<void>;
  /** The text that is selected. */
  selection(maxChars: number): Promise<string>;
  /** @throws MooringError when it does not come about in time */
  goBack(signal: AbortSignal): Promise<void>;
  goForward(signal: AbortSignal): Promise<void>;
  reload(signal: AbortSignal): Promise<void>;
  /** @throws MooringError as `EnginePage.navigate` */
  goTo(url: string, signal: AbortSignal): Promise<void>;
  /** Closes a tab that the page has opened. */
  closeTab(tab: string): void;
  /** Answers a dialog that is there. @param text what a prompt is answered with */
  answerDialog(id: string, accepts: boolean, text: string): void;
  /** Answers a file chooser that is there; no files: it is given up. @throws when the page does not take them */
  chooseFiles(id: string, files: readonly GivenFile[]): Promise<void>;
  /** Lets go of keys and buttons, and closes the dialogs that wait. Idempotent. */
  release(): Promise<void>;
}
