import type { Page, Request } from 'playwright-core';
import type { Size } from '../../../identity/identity.js';
import type { NavigationRequest } from '../../engine.js';
import type { LivePicture, PictureOptions } from '../../live-page.js';
import type { Thumbnail, ThumbnailOptions } from '../../thumbnail.js';
import type { NavigationOverride } from './navigation-override.js';

/** What a page is asked beside the driver's own calls, by the shortest way that its browser has. */
export interface PageChannel {
  /** Runs an expression, in a world of its own where the browser has such. @returns what JSON can hold of it */
  evaluate(expression: string, timeoutMs?: number): Promise<unknown>;
  /** The same in the world of the page's own scripts. */
  evaluateInPage(expression: string): Promise<unknown>;
  stopLoading(): Promise<unknown>;
  /** Ends a script that never ends, where the browser can. */
  terminate(): Promise<unknown>;
  /** Ends the renderer, where the browser can, without asking it. */
  crash(): void;
  /** Gives a navigation what the address bar cannot; nothing if this one needs none. */
  override(request: NavigationRequest): NavigationOverride | undefined;
  /** Whether it brought a page of ours that only stands in for a site's. */
  isStandIn(request: Request): boolean;
  /** Lets the main frame go nowhere: what it sets out for from now on is given up. @returns how to end that */
  holdNavigations(): Promise<() => Promise<void>>;
  /** Runs a script before those of the next documents. @returns how to stop that */
  beforeScripts(source: string): Promise<() => Promise<void>>;
  /** Stops and starts what a tab does by itself: this page, or a popup of it. If omitted, the browser cannot. */
  readonly lifecycle?: TabLifecycle;
  /** Pictures of a tab, this page or a popup of it, as it looks different. */
  screencast(tab: Page, onPicture: (picture: LivePicture) => void): Screencast;
  /** A small picture of the page. @returns undefined if it gives none now */
  thumbnail(options: ThumbnailOptions, signal: AbortSignal): Promise<Thumbnail | undefined>;
  /** Input that the driver has no way for. If omitted, the browser has none either. */
  readonly rawInput?: RawInput;
  /** Absent: it cannot be filmed. */
  readonly camera: Camera | undefined;
  /**
   * A PNG in CSS pixels, of what a viewport of this size shows or of the whole page; absent: the driver takes pictures. The
   * driver takes one after another, and one that a page has moved on from holds up the next.
   */
  readonly screenshot?: (viewport: Size, fullPage: boolean) => Promise<Uint8Array>;
}

/** Stops what a tab does by itself, and lets it go on. */
export interface TabLifecycle {
  freeze(tab: Page): Promise<void>;
  thaw(tab: Page): Promise<void>;
  /** How long its process has run, milliseconds. */
  processTime(tab: Page): Promise<number>;
}

/** What pictures of a page come from. */
export interface Camera {
  /** What is shown as WebP, base64. */
  picture(): Promise<string>;
  /** How long a picture is waited for; a page that is on its way elsewhere may give none. */
  readonly timeoutMs: number;
}

/** Pictures of a tab while it is looked at. */
export interface Screencast {
  /** Begins, or gives pictures of another size. */
  start(options: PictureOptions): void;
  /** The last picture was taken. */
  next(): void;
  /** It may have changed, for something was done on it. */
  stir(): void;
  /** Idempotent. */
  stop(): void;
}

export interface RawInput {
  touch(tab: Page, action: 'start' | 'move' | 'end', x: number, y: number): Promise<unknown>;
  /** Text of an input method that is not finished. */
  compose(tab: Page, text: string): Promise<unknown>;
}
