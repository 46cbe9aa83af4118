import type { ProtocolMessage } from '../engine/engine.js';
import { fitsFilter, type TargetFilter } from './target-filter.js';

export interface TargetInfo {
  readonly targetId: string;
  readonly type: string;
  readonly title: string;
  readonly url: string;
  readonly attached: boolean;
  readonly browserContextId?: string;
}

/** Types that a browser attaches to by itself, where a client asks for that. */
const autoAttached = new Set(['page', 'tab', 'service_worker']);

/** One session of a client with the browser as it sees it: the one it has at first, or one that it has attached. */
export class BrowserSession {
  /** Undefined: the one it has at first. */
  readonly id: string | undefined;
  readonly #send: (message: ProtocolMessage) => void;
  /** Sessions that were attached by themselves, by their target. */
  readonly autoSessions = new Map<string, Promise<unknown>>();
  discovers: TargetFilter | undefined;
  autoAttaches: { readonly filter: TargetFilter; readonly waits: boolean } | undefined;
  hearsDownloads = false;

  constructor(id: string | undefined, send: (message: ProtocolMessage) => void) {
    this.id = id;
    this.#send = send;
  }

  emit(method: string, params: Record<string, unknown>): void {
    this.#send({ method, params, ...(this.id === undefined ? {} : { sessionId: this.id }) });
  }

  /** Tells of a target, if the client asked for such. */
  tell(method: 'Target.targetCreated' | 'Target.targetInfoChanged', targetInfo: TargetInfo): void {
    if (this.discovers && fitsFilter(this.discovers, targetInfo.type)) this.emit(method, { targetInfo });
  }

  wantsAttached({ type, targetId }: TargetInfo): boolean {
    const { autoAttaches } = this;
    return (
      autoAttaches !== undefined &&
      autoAttached.has(type) &&
      fitsFilter(autoAttaches.filter, type) &&
      !this.autoSessions.has(targetId)
    );
  }

  /** Whether new tabs are to wait for it. */
  get holdsNewTabs(): boolean {
    const { autoAttaches } = this;
    return (
      autoAttaches?.waits === true &&
      (fitsFilter(autoAttaches.filter, 'page') || fitsFilter(autoAttaches.filter, 'tab'))
    );
  }
}
