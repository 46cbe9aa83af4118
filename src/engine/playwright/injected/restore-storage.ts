type Items = readonly (readonly [name: string, value: string])[];

/** What is to be there when the first document of an origin begins. */
export interface StorageToRestore {
  readonly local?: Items;
  readonly session?: Items;
}

/**
 * Gives the storages of an origin their items back, before the first script of its first document. It may run in later
 * documents too, until the server has heard of the first one: what is there by then, a reload, and an origin that another
 * frame shows already are left alone.
 */
export function restoreStorage(origins: Readonly<Record<string, StorageToRestore>>): void {
  const mine = Object.hasOwn(origins, self.origin) ? origins[self.origin] : undefined;
  if (!mine) return;
  const isShownElsewhere = (root: Window): boolean => {
    try {
      if (root !== self && root.origin === self.origin) return true;
    } catch {
      // Of another origin.
    }
    for (let i = 0; i < Math.min(root.length, 100); i++) {
      const frame = root[i];
      if (frame && isShownElsewhere(frame)) return true;
    }
    return false;
  };
  // The old way: the new one has no entry yet in every browser.
  const isReload = performance.navigation.type === PerformanceNavigation.TYPE_RELOAD;
  if (isReload || isShownElsewhere(window.top ?? self)) return;
  const fill = (storage: Storage, items: Items = []): void => {
    if (storage.length > 0) return;
    for (const [name, value] of items) {
      try {
        storage.setItem(name, value);
      } catch {
        // Beyond the quota: smaller ones may still fit.
      }
    }
  };
  try {
    fill(localStorage, mine.local);
    fill(sessionStorage, mine.session);
  } catch {
    // The page is not allowed to store anything.
  }
}
