import type { EngineContext, EnginePage, PageActor } from '../engine/engine.js';

/** What actions bring back, in the order in which they ran. */
export interface ActionResults {
  readonly javascriptReturn: unknown[];
  /** PNGs as base64. */
  readonly screenshots: string[];
}

/** What one action works with. */
export interface ActionContext {
  readonly page: EnginePage;
  readonly actor: PageActor;
  readonly context: EngineContext;
  /** Goes to a URL as the caller itself does. */
  readonly goto: (url: string) => Promise<void>;
  readonly results: ActionResults;
}
