import type { Browser, BrowserContext } from 'playwright-core';
import { appVersionOf } from '../../../identity/browser-strings.js';
import type { Identity } from '../../../identity/identity.js';
import type { PageEvent } from '../../engine.js';
import {
  contextIdOf,
  filterWire,
  maxAnswerBytes,
  type WireEnds,
  type WireFilter,
  type WireMessage,
} from '../driver/driver-transport.js';
import type { MessageOutline } from '../driver/message-reader.js';
import { ProtocolWire } from '../driver/protocol-wire.js';
import { setGetters } from '../injected/set-getters.js';
import { scriptErrorHeadBytes, scriptErrorOf } from './chromium-script-errors.js';
import { OpenSockets } from './open-sockets.js';

/** Our own messages have IDs that the driver never comes to. */
const firstId = 1_000_000_000;

/** Pages can store without end, a hundred thousand times a second: the rest of such a second is not wanted. */
class StorageFlood {
  readonly #unwanted: Set<string>;
  readonly #told = new Set<string>();
  #count = 0;
  #second: NodeJS.Timeout | undefined;

  constructor(unwanted: Set<string>) {
    this.#unwanted = unwanted;
  }

  get isActive(): boolean {
    return this.#count > storedPerSecond;
  }

  /** One more is told. */
  note(): void {
    this.#count += 1;
    this.#second ??= setTimeout(() => this.#end(), 1000).unref();
    if (this.isActive) for (const name of storageEvents) this.#unwanted.add(name);
  }

  /** @returns true if nothing was told of this storage since the flood began */
  isFirst(storage: string): boolean {
    const { size } = this.#told;
    return this.#told.add(storage).size > size;
  }

  #end(): void {
    this.#second = undefined;
    this.#count = 0;
    this.#told.clear();
    for (const name of storageEvents) this.#unwanted.delete(name);
  }
}

interface Target {
  readonly type: string;
  readonly contextId: string;
}

/** What a page logs, throws and says over sockets. The driver would keep 200 of each, however large. */
const unwanted = new Set([
  'Runtime.consoleAPICalled',
  'Runtime.exceptionThrown',
  'Log.entryAdded',
  'Network.dataReceived',
  'Network.eventSourceMessageReceived',
  'Network.webSocketCreated',
  'Network.webSocketWillSendHandshakeRequest',
  'Network.webSocketHandshakeResponseReceived',
  'Network.webSocketFrameSent',
  'Network.webSocketFrameReceived',
  'Network.webSocketFrameError',
  'Network.webSocketClosed',
]);
/** What a page stores. What it clears is a flood too, if it does nothing else. */
const storageEvents = [
  'DOMStorage.domStorageItemAdded',
  'DOMStorage.domStorageItemUpdated',
  'DOMStorage.domStorageItemRemoved',
  'DOMStorage.domStorageItemsCleared',
];
const eventLimits = new Map<string, number>([
  // It waits for an answer, with the body of the request in it.
  ['Fetch.requestPaused', maxAnswerBytes],
  // A picture, as large as the page.
  ['Page.screencastFrame', maxAnswerBytes],
  // The driver keeps what is in these. Of a response Chromium itself takes no more than 256 KB of headers.
  ['Network.requestWillBeSentExtraInfo', 500_000],
  ['Network.responseReceived', 1_000_000],
  ['Network.responseReceivedExtraInfo', 1_000_000],
  // Before and after, of what a page stores.
  ...storageEvents.map((name) => [name, 1_000_000] as const),
]);
/** After so many logs the objects in them are let go. */
const logsPerRelease = 100;
/** How much of a request's body its event carries; more is asked for by nobody. */
const maxPostDataBytes = 1_000_000;
/** So many things that pages store are told in a second; of more it is told once where they are. */
const storedPerSecond = 1000;
/** Address and headers of a request that the driver is told of: it keeps them of a hundred. Servers take some kilobytes. */
const maxRequestChars = 100_000;

const pageTypes = new Set(['page', 'iframe']);
const workerTypes = new Set(['worker', 'shared_worker', 'service_worker']);

/**
 * Presents the identities of the contexts of one Chromium process: in pages, frames, tabs that pages open, and every kind
 * of worker, before the first line of any of them runs.
 *
 * ```
 * browser: a target is there, and waits ─▶ driver: sets it up ─▶ driver: "run" ─▶ we: overrides, then "run" ─▶ browser
 * ```
 *
 * The driver's own switches reach pages alone, and leave client hints at the real version.
 *
 * @see https://chromedevtools.github.io/devtools-protocol/tot/Emulation/#method-setUserAgentOverride
 */
export class ChromiumPresentation implements WireFilter {
  readonly #identities = new Map<string, Identity>();
  /** By context: who is told of the errors of its scripts. */
  readonly #listeners = new Map<string, (event: PageEvent) => void>();
  readonly #targets = new Map<string, Target>();
  /** Logs of each session since its objects were let go. */
  readonly #logs = new Map<string, number>();
  readonly unwanted = new Set(unwanted);
  readonly #storageFlood = new StorageFlood(this.unwanted);
  readonly #sockets = new OpenSockets();
  readonly headBytes = scriptErrorHeadBytes;
  readonly eventLimits = eventLimits;
  readonly #wire: WireEnds;
  /** For those who use the protocol beside the driver. */
  readonly protocol: ProtocolWire;
  #lastId = firstId;

  /** @throws when the driver cannot be filtered */
  constructor(browser: Browser) {
    this.#wire = filterWire(browser, this);
    this.protocol = new ProtocolWire({
      toBrowser: this.#wire.toBrowser,
      overrides: (sessionId) => this.#overrides(sessionId),
    });
  }

  exempt(): ((sessionId: string | undefined) => boolean) | undefined {
    return this.protocol.exempt();
  }

  /** From now on what the context opens appears so. */
  present(context: BrowserContext, identity: Identity): void {
    const id = contextIdOf(context);
    this.#identities.set(id, identity);
    context.once('close', () => this.#identities.delete(id));
  }

  /** Tells of the errors that a context's scripts, or the browser, report from now on. */
  onScriptError(context: BrowserContext, listener: (event: PageEvent) => void): void {
    const id = contextIdOf(context);
    this.#listeners.set(id, listener);
    context.once('close', () => this.#listeners.delete(id));
  }

  /** How many WebSockets the pages and workers of a context have open. */
  openSockets(context: BrowserContext): number {
    const id = contextIdOf(context);
    return this.#sockets.count((sessionId) => this.#targets.get(sessionId)?.contextId === id);
  }

  outgoing(message: WireMessage): WireMessage[] {
    if (this.protocol.keepsBack(message)) return [];
    const messages = this.#amend(message);
    for (const one of messages) this.protocol.noteSaid(one);
    return messages;
  }

  #amend(message: WireMessage): WireMessage[] {
    const { method, sessionId = '' } = message;
    if (method === 'Runtime.runIfWaitingForDebugger') return [...this.#overrides(sessionId), message];
    // The driver lets go of shared workers at once, and what was overridden would be lost with it.
    if (method === 'Target.detachFromTarget' && this.#isSharedWorker(message.params)) {
      setImmediate(() => this.#wire.toDriver({ ...withSession(message), result: {} }));
      return [];
    }
    if (method === 'Network.enable')
      return [{ ...message, params: { maxPostDataSize: maxPostDataBytes, ...message.params } }];
    const identity = this.#identityOf(sessionId);
    if (!identity) return [message];
    if (method === 'Emulation.setUserAgentOverride') return [{ ...message, params: userAgentOverride(identity) }];
    if (method === 'Emulation.setTouchEmulationEnabled' && message.params?.enabled === true)
      return [{ ...message, params: { ...message.params, maxTouchPoints: identity.maxTouchPoints } }];
    return [message];
  }

  incoming(message: WireMessage): boolean {
    this.#noteTargets(message);
    if (this.protocol.incoming(message)) return false;
    const { id, method, params } = message;
    if (id !== undefined && id > firstId) return false; // an answer to us: a target that went meanwhile, or all well
    if (method === 'Network.requestWillBeSent') return isOrdinary((params as unknown as RequestWillBeSent).request); // as the protocol says
    return true;
  }

  #noteTargets({ method, params, sessionId: from = '' }: WireMessage): void {
    if (method === 'Target.attachedToTarget') {
      const { sessionId, targetInfo, waitingForDebugger } = params as unknown as AttachedToTarget; // as the protocol says
      this.#targets.set(sessionId, { type: targetInfo.type, contextId: targetInfo.browserContextId ?? '' });
      // One more session on a page that runs: it takes the page's platform back to that of the machine.
      if (!waitingForDebugger && pageTypes.has(targetInfo.type))
        for (const override of this.#overrides(sessionId)) this.#wire.toBrowser(override);
    } else if (method === 'Page.frameNavigated') {
      // Those of the document before are closed, and nothing tells so.
      if (!(params?.frame as { parentId?: string } | undefined)?.parentId) this.#sockets.forget(from);
    } else if (method !== undefined && storageEvents.includes(method)) {
      this.#storageFlood.note();
    } else if (method === 'Target.detachedFromTarget') {
      this.#targets.delete(String(params?.sessionId));
      this.#logs.delete(String(params?.sessionId));
      this.#sockets.forget(String(params?.sessionId));
    }
  }

  /** The browser keeps an object that was logged or thrown until it is told otherwise. */
  noteUnwanted(outline: MessageOutline): void {
    const { method, sessionId, head } = outline;
    this.#sockets.note(outline);
    if (method !== undefined && storageEvents.includes(method)) this.#tellStored(method, sessionId, head);
    const listener = this.#listeners.get(this.#targets.get(sessionId ?? '')?.contextId ?? '');
    const error = listener && scriptErrorOf(outline);
    if (error) listener(error);
    if (sessionId === undefined || !method?.startsWith('Runtime.') || !this.#targets.has(sessionId)) return;
    const logs = (this.#logs.get(sessionId) ?? 0) + 1;
    this.#logs.set(sessionId, logs % logsPerRelease);
    if (logs < logsPerRelease) return;
    this.#tell(sessionId, 'Runtime.releaseObjectGroup', { objectGroup: 'console' });
    this.#tell(sessionId, 'Runtime.discardConsoleEntries');
  }

  noteTooLarge({ method, sessionId, head }: MessageOutline): void {
    const paused = /^\{"method":"Fetch\.requestPaused","params":\{"requestId":"([^"]+)"/.exec(head)?.[1];
    if (paused !== undefined) {
      this.#tell(sessionId, 'Fetch.failRequest', { requestId: paused, errorReason: 'BlockedByClient' });
      return;
    }
    if (method !== undefined && storageEvents.includes(method)) {
      this.#tellStored(method, sessionId, head);
      return;
    }
    if (this.protocol.exempt()?.(sessionId)) return; // a client goes without
    // The driver would wait for what it was not told. Of requests that is their own affair.
    const type = this.#targets.get(sessionId ?? '')?.type ?? '';
    if (pageTypes.has(type) && !method?.startsWith('Network.')) this.#tell(sessionId, 'Page.crash');
  }

  /** Tells that something was stored, without what. */
  #tellStored(method: string, sessionId: string | undefined, head: string): void {
    const storageId = /"storageId":(\{[^{}]*\})/.exec(head)?.[1];
    if (storageId === undefined || sessionId === undefined) return;
    if (this.#storageFlood.isActive && !this.#storageFlood.isFirst(sessionId + storageId)) return;
    this.#wire.toDriver({ method, sessionId, params: { storageId: JSON.parse(storageId) } });
  }

  #tell(sessionId: string | undefined, method: string, params: Record<string, unknown> = {}): void {
    this.#wire.toBrowser({ id: ++this.#lastId, ...(sessionId === undefined ? {} : { sessionId }), method, params });
  }

  /** What is to be said to a target before it runs. */
  #overrides(sessionId: string): WireMessage[] {
    const identity = this.#identityOf(sessionId);
    const type = this.#targets.get(sessionId)?.type ?? '';
    const isPage = pageTypes.has(type);
    if (!identity || !(isPage || workerTypes.has(type))) return [];
    const say = (method: string, params: Record<string, unknown>): WireMessage => ({
      id: ++this.#lastId,
      sessionId,
      method,
      params,
    });
    const script = isPage ? pageScript(identity) : workerScript(identity);
    return [
      say('Emulation.setUserAgentOverride', userAgentOverride(identity)),
      ...(identity.hardwareConcurrency === undefined
        ? []
        : [say('Emulation.setHardwareConcurrencyOverride', { hardwareConcurrency: identity.hardwareConcurrency })]),
      ...(script === ''
        ? []
        : isPage
          ? [say('Page.addScriptToEvaluateOnNewDocument', { source: script, runImmediately: true })]
          : [say('Runtime.evaluate', { expression: script })]),
    ];
  }

  #identityOf(sessionId: string): Identity | undefined {
    return this.#identities.get(this.#targets.get(sessionId)?.contextId ?? '');
  }

  #isSharedWorker(params: WireMessage['params']): boolean {
    return this.#targets.get(String(params?.sessionId))?.type === 'shared_worker';
  }
}

interface RequestWillBeSent {
  readonly request: { readonly url: string; readonly headers: Readonly<Record<string, string>> };
}

const isOrdinary = ({ url, headers }: RequestWillBeSent['request']): boolean =>
  url.length + Object.values(headers).reduce((chars, value) => chars + value.length, 0) <= maxRequestChars;

interface AttachedToTarget {
  readonly sessionId: string;
  readonly waitingForDebugger: boolean;
  readonly targetInfo: { readonly type: string; readonly browserContextId?: string };
}

const withSession = ({ id, sessionId }: WireMessage): WireMessage => ({
  ...(id === undefined ? {} : { id }),
  ...(sessionId === undefined ? {} : { sessionId }),
});

function userAgentOverride({ userAgent, userAgentData, languages, platform }: Identity): Record<string, unknown> {
  return {
    userAgent,
    platform,
    acceptLanguage: languages.join(','),
    ...(userAgentData
      ? {
          userAgentMetadata: {
            ...userAgentData,
            // Of this old name too, or the real version shows.
            fullVersion: userAgentData.fullVersionList.find(({ brand }) => brand === 'Chromium')?.version ?? '',
          },
        }
      : {}),
  };
}

/** What no switch of the protocol reaches, of a page that is to be another browser's. */
function pageScript(identity: Identity): string {
  if (identity.userAgentData) return '';
  const { vendor, productSub } = identity;
  const values = { vendor, productSub, appVersion: appVersionOf(identity) };
  return `{${setGetters('Navigator', values)}${withoutChromiumOnly('Navigator')}}`;
}

/** Of workers the platform stays that of the machine otherwise. */
function workerScript(identity: Identity): string {
  const { platform, userAgentData } = identity;
  if (userAgentData) return `{${setGetters('WorkerNavigator', { platform })}}`;
  const values = { platform, appVersion: appVersionOf(identity) };
  return `{${setGetters('WorkerNavigator', values)}${withoutChromiumOnly('WorkerNavigator')}}`;
}

/** What no other browser has. */
const withoutChromiumOnly = (owner: string): string =>
  ['userAgentData', 'deviceMemory'].map((name) => `delete ${owner}.prototype.${name};`).join('');
