import { settledWithin } from '../../../util/deadline.js';
import type { WireMessage } from './driver-transport.js';

/** IDs of clients' messages: above those of the driver and of our own overrides, below what the protocol takes. */
const firstId = 1_500_000_000;
const lastId = 2_147_000_000;

/** How long a client may hold a new page back before it runs without it. */
const holdLimitMs = 5000;

const answerTimeoutMs = 2000;

/** What the driver told a page about its device; a client that leaves takes that along, so it is said again. */
const restorable = new Set([
  'Emulation.setDeviceMetricsOverride',
  'Emulation.setTouchEmulationEnabled',
  'Emulation.setEmulatedMedia',
]);

/** A page that the driver is attached to. */
interface DriverTarget {
  readonly targetId: string;
  readonly contextId: string;
  readonly type: string;
  /** What was said last, by its method. */
  readonly said: Map<string, WireMessage>;
}

interface Asked {
  readonly client: WireClient;
  readonly answer: (message: WireMessage) => void;
}

interface TargetInfo {
  readonly targetId: string;
  readonly type: string;
  readonly browserContextId?: string;
}

interface AttachedToTarget {
  readonly sessionId: string;
  readonly targetInfo: TargetInfo;
  readonly waitingForDebugger: boolean;
}

export interface ProtocolWireOptions {
  /** To the browser, past the driver. */
  readonly toBrowser: (message: WireMessage) => void;
  /** What is to be said to a session before its target runs. */
  readonly overrides: (sessionId: string) => readonly WireMessage[];
}

/** Who uses a browser's protocol beside the driver. */
export interface WireClientOptions {
  /** The browser's own ID of the context that it is for. */
  readonly contextId: string;
  /** Takes answers and events of its sessions. */
  readonly onMessage: (message: WireMessage) => void;
}

/** What the browser answered with an error. */
export class WireError extends Error {
  readonly code: number;

  constructor({ code = -32000, message }: { readonly code?: number; readonly message: string }) {
    super(message);
    this.name = 'WireError';
    this.code = code;
  }
}

/**
 * Shares the one wire to a Chromium between the driver and clients, each with sessions of its own.
 *
 * ```
 * driver ─┐                      ┌─▶ driver: what is not of a client's session
 *         ├─▶ browser ─▶ wire ───┤
 * client ─┘  (IDs from 1.5e9)    └─▶ client: its sessions, under its own IDs
 * ```
 *
 * A client has a session of the browser as a whole; what it attaches to hangs on that one, and all of it ends with it.
 */
export class ProtocolWire {
  readonly #options: ProtocolWireOptions;
  readonly #asked = new Map<number, Asked>();
  readonly #clients = new Map<string, WireClient>();
  readonly #driverTargets = new Map<string, DriverTarget>();
  /** What the driver said of the downloads of each context. */
  readonly #downloads = new Map<string, WireMessage>();
  #lastId = firstId;

  constructor(options: ProtocolWireOptions) {
    this.#options = options;
  }

  /** Tells the sessions of clients, whose events are wanted whatever the driver makes of them; undefined: there are none. */
  exempt(): ((sessionId: string | undefined) => boolean) | undefined {
    return this.#clients.size > 0 ? this.#isOfClient : undefined;
  }

  readonly #isOfClient = (sessionId: string | undefined): boolean =>
    sessionId !== undefined && this.#clients.has(sessionId);

  /** Opens a session of the browser for a client. @throws WireError */
  async open(options: WireClientOptions): Promise<WireClient> {
    const client = new WireClient(this, options);
    const { sessionId } = (await this.ask(client, 'Target.attachToBrowserTarget')) as { sessionId: string };
    client.begin(sessionId);
    this.#clients.set(sessionId, client);
    return client;
  }

  /** @returns whether the message is a client's, and not for the driver */
  incoming(message: WireMessage): boolean {
    const { id, method, sessionId } = message;
    if (id !== undefined) {
      const asked = this.#asked.get(id);
      this.#asked.delete(id);
      asked?.answer(message);
      return id >= firstId;
    }
    const client = sessionId === undefined ? undefined : this.#clients.get(sessionId);
    if (client) {
      this.#noteOfClient(client, message);
      client.deliver(message);
      return true;
    }
    if (method === 'Target.attachedToTarget')
      this.#onDriverAttached(message.params as unknown as AttachedToTarget); // as the protocol says
    else if (method === 'Target.detachedFromTarget') this.#onDriverDetached(String(message.params?.sessionId));
    else if (method === 'Page.javascriptDialogOpening' || method === 'Page.javascriptDialogClosed')
      return this.#isAnsweredByClient(sessionId);
    return false;
  }

  /** Takes note of what the driver says. */
  noteSaid(message: WireMessage): void {
    const { method = '', sessionId = '', params } = message;
    const contextId = String(params?.browserContextId);
    if (method === 'Browser.setDownloadBehavior') this.#downloads.set(contextId, message);
    else if (method === 'Target.disposeBrowserContext') this.#downloads.delete(contextId);
    else if (restorable.has(method)) this.#driverTargets.get(sessionId)?.said.set(method, message);
  }

  /** @returns whether the driver's message is kept back */
  keepsBack(message: WireMessage): boolean {
    const { method, sessionId = '' } = message;
    if (method !== 'Runtime.runIfWaitingForDebugger') return false;
    const target = this.#driverTargets.get(sessionId);
    return (
      target !== undefined &&
      this.#clientsOf(target.contextId).some((client) => client.keepBack(target.targetId, message))
    );
  }

  /** Sends a client's message under an ID of the wire. */
  send(client: WireClient, message: WireMessage, answer: (message: WireMessage) => void): void {
    const id = this.#nextId();
    this.#asked.set(id, { client, answer });
    if (this.#tell({ ...message, id })) return;
    this.#asked.delete(id);
    answer({ error: { message: 'the browser is gone' } });
  }

  /** @returns false if the browser is gone */
  #tell(message: WireMessage): boolean {
    try {
      this.#options.toBrowser(message);
      return true;
    } catch {
      return false;
    }
  }

  ask(
    client: WireClient,
    method: string,
    params: Record<string, unknown> = {},
    sessionId?: string,
  ): Promise<Record<string, unknown>> {
    return new Promise((resolve, reject) => {
      const message = { method, params, ...(sessionId === undefined ? {} : { sessionId }) };
      this.send(client, message, ({ error, result }) => {
        if (error) reject(new WireError(error));
        else resolve((result ?? {}) as Record<string, unknown>); // an object, as the protocol says
      });
    });
  }

  /** A message of the driver's that was kept back. */
  release(message: WireMessage): void {
    for (const override of this.#options.overrides(message.sessionId ?? '')) this.#tell(override);
    this.#tell(message);
  }

  overrides(sessionId: string): readonly WireMessage[] {
    return this.#options.overrides(sessionId);
  }

  /** What the driver has said to a page of its device. */
  deviceOf(targetId: string): Readonly<Record<string, unknown>> | undefined {
    const target = [...this.#driverTargets.values()].find((one) => one.targetId === targetId);
    return target?.said.get('Emulation.setDeviceMetricsOverride')?.params;
  }

  /** Has the browser tell a client of downloads, and cancel them: what the driver has said is said again at its end. */
  async hearDownloads(client: WireClient): Promise<void> {
    const behavior = { behavior: 'deny', browserContextId: client.contextId, eventsEnabled: true };
    await this.ask(client, 'Browser.setDownloadBehavior', behavior, client.browserSessionId);
  }

  /** Ends a client: nothing comes to it any more, and what it set in its sessions is said anew by the driver's. */
  async end(client: WireClient): Promise<void> {
    for (const [id, asked] of this.#asked) {
      if (asked.client !== client) continue;
      this.#asked.delete(id);
      asked.answer({ error: { message: 'the client has left' } });
    }
    const detached = this.ask(client, 'Target.detachFromTarget', { sessionId: client.browserSessionId });
    await settledWithin(detached, answerTimeoutMs); // it may be gone with the browser
    for (const [sessionId, owner] of this.#clients) if (owner === client) this.#clients.delete(sessionId);
    this.#restore(client);
  }

  #restore(client: WireClient): void {
    const downloads = this.#downloads.get(client.contextId);
    if (downloads) this.send(client, downloads, () => {});
    for (const [sessionId, { contextId, said }] of this.#driverTargets) {
      if (contextId !== client.contextId) continue;
      for (const override of this.#options.overrides(sessionId)) this.#tell(override);
      for (const message of said.values()) this.send(client, message, () => {});
    }
  }

  #noteOfClient(client: WireClient, { method, params }: WireMessage): void {
    if (method === 'Target.attachedToTarget') {
      const { sessionId } = params as unknown as AttachedToTarget; // as the protocol says
      this.#clients.set(sessionId, client);
    } else if (method === 'Target.detachedFromTarget') {
      const sessionId = String(params?.sessionId);
      // What still comes of it is nobody's.
      setImmediate(() => this.#clients.delete(sessionId));
    }
  }

  #onDriverAttached({ sessionId, targetInfo, waitingForDebugger }: AttachedToTarget): void {
    const { targetId, type, browserContextId: contextId = '' } = targetInfo;
    if (type !== 'page') return;
    this.#driverTargets.set(sessionId, { targetId, contextId, type, said: new Map() });
    if (waitingForDebugger) for (const client of this.#clientsOf(contextId)) client.hold(targetId);
  }

  #onDriverDetached(sessionId: string): void {
    const target = this.#driverTargets.get(sessionId);
    this.#driverTargets.delete(sessionId);
    if (target) for (const client of this.#clientsOf(target.contextId)) client.forget(target.targetId);
  }

  #isAnsweredByClient(sessionId: string | undefined): boolean {
    const target = this.#driverTargets.get(sessionId ?? '');
    return target !== undefined && this.#clientsOf(target.contextId).some((one) => one.answersDialogs(target.targetId));
  }

  #clientsOf(contextId: string): WireClient[] {
    if (this.#clients.size === 0) return [];
    return [...new Set(this.#clients.values())].filter((client) => client.contextId === contextId);
  }

  #nextId(): number {
    this.#lastId = this.#lastId >= lastId ? firstId : this.#lastId + 1;
    return this.#lastId;
  }
}

/** A page that waits for a client. */
interface Held {
  /** The driver's message that lets it run, once that has come. */
  message?: WireMessage;
  readonly timer: NodeJS.Timeout;
}

/** One client's sessions on a shared wire. */
export class WireClient {
  readonly contextId: string;
  readonly #wire: ProtocolWire;
  readonly #onMessage: (message: WireMessage) => void;
  readonly #held = new Map<string, Held>();
  /** The pages that sessions of this client are attached to. */
  readonly #targets = new Map<string, string>();
  /** Sessions that are told of dialogs. */
  readonly #dialogSessions = new Set<string>();
  /** Sessions whose page shows a dialog. */
  readonly #dialogs = new Set<string>();
  #browserSessionId = '';
  /** Whether new pages of the context wait until they are let run. */
  holdsNewTabs = false;
  #closed: Promise<void> | undefined;

  constructor(wire: ProtocolWire, { contextId, onMessage }: WireClientOptions) {
    this.#wire = wire;
    this.contextId = contextId;
    this.#onMessage = onMessage;
  }

  begin(browserSessionId: string): void {
    this.#browserSessionId = browserSessionId;
  }

  get browserSessionId(): string {
    return this.#browserSessionId;
  }

  /** Sends a message; its answer comes with the same ID and session. */
  send(message: WireMessage): void {
    const { id, method, sessionId } = message;
    if (this.#closed) return;
    if (sessionId !== undefined) {
      if (method === 'Page.enable') this.#dialogSessions.add(sessionId);
      else if (method === 'Page.disable') this.#dialogSessions.delete(sessionId);
      else if (method === 'Runtime.runIfWaitingForDebugger')
        for (const override of this.#wire.overrides(sessionId)) this.#wire.send(this, override, () => {});
    }
    this.#wire.send(this, message, (answer) => {
      if (!this.#closed) this.#onMessage({ ...answer, ...(id === undefined ? {} : { id }) });
    });
    // After its own: what the page does at once, as `open('').alert()`, would keep the answer back.
    if (method === 'Runtime.runIfWaitingForDebugger') this.letRun(this.#targets.get(sessionId ?? '') ?? '');
  }

  ask(method: string, params?: Record<string, unknown>, sessionId?: string): Promise<Record<string, unknown>> {
    return this.#wire.ask(this, method, params, sessionId);
  }

  deliver(message: WireMessage): void {
    const { method, params, sessionId = '' } = message;
    if (method === 'Target.attachedToTarget') {
      const { sessionId: child, targetInfo } = params as unknown as AttachedToTarget; // as the protocol says
      this.#targets.set(child, targetInfo.targetId);
    } else if (method === 'Target.detachedFromTarget') {
      const child = String(params?.sessionId);
      this.#targets.delete(child);
      this.#dialogSessions.delete(child);
      this.#dialogs.delete(child);
    } else if (method === 'Page.javascriptDialogOpening') this.#dialogs.add(sessionId);
    else if (method === 'Page.javascriptDialogClosed') this.#dialogs.delete(sessionId);
    if (!this.#closed) this.#onMessage(message);
  }

  answersDialogs(targetId: string): boolean {
    return !this.#closed && [...this.#dialogSessions].some((session) => this.#targets.get(session) === targetId);
  }

  /** A new page waits, if this client wants that. */
  hold(targetId: string): void {
    if (!this.holdsNewTabs || this.#closed) return;
    const timer = setTimeout(() => this.letRun(targetId), holdLimitMs);
    this.#held.set(targetId, { timer });
  }

  isHeld(targetId: string): boolean {
    return this.#held.has(targetId);
  }

  /** Takes the driver's message that lets a page run. @returns false if the page does not wait for this client */
  keepBack(targetId: string, message: WireMessage): boolean {
    const held = this.#held.get(targetId);
    if (!held || held.message) return false;
    held.message = message;
    return true;
  }

  /** Lets a page run that was held. */
  letRun(targetId: string): void {
    const held = this.#held.get(targetId);
    if (!held) return;
    this.forget(targetId);
    if (held.message) this.#wire.release(held.message);
  }

  forget(targetId: string): void {
    clearTimeout(this.#held.get(targetId)?.timer);
    this.#held.delete(targetId);
  }

  deviceOf(targetId: string): Readonly<Record<string, unknown>> | undefined {
    return this.#wire.deviceOf(targetId);
  }

  hearDownloads(): Promise<void> {
    return this.#wire.hearDownloads(this);
  }

  /** Ends all its sessions. Dialogs that are open are dismissed. Idempotent: repeated calls return the same promise. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    for (const targetId of [...this.#held.keys()]) this.letRun(targetId);
    for (const sessionId of this.#dialogs)
      this.ask('Page.handleJavaScriptDialog', { accept: false }, sessionId).catch(() => {}); // it was answered
    await this.#wire.end(this);
  }
}
