import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import type { Identity } from '../../../identity/identity.js';
import type { EngineInfo, PageEvent } from '../../engine.js';
import type { EvaluateInFrame } from '../channel/frame-evaluation.js';
import type { PageChannel } from '../channel/page-channel.js';
import type { StorageChanges } from '../channel/storage-changes.js';
import type { ProtocolWire } from '../driver/protocol-wire.js';

/**
 * What is a browser's own: how it is launched, what it can and cannot present, and how its pages are asked. Everything
 * else is the same for all browsers, in `PlaywrightEngine`.
 */
export interface BrowserProfile {
  /** Known from the binary, without launching it. */
  readonly info: EngineInfo;
  /**
   * Whether one process is launched at the start and always kept. If not, the first session that needs a process launches
   * it, and it ends a minute after its last session.
   */
  readonly isKeptRunning: boolean;
  /** What a process costs before it has sessions, as measured. */
  readonly bytesPerProcess: number;
  /** After so many contexts a process is replaced when its last session ends. */
  readonly retireAfterContexts: number;
  /** Launches a process that presents this identity; if omitted, the browser as it is. */
  readonly launch: (identity: Identity | undefined) => Promise<LaunchedByDriver>;
  /** Identities with the same key share processes. */
  readonly keyOf: (identity: Identity) => string;
  /** What a context is opened with, to present an identity in a process of its key. */
  readonly contextOptionsOf: (identity: Identity) => BrowserContextOptions;
  /** How an identity is presented in a process of another key. If omitted, all identities have the same key. */
  readonly sharing?: SharedPresentation;
  readonly openChannel: (page: Page) => Promise<PageChannel>;
  readonly storage: StorageAccess;
}

/** How it is learned what documents store. */
export interface StorageAccess {
  readonly evaluateInFrame: EvaluateInFrame;
  /** If omitted, the browser tells of no changes: storage is known as it was last read. */
  readonly changes?: StorageChanges;
}

export interface LaunchedByDriver {
  readonly browser: Browser;
  /** Presents in a context what its options do not; called before its first page. */
  readonly present?: (context: BrowserContext, identity: Identity) => void;
  /** Tells of the errors that a context's scripts report. If omitted, this browser does not tell of them. */
  readonly onScriptError?: (context: BrowserContext, listener: (event: PageEvent) => void) => void;
  /** How many WebSockets a context's pages have open. If omitted, this browser does not tell. */
  readonly openSockets?: (context: BrowserContext) => number;
  /** Its debugging protocol, for others beside the driver. If omitted, it has none that clients know. */
  readonly protocol?: ProtocolWire;
}

export interface SharedPresentation {
  /** Added to `contextOptionsOf`. */
  readonly contextOptionsOf?: (identity: Identity) => BrowserContextOptions;
  /** Runs in each page before its own scripts. */
  readonly scriptOf?: (identity: Identity) => string;
  /** What pages still see of the process's own identity, a sentence. @param key that of the process */
  readonly shortfallOf: (key: string) => string;
}
