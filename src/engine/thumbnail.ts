import type { PictureOptions } from './live-page.js';

export interface ThumbnailOptions extends PictureOptions {
  /** Whether a request or a client uses the page now. A browser whose pictures could hold that up takes none then. */
  readonly isInUse: boolean;
}

/** A page at one moment, small. */
export interface Thumbnail {
  readonly jpeg: Uint8Array;
  /** As the site says it, however long; empty: it has none. */
  readonly title: string;
}
