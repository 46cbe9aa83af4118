import { randomBytes } from 'node:crypto';
import type { EngineProtocol, ProtocolMessage } from '../engine/engine.js';
import type { MooringError } from '../errors.js';
import { BrowserCommands } from './browser-commands.js';
import { BrowserSession, type TargetInfo } from './browser-session.js';
import { type ClientCommand, type Params, readCommand, type UnreadableCommand } from './client-command.js';
import { NetworkFailures } from './network-failures.js';
import { ProtocolError, protocolErrorOf, protocolErrors } from './protocol-error.js';
import { type RuleScope, ruleOnTarget, type TargetKind, targetKindOf } from './target-rules.js';

export interface ScopedProtocolOptions {
  readonly protocol: EngineProtocol;
  /** The user agent that its pages present. */
  readonly userAgent: string;
  /** Takes note that the client goes to a URL. @throws MooringError when it must not */
  readonly goTo: (url: string) => void;
  /** Why the last connection for a URL failed, if it did. */
  readonly failureOf: (url: string) => MooringError | undefined;
  readonly send: (message: ProtocolMessage) => void;
  /** The client has closed the browser, as it sees it. */
  readonly onClose: () => void;
}

interface ChildSession {
  readonly targetId: string;
  readonly type: string;
  readonly kind: TargetKind;
  /** The browser session that attached it; undefined: it hangs on another child. */
  readonly parent: BrowserSession | undefined;
}

interface AttachedToTarget {
  readonly sessionId: string;
  readonly targetInfo: TargetInfo;
  readonly waitingForDebugger: boolean;
}

/** Most commands that may be without an answer at once, and how long they may be together. */
const maxPending = 5000;
const maxPendingChars = 96_000_000;
const maxBrowserSessions = 100;

/** Commands that say which tab a client is at. */
const usesTab = /^(Input\.|Page\.(navigate|reload|bringToFront)|Runtime\.(evaluate|callFunctionOn)$)/;

/**
 * The debugging protocol of one context, made of that of its whole browser: what a client sends is allowed, answered here
 * or refused, and what it gets is of its own sessions and of targets of its context.
 *
 * ```
 * client ─▶ readCommand ─▶ its own session? ─▶ rules ─▶ browser
 * client ◀─ targets of the context alone ◀──────────── browser
 * ```
 *
 * The browser that the client sees is ours: one context, its targets. It attaches and discovers by what we tell it; the
 * browser's own switches for that hold for everybody's targets.
 */
export class ScopedProtocol {
  readonly #options: ScopedProtocolOptions;
  readonly #protocol: EngineProtocol;
  readonly #root: BrowserSession;
  readonly #browserSessions = new Map<string, BrowserSession>();
  readonly #children = new Map<string, ChildSession>();
  /** The targets of the context. */
  readonly #targets = new Map<string, TargetInfo>();
  /** Who attaches to a target just now, in order. */
  readonly #attaching = new Map<string, BrowserSession[]>();
  readonly #commands: BrowserCommands;
  readonly #failures: NetworkFailures;
  /** The size of each command that has no answer yet. */
  readonly #pending = new Map<string, number>();
  #pendingChars = 0;
  #lastTab: string | undefined;

  constructor(options: ScopedProtocolOptions) {
    this.#options = options;
    this.#protocol = options.protocol;
    this.#root = new BrowserSession(undefined, options.send);
    this.#failures = new NetworkFailures(options.failureOf);
    this.#commands = new BrowserCommands({
      protocol: options.protocol,
      userAgent: options.userAgent,
      goTo: (url) => options.goTo(url.href),
      targets: this.#targets,
      attach: (parent, targetId) => this.#attach(parent, targetId),
      attachMissing: (session) => this.#attachMissing(session),
      detach: (sessionId) => this.#detach(sessionId),
      newBrowserSession: () => this.#newBrowserSession(),
      onHoldChange: () => this.#updateHold(),
    });
  }

  /** Learns which targets there are. */
  async start(): Promise<void> {
    await this.#ask('Target.setDiscoverTargets', { discover: true, filter: [{}] });
  }

  /** The tab that the client used last. */
  get lastTab(): string | undefined {
    return this.#lastTab ?? this.#commands.lastTab;
  }

  /** What is to be listed to tools that look for targets. */
  get pages(): readonly TargetInfo[] {
    return [...this.#targets.values()].filter(({ type }) => type === 'page');
  }

  /** Takes a message of the client. */
  receive(text: string): void {
    let command: ClientCommand;
    try {
      command = readCommand(text);
    } catch (error) {
      const { id } = error as UnreadableCommand; // what it throws
      this.#options.send({ ...(id === undefined ? {} : { id }), error: protocolErrorOf(error) });
      return;
    }
    try {
      this.#accept(command, text.length);
    } catch (error) {
      this.#answer(command, { error: protocolErrorOf(error) });
    }
  }

  /** Takes a message of the browser. */
  deliver(message: ProtocolMessage): void {
    const { id, method, sessionId, params = {} } = message;
    if (id !== undefined) {
      const key = pendingKey(id, sessionId);
      this.#settle(key);
      this.#options.send(this.#failures.ofAnswer(key, message));
    } else if (sessionId === this.#protocol.browserSessionId) this.#onBrowserEvent(method ?? '', params);
    else if (sessionId !== undefined && this.#children.has(sessionId)) this.#onChildEvent(message, params);
  }

  #accept(command: ClientCommand, chars: number): void {
    const { sessionId } = command;
    if (this.#pending.size >= maxPending || this.#pendingChars + chars > maxPendingChars)
      throw new ProtocolError(
        `expected at most ${maxPending} commands of ${maxPendingChars} characters without an answer; wait for some.`,
      );
    const child = sessionId === undefined ? undefined : this.#children.get(sessionId);
    if (child) this.#toChild(command, child, chars);
    else {
      const session = sessionId === undefined ? this.#root : this.#browserSessions.get(sessionId);
      if (!session) throw new ProtocolError('Session with given id not found.', protocolErrors.noSession);
      void this.#toBrowser(command, session, chars);
    }
  }

  async #toBrowser(command: ClientCommand, session: BrowserSession, chars: number): Promise<void> {
    const key = pendingKey(command.id, command.sessionId);
    this.#await(key, chars);
    try {
      const result = await this.#commands.run(command.method, command.params, session);
      this.#settle(key);
      this.#answer(command, { result });
    } catch (error) {
      this.#settle(key);
      this.#answer(command, { error: protocolErrorOf(error) });
    }
    if (command.method === 'Browser.close') this.#options.onClose();
  }

  #toChild(command: ClientCommand, child: ChildSession, chars: number): void {
    const { id, method, params, sessionId } = command;
    if (BrowserCommands.serves(method) && child.kind !== 'worker') {
      void this.#toBrowser(command, this.#root, chars);
      return;
    }
    const ruling = ruleOnTarget(child.kind, method, params, this.#scopeOf(child));
    if (ruling.kind === 'answer') {
      this.#answer(command, { result: ruling.result });
      return;
    }
    if (child.type === 'page' && usesTab.test(method)) this.#lastTab = child.targetId;
    const key = pendingKey(id, sessionId);
    this.#await(key, chars);
    if (method === 'Page.navigate') this.#failures.navigates(key, params.url);
    this.#protocol.send({
      id,
      method: ruling.method ?? method,
      params: { ...ruling.params },
      ...(sessionId === undefined ? {} : { sessionId }),
    });
  }

  #scopeOf({ targetId }: ChildSession): RuleScope {
    return {
      contextId: this.#protocol.contextId,
      device: this.#protocol.deviceOf(targetId),
      ownsSession: (id) => this.#children.has(String(id)),
      ownsTarget: (id) => this.#targets.has(String(id)),
      goTo: (url) => this.#options.goTo(url.href),
    };
  }

  #answer({ id, sessionId }: ClientCommand, outcome: Pick<ProtocolMessage, 'result' | 'error'>): void {
    this.#options.send({ id, ...outcome, ...(sessionId === undefined ? {} : { sessionId }) });
  }

  #onBrowserEvent(method: string, params: Params): void {
    if (method === 'Target.targetCreated' || method === 'Target.targetInfoChanged')
      this.#onTarget(method, params.targetInfo as TargetInfo);
    else if (method === 'Target.targetDestroyed' || method === 'Target.targetCrashed')
      this.#onTargetGone(method, params);
    else if (method === 'Target.attachedToTarget') this.#onAttached(params as unknown as AttachedToTarget);
    else if (method === 'Target.detachedFromTarget') this.#onDetached(params);
    else if (method === 'Browser.downloadWillBegin' || method === 'Browser.downloadProgress')
      for (const session of this.#allBrowserSessions()) if (session.hearsDownloads) session.emit(method, { ...params });
  }

  #onTarget(method: 'Target.targetCreated' | 'Target.targetInfoChanged', info: TargetInfo): void {
    if (info.browserContextId !== this.#protocol.contextId) return;
    const isNew = !this.#targets.has(info.targetId);
    this.#targets.set(info.targetId, info);
    for (const session of this.#allBrowserSessions()) {
      session.tell(isNew ? 'Target.targetCreated' : method, info);
      if (session.wantsAttached(info)) this.#autoAttach(session, info.targetId);
    }
  }

  #onTargetGone(method: string, params: Params): void {
    const targetId = String(params.targetId);
    if (!this.#targets.has(targetId)) return;
    if (method === 'Target.targetDestroyed') this.#targets.delete(targetId);
    for (const session of this.#allBrowserSessions()) {
      session.autoSessions.delete(targetId);
      if (session.discovers) session.emit(method, { ...params });
    }
  }

  #onAttached({ sessionId, targetInfo }: AttachedToTarget): void {
    const { targetId, type } = targetInfo;
    const parent = this.#attaching.get(targetId)?.shift() ?? this.#root;
    const kind = targetKindOf(type);
    if (!kind) return;
    this.#children.set(sessionId, { targetId, type, kind, parent });
    const waitingForDebugger = this.#protocol.isHeld(targetId);
    parent.emit('Target.attachedToTarget', { sessionId, targetInfo, waitingForDebugger });
  }

  #onDetached(params: Params): void {
    const child = this.#children.get(String(params.sessionId));
    if (!child) return;
    this.#forget(String(params.sessionId));
    child.parent?.emit('Target.detachedFromTarget', { ...params });
  }

  #onChildEvent(message: ProtocolMessage, params: Params): void {
    if (message.method === 'Target.attachedToTarget') {
      const { sessionId, targetInfo, waitingForDebugger } = params as unknown as AttachedToTarget;
      const kind = targetKindOf(targetInfo.type);
      const { browserContextId = this.#protocol.contextId } = targetInfo;
      if (!kind || browserContextId !== this.#protocol.contextId) {
        this.#letGo(sessionId, message.sessionId);
        return;
      }
      this.#children.set(sessionId, { targetId: targetInfo.targetId, type: targetInfo.type, kind, parent: undefined });
      const waits = waitingForDebugger || this.#protocol.isHeld(targetInfo.targetId);
      this.#options.send({ ...message, params: { ...params, waitingForDebugger: waits } });
      return;
    }
    if (message.method === 'Target.detachedFromTarget') this.#forget(String(params.sessionId));
    this.#options.send(this.#failures.ofEvent(message));
  }

  /** A target that is none of the client's runs on without it. */
  #letGo(sessionId: string, parentId: string | undefined): void {
    this.#protocol.ask('Runtime.runIfWaitingForDebugger', {}, sessionId).catch(() => {}); // it is gone
    this.#protocol.ask('Target.detachFromTarget', { sessionId }, parentId).catch(() => {}); // it is gone
  }

  #forget(sessionId: string): void {
    this.#children.delete(sessionId);
    for (const key of this.#pending.keys()) if (key.endsWith(`:${sessionId}`)) this.#settle(key);
  }

  #await(key: string, chars: number): void {
    this.#settle(key);
    this.#pending.set(key, chars);
    this.#pendingChars += chars;
  }

  #settle(key: string): void {
    this.#pendingChars -= this.#pending.get(key) ?? 0;
    this.#pending.delete(key);
  }

  async #attach(parent: BrowserSession, targetId: string): Promise<string> {
    const waiting = this.#attaching.get(targetId) ?? [];
    this.#attaching.set(targetId, [...waiting, parent]);
    try {
      const { sessionId } = await this.#ask('Target.attachToTarget', { targetId, flatten: true });
      return String(sessionId);
    } finally {
      const left = (this.#attaching.get(targetId) ?? []).filter((one) => one !== parent);
      if (left.length > 0) this.#attaching.set(targetId, left);
      else this.#attaching.delete(targetId);
    }
  }

  #autoAttach(session: BrowserSession, targetId: string): void {
    const attached = this.#attach(session, targetId);
    session.autoSessions.set(targetId, attached);
    attached.catch(() => session.autoSessions.delete(targetId)); // it is gone again
  }

  /** Attaches to what the client asked to be attached to. */
  async #attachMissing(session: BrowserSession): Promise<void> {
    for (const info of this.#targets.values())
      if (session.wantsAttached(info)) this.#autoAttach(session, info.targetId);
    await Promise.allSettled(session.autoSessions.values());
  }

  async #detach(sessionId: string): Promise<void> {
    if (this.#browserSessions.delete(sessionId)) {
      for (const [id, { parent }] of this.#children)
        if (parent?.id === sessionId) await this.#ask('Target.detachFromTarget', { sessionId: id }).catch(() => {}); // it is gone
      this.#updateHold();
      return;
    }
    if (!this.#children.has(sessionId))
      throw new ProtocolError('No session with given id', protocolErrors.invalidParams);
    await this.#ask('Target.detachFromTarget', { sessionId });
  }

  #newBrowserSession(): string {
    if (this.#browserSessions.size >= maxBrowserSessions)
      throw new ProtocolError(`expected at most ${maxBrowserSessions} sessions of the browser; this is one more.`);
    const id = randomBytes(16).toString('hex').toUpperCase();
    this.#browserSessions.set(id, new BrowserSession(id, this.#options.send));
    return id;
  }

  #updateHold(): void {
    this.#protocol.holdsNewTabs = this.#allBrowserSessions().some(({ holdsNewTabs }) => holdsNewTabs);
  }

  #allBrowserSessions(): BrowserSession[] {
    return [this.#root, ...this.#browserSessions.values()];
  }

  #ask(method: string, params: Record<string, unknown>): Promise<Record<string, unknown>> {
    return this.#protocol.ask(method, params, this.#protocol.browserSessionId);
  }
}

const pendingKey = (id: number, sessionId = ''): string => `${id}:${sessionId}`;
