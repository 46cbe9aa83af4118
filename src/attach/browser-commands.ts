import { randomBytes } from 'node:crypto';
import type { EngineProtocol } from '../engine/engine.js';
import { allowedUrl } from './allowed-url.js';
import type { BrowserSession, TargetInfo } from './browser-session.js';
import type { Params } from './client-command.js';
import { ProtocolError, protocolErrors } from './protocol-error.js';
import { fitsFilter, readFilter } from './target-filter.js';
import { notAllowed, ofContext, targetKindOf } from './target-rules.js';

export interface BrowserCommandsOptions {
  readonly protocol: EngineProtocol;
  readonly userAgent: string;
  readonly goTo: (url: URL) => void;
  /** The targets of the context. */
  readonly targets: ReadonlyMap<string, TargetInfo>;
  /** @returns the new session */
  readonly attach: (parent: BrowserSession, targetId: string) => Promise<string>;
  readonly attachMissing: (session: BrowserSession) => Promise<void>;
  readonly detach: (sessionId: string) => Promise<void>;
  /** @returns its ID */
  readonly newBrowserSession: () => string;
  /** Whether tabs are to be held may have changed. */
  readonly onHoldChange: () => void;
}

type Result = Readonly<Record<string, unknown>>;
type Command = (params: Params, session: BrowserSession) => Result | Promise<Result>;

/** What of `Target.createTarget` a client may say. */
const newTabParams = ['width', 'height', 'left', 'top', 'newWindow', 'background', 'enableBeginFrameControl'] as const;

/** Commands that hold for the browser on a session of a page too. */
const anywhere = new Set([
  'Browser.getVersion',
  'Browser.close',
  'Browser.setDownloadBehavior',
  'Browser.cancelDownload',
  'Browser.grantPermissions',
  'Browser.setPermission',
  'Browser.resetPermissions',
]);

/** The browser that a client sees: one context, its targets. */
export class BrowserCommands {
  readonly #options: BrowserCommandsOptions;
  readonly #commands: Readonly<Record<string, Command>>;
  readonly #targetInfo: TargetInfo = {
    targetId: randomBytes(16).toString('hex').toUpperCase(),
    type: 'browser',
    title: '',
    url: '',
    attached: true,
  };
  #lastTab: string | undefined;

  constructor(options: BrowserCommandsOptions) {
    this.#options = options;
    const asked = (method: string) => (params: Params) => this.#ask(method, ofContext(params, this.#contextId));
    this.#commands = {
      'Browser.getVersion': () => this.#version(),
      'Browser.close': () => ({}),
      'Browser.setDownloadBehavior': (params, session) => this.#setDownloads(params, session),
      'Browser.cancelDownload': asked('Browser.cancelDownload'),
      'Browser.grantPermissions': asked('Browser.grantPermissions'),
      'Browser.setPermission': asked('Browser.setPermission'),
      'Browser.resetPermissions': asked('Browser.resetPermissions'),
      'Browser.getWindowForTarget': (params) =>
        this.#ask('Browser.getWindowForTarget', { targetId: this.#own(params.targetId).targetId }),
      'Browser.setWindowBounds': () => ({}),
      'Storage.getCookies': asked('Storage.getCookies'),
      'Storage.setCookies': asked('Storage.setCookies'),
      'Storage.clearCookies': asked('Storage.clearCookies'),
      'Target.getTargets': ({ filter }) => ({ targetInfos: this.#listed(readFilter(filter)) }),
      'Target.getTargetInfo': ({ targetId }) => ({ targetInfo: this.#infoOf(targetId) }),
      'Target.getBrowserContexts': () => ({ browserContextIds: [] }),
      'Target.setDiscoverTargets': (params, session) => this.#discover(params, session),
      'Target.setAutoAttach': (params, session) => this.#autoAttach(params, session),
      'Target.attachToTarget': (params, session) => this.#attach(params, session),
      'Target.attachToBrowserTarget': () => ({ sessionId: options.newBrowserSession() }),
      'Target.detachFromTarget': async ({ sessionId }) => {
        await options.detach(String(sessionId));
        return {};
      },
      'Target.closeTarget': ({ targetId }) =>
        this.#ask('Target.closeTarget', { targetId: this.#own(targetId).targetId }),
      'Target.activateTarget': ({ targetId }) => {
        this.#lastTab = this.#own(targetId).targetId;
        return this.#ask('Target.activateTarget', { targetId });
      },
      'Target.createTarget': (params, session) => this.#createTab(params, session),
    };
  }

  /** Whether a command on a session of a page is one for the browser. */
  static serves(method: string): boolean {
    return anywhere.has(method);
  }

  /** The tab that was opened or brought to the front last. */
  get lastTab(): string | undefined {
    return this.#lastTab;
  }

  /** @throws ProtocolError, or as the browser answers */
  async run(method: string, params: Params, session: BrowserSession): Promise<Result> {
    const command = Object.hasOwn(this.#commands, method) ? this.#commands[method] : undefined;
    if (!command) throw notAllowed(method);
    return command(params, session);
  }

  get #contextId(): string {
    return this.#options.protocol.contextId;
  }

  async #version(): Promise<Result> {
    const version = await this.#ask('Browser.getVersion', {});
    return { ...version, userAgent: this.#options.userAgent };
  }

  /** Where downloads go is not the client's to say. It is told of them, if it likes; they are cancelled. */
  async #setDownloads({ eventsEnabled, ...params }: Params, session: BrowserSession): Promise<Result> {
    ofContext(params, this.#contextId);
    session.hearsDownloads = eventsEnabled === true;
    if (session.hearsDownloads) await this.#options.protocol.hearDownloads();
    return {};
  }

  #listed(filter: ReturnType<typeof readFilter>): TargetInfo[] {
    return [this.#targetInfo, ...this.#options.targets.values()].filter(({ type }) => fitsFilter(filter, type));
  }

  #infoOf(targetId: unknown): TargetInfo {
    return targetId === undefined || targetId === this.#targetInfo.targetId ? this.#targetInfo : this.#own(targetId);
  }

  /** @throws ProtocolError for a target of others, as for one that is not there */
  #own(targetId: unknown): TargetInfo {
    const info = this.#options.targets.get(String(targetId));
    if (!info) throw new ProtocolError('No target with given id found', protocolErrors.invalidParams);
    return info;
  }

  #discover({ discover, filter }: Params, session: BrowserSession): Result {
    session.discovers = discover === true ? readFilter(filter) : undefined;
    for (const info of [this.#targetInfo, ...this.#options.targets.values()])
      session.tell('Target.targetCreated', info);
    return {};
  }

  async #autoAttach(params: Params, session: BrowserSession): Promise<Result> {
    const { autoAttach, waitForDebuggerOnStart, flatten, filter } = params;
    if (autoAttach !== true) {
      session.autoAttaches = undefined;
      this.#options.onHoldChange();
      const attached = await Promise.allSettled(session.autoSessions.values());
      session.autoSessions.clear();
      for (const one of attached)
        if (one.status === 'fulfilled') await this.#options.detach(String(one.value)).catch(() => {}); // it is gone
      return {};
    }
    assertFlat(flatten);
    session.autoAttaches = { filter: readFilter(filter), waits: waitForDebuggerOnStart === true };
    this.#options.onHoldChange();
    await this.#options.attachMissing(session);
    return {};
  }

  async #attach({ targetId, flatten }: Params, session: BrowserSession): Promise<Result> {
    const info = this.#own(targetId);
    if (!targetKindOf(info.type))
      throw new ProtocolError(`expected a page or worker; the target is of type ${info.type}.`);
    assertFlat(flatten);
    return { sessionId: await this.#options.attach(session, info.targetId) };
  }

  async #createTab(params: Params, session: BrowserSession): Promise<Result> {
    ofContext(params, this.#contextId);
    const { targets, goTo, protocol } = this.#options;
    if (params.url !== undefined && params.url !== '') goTo(allowedUrl(params.url));
    const tabs = [...targets.values()].filter(({ type }) => type === 'page').length;
    if (tabs >= protocol.maxTabs)
      throw new ProtocolError(`expected at most ${protocol.maxTabs} tabs in a session; this is one more.`);
    const said = newTabParams.filter((name) => params[name] !== undefined).map((name) => [name, params[name]]);
    const { targetId } = await this.#ask('Target.createTarget', {
      url: params.url ?? '',
      browserContextId: this.#contextId,
      ...Object.fromEntries(said),
    });
    this.#lastTab = String(targetId);
    // Clients expect to be attached by the time that they know of it.
    await session.autoSessions.get(String(targetId));
    return { targetId };
  }

  #ask(method: string, params: Params): Promise<Result> {
    const { protocol } = this.#options;
    return protocol.ask(method, { ...params }, protocol.browserSessionId);
  }
}

function assertFlat(flatten: unknown): void {
  if (flatten === true) return;
  throw new ProtocolError('expected `flatten` to be true: sessions are told apart by `sessionId` alone.');
}
