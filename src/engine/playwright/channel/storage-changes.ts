import type { Page } from 'playwright-core';
import { driverSessionOf } from '../driver/driver-transport.js';

interface Place {
  readonly origin: string;
  readonly isLocal: boolean;
}

/** What a document has done to a storage of its origin. `unknown`: something too large to be told. */
export type StorageChange =
  | (Place & { readonly kind: 'set'; readonly name: string; readonly value: string })
  | (Place & { readonly kind: 'remove'; readonly name: string })
  | (Place & { readonly kind: 'clear' | 'unknown' });

/** Tells what the documents of a page store. */
export interface StorageChanges {
  /** Tells of `localStorage` and `sessionStorage` from now on. */
  watch(page: Page, onChange: (change: StorageChange) => void): void;
  /** Tells from now on when a database of the origin has changed, in whichever page. Resolves when it does. */
  watchDatabases(page: Page, origin: string): Promise<void>;
  /** @param onDatabases is given the origin */
  onDatabases(page: Page, onDatabases: (origin: string) => void): void;
}

interface ItemEvent {
  readonly storageId: {
    readonly securityOrigin?: string;
    readonly storageKey?: string;
    readonly isLocalStorage: boolean;
  };
  readonly key?: string;
  readonly newValue?: string;
}

interface DatabaseEvent {
  readonly origin: string;
}

/**
 * Over the protocol of Chromium. What is stored for a session is told at once; what is stored for good is told after it has
 * gone to the browser and back, and may be lost when its document is left meanwhile. Frames in processes of their own tell
 * nothing.
 *
 * @see https://chromedevtools.github.io/devtools-protocol/tot/DOMStorage/
 */
export const cdpStorageChanges: StorageChanges = {
  watch(page, onChange) {
    const session = driverSessionOf(page);
    const tell =
      (read: (event: ItemEvent) => StorageChange | undefined) =>
      (event: ItemEvent): void => {
        const change = read(event);
        if (change) onChange(change);
      };
    const place = ({ storageId: { securityOrigin = '', isLocalStorage } }: ItemEvent): Place => ({
      origin: securityOrigin,
      isLocal: isLocalStorage,
    });
    const set = tell((event) =>
      event.key === undefined || event.newValue === undefined
        ? { ...place(event), kind: 'unknown' }
        : { ...place(event), kind: 'set', name: event.key, value: event.newValue },
    );
    session.on('DOMStorage.domStorageItemAdded', set);
    session.on('DOMStorage.domStorageItemUpdated', set);
    session.on(
      'DOMStorage.domStorageItemRemoved',
      tell((event) =>
        event.key === undefined
          ? { ...place(event), kind: 'unknown' }
          : { ...place(event), kind: 'remove', name: event.key },
      ),
    );
    session.on(
      'DOMStorage.domStorageItemsCleared',
      tell((event) => ({ ...place(event), kind: 'clear' })),
    );
    session.send('DOMStorage.enable').catch(() => {}); // gone with the page
  },

  async watchDatabases(page, origin) {
    await driverSessionOf(page).send('Storage.trackIndexedDBForOrigin', { origin });
  },

  onDatabases(page, onDatabases) {
    const session = driverSessionOf(page);
    const tell = ({ origin }: DatabaseEvent): void => onDatabases(origin);
    session.on('Storage.indexedDBContentUpdated', tell);
    session.on('Storage.indexedDBListUpdated', tell);
  },
};
