import type { EgressRequest } from '../../egress/session-proxy.js';
import type { StepLimits } from '../../engine/engine.js';
import type { GivenFile, LiveControl, LiveDialog, LiveFileChooser, LivePage } from '../../engine/live-page.js';
import { errorMessage, MooringError } from '../../errors.js';
import type { Size } from '../../identity/identity.js';
import { revivePage } from '../../sessions/revive-page.js';
import type { Session } from '../../sessions/session.js';
import type { SessionManager } from '../../sessions/session-manager.js';
import { Deadline, settledWithin } from '../../util/deadline.js';
import { InputQueue } from './input-queue.js';
import { isModifier, ruleOf } from './key-rules.js';
import { type InputMessage, maxTextChars, type ViewMessage } from './view-messages.js';
import type { ViewTarget } from './view-target.js';
import { webAddress } from './web-address.js';

export interface TakeoverOptions {
  readonly sessions: Pick<SessionManager, 'takeOver' | 'assertUrl'>;
  readonly target: Pick<ViewTarget, 'owner' | 'session'>;
  /** How long it is kept without input. Default: two minutes. */
  readonly idleMs?: number | undefined;
  /** The page as it is shown now. */
  readonly live: () => LivePage | undefined;
  /** What the last picture showed. */
  readonly viewport: () => Size | undefined;
  readonly tell: (message: Extract<ViewMessage, { readonly type: 'notice' | 'copied' }>) => void;
  /** It has begun, or its questions are others. */
  readonly onChange: () => void;
}

const defaultIdleMs = 120_000;
/** How long the commands before it may take. */
const turnTimeoutMs = 120_000;
const navigationTimeoutMs = 30_000;
const keepTimeoutMs = 5000;
/** How long what a person did last may take before they go elsewhere, or when they have given the session back. */
const finishTimeoutMs = 5000;
const maxBodyBytes = 50 * 1024 ** 2;
/** So often a page that crashes is shown anew while one person has it; one may crash as soon as it is shown. */
const maxReopenings = 3;

/**
 * A person has a session: from their turn in its lane until they give it back, do nothing for a while, leave, or the session
 * ends. Commands wait meanwhile.
 *
 * ```
 * turn ─▶ page ─▶ control ⇄ input … ─▶ released ─▶ kept ─▶ turn given back
 * ```
 */
export class Takeover {
  readonly #options: TakeoverOptions;
  readonly #over = new AbortController();
  readonly #queue = new InputQueue();
  readonly #held = new Set<string>();
  #session: Session | undefined;
  #egress: EgressRequest | undefined;
  #control: LiveControl | undefined;
  #isHeld = false;
  #isTouching = false;
  /** Where the mouse is. */
  #mouse = { x: -1, y: -1 };
  #idle: NodeJS.Timeout | undefined;
  #reopenings = 0;
  #isReopening = false;

  constructor(options: TakeoverOptions) {
    this.#options = options;
  }

  /** Whether its turn has come. */
  get isHeld(): boolean {
    return this.#isHeld;
  }

  get dialogs(): readonly LiveDialog[] {
    return this.#control?.dialogs ?? [];
  }

  get choosers(): readonly LiveFileChooser[] {
    return this.#control?.choosers ?? [];
  }

  /** Gives it back, or waits for it no longer. */
  end(): void {
    this.#over.abort(new Error('the person has left'));
  }

  /** Resolves when it is over. @throws MooringError as `SessionManager.takeOver` */
  async run(): Promise<void> {
    const { sessions, target, onChange } = this.#options;
    const { signal } = this.#over;
    using deadline = turnDeadline(signal);
    const holder = `a person has taken session ${target.session} over (\`sessions.view\`); wait until they give it back`;
    const taken = sessions.takeOver(target.owner, target.session, holder, deadline.signal).catch((error: unknown) => {
      if (signal.aborted) return undefined;
      throw error;
    });
    const open = await taken;
    if (!open) return;
    const { session, lease } = open;
    using _lease = lease;
    using egress = session.egress.beginRequest({});
    this.#session = session;
    this.#egress = egress;
    session.events.add('attach', { by: 'view' });
    try {
      await this.#openPage(session, egress, {
        timeoutMs: Math.min(deadline.remainingMs, navigationTimeoutMs),
        signal: deadline.signal,
      });
      this.#isHeld = true;
      this.#used();
      this.pageChanged();
      onChange();
      await untilAborted([signal, session.over]);
    } finally {
      this.#isHeld = false;
      clearTimeout(this.#idle);
      if (!session.over.aborted) await this.#queue.finish(finishTimeoutMs);
      await this.#control?.release();
      session.events.add('detach', { by: 'view' });
      await settledWithin(
        session.keep(session.over).catch(() => {}),
        keepTimeoutMs,
      ); // it is kept when it falls asleep
    }
  }

  /** The session shows another page. */
  pageChanged(): void {
    if (!this.#isHeld) return;
    this.#mouse = { x: -1, y: -1 };
    const before = this.#control;
    this.#control = this.#options.live()?.control();
    if (before !== this.#control) void before?.release();
    if (!this.#control) void this.#reopen();
  }

  /** The page is gone under the person: it is shown anew, where it stood. */
  async #reopen(): Promise<void> {
    const session = this.#session;
    const egress = this.#egress;
    if (!session || !egress || this.#isReopening || session.page) return;
    if (this.#over.signal.aborted || session.over.aborted) return;
    if (++this.#reopenings > maxReopenings) {
      this.#options.tell({ type: 'notice', text: 'The page crashed again. Give an address to go on.' });
      return;
    }
    const what = session.lostPlace?.method === 'GET' ? 'It is loaded again.' : 'Give an address to go on.';
    this.#options.tell({ type: 'notice', text: `The page crashed. ${what}` });
    this.#isReopening = true;
    await this.#navigate((signal) => this.#openPage(session, egress, { timeoutMs: navigationTimeoutMs, signal }));
    this.#isReopening = false;
    this.pageChanged();
  }

  input(message: InputMessage): void {
    if (!this.#isHeld) return;
    this.#used();
    if (message.type === 'address') void this.#navigate((signal) => this.#goTo(message.url, signal));
    else if (this.#control) this.#do(this.#control, message);
  }

  chooseFiles(chooser: string, files: readonly GivenFile[]): void {
    this.#used();
    this.#control?.chooseFiles(chooser, files).catch(() => {
      this.#options.tell({ type: 'notice', text: 'The page did not take the files.' });
    });
  }

  #do(
    control: LiveControl,
    message: Exclude<InputMessage, { readonly type: 'address' | 'files' }> | InputMessage,
  ): void {
    switch (message.type) {
      case 'mouse':
        this.#point(control, message);
        break;
      case 'wheel': {
        this.#moveMouse(control, this.#placeOf(message));
        // Firefox takes whole pixels only: https://w3c.github.io/webdriver-bidi/#type-input-WheelScrollAction
        this.#queue.add(() => control.turnWheel(Math.round(message.dx), Math.round(message.dy)));
        break;
      }
      case 'key':
        this.#key(control, message.action, message.key);
        break;
      case 'text':
        this.#queue.add(() => control.insertText(message.text));
        break;
      case 'compose':
        this.#queue.add(async () => control.compose?.(message.text), 'compose');
        break;
      case 'copy':
        this.#queue.add(() => this.#copy(control, message.cut));
        break;
      case 'go':
        void this.#navigate((signal) => goers[message.to](control, signal));
        break;
      case 'tab':
        if (message.close) control.closeTab(message.tab);
        else this.#options.live()?.show(message.tab);
        break;
      case 'dialog':
        control.answerDialog(message.id, message.accept, message.text);
        break;
    }
  }

  #point(control: LiveControl, message: Extract<InputMessage, { readonly type: 'mouse' }>): void {
    const { action, button, clicks } = message;
    const { x, y } = this.#placeOf(message);
    if (control.touch && this.#session?.identity.identity.device === 'mobile') {
      const { touch } = control;
      if (action === 'move' && !this.#isTouching) return;
      if (action !== 'move' && button !== 'left') return;
      this.#isTouching = action !== 'up';
      const kind = ({ down: 'start', move: 'move', up: 'end' } as const)[action];
      this.#queue.add(() => touch(kind, x, y), action === 'move' ? 'move' : undefined);
      return;
    }
    // A hand is not quite still between two clicks; for some browsers they would be two single ones then.
    if (action === 'move' || clicks === 1) this.#moveMouse(control, { x, y }, action === 'move');
    if (action === 'down') this.#queue.add(() => control.pressMouse(button, clicks));
    if (action === 'up') this.#queue.add(() => control.releaseMouse(button, clicks));
  }

  /** @param isReplaced whether the next move makes it needless */
  #moveMouse(control: LiveControl, to: { readonly x: number; readonly y: number }, isReplaced = false): void {
    if (to.x === this.#mouse.x && to.y === this.#mouse.y) return;
    this.#mouse = to;
    this.#queue.add(() => control.moveMouse(to.x, to.y), isReplaced ? 'move' : undefined);
  }

  #key(control: LiveControl, action: 'down' | 'up', key: string): void {
    if (action === 'up') {
      this.#held.delete(key);
      this.#queue.add(() => control.releaseKey(key));
      return;
    }
    const rule = ruleOf(key, this.#held);
    if (rule === 'refuse') return;
    if (rule === 'press' && isModifier(key)) this.#held.add(key);
    this.#queue.add(() => (rule === 'press' ? control.pressKey(key) : control.insertText(key)));
  }

  async #copy(control: LiveControl, cut: boolean): Promise<void> {
    const text = await control.selection(maxTextChars);
    if (text === '') return;
    this.#options.tell({ type: 'copied', text });
    if (!cut) return;
    await control.pressKey('Delete');
    await control.releaseKey('Delete');
  }

  async #navigate(go: (signal: AbortSignal) => Promise<void>): Promise<void> {
    using deadline = new Deadline({
      ms: navigationTimeoutMs,
      reason: () => new MooringError('NAVIGATION_TIMEOUT', 'expected the page to answer in time; it did not.'),
      parent: this.#over.signal,
    });
    await this.#queue.caughtUp(finishTimeoutMs); // a form that was filled in is not left before it is
    if (!this.#isHeld) return; // given back meanwhile: the page is others' now
    await go(deadline.signal).catch((error: unknown) => {
      if (!this.#over.signal.aborted) this.#options.tell({ type: 'notice', text: errorMessage(error) });
    });
  }

  async #goTo(address: string, signal: AbortSignal): Promise<void> {
    const session = this.#session;
    const url = webAddress(address);
    this.#options.sessions.assertUrl(url);
    this.#egress?.name(url);
    if (!this.#control && session) {
      await session.openPage(signal);
      session.pageStarted();
      this.pageChanged();
    }
    await this.#control?.goTo(url, signal);
  }

  /** The page that the session shows; one that it had before it slept is gone to again. */
  async #openPage(session: Session, egress: EgressRequest, limits: StepLimits): Promise<void> {
    const { signal } = limits;
    if (session.usePage()) return;
    try {
      if (await revivePage(session, egress, limits, maxBodyBytes)) session.noteRestored([]);
    } catch (error) {
      if (signal.aborted || session.over.aborted) throw error;
      this.#options.tell({ type: 'notice', text: errorMessage(error) });
    }
    if (!session.page) await session.openPage(signal);
    session.pageStarted();
  }

  #placeOf({ x, y }: { readonly x: number; readonly y: number }): { readonly x: number; readonly y: number } {
    const { width = 0, height = 0 } = this.#options.viewport() ?? {};
    return { x: Math.min(x * width, width - 1), y: Math.min(y * height, height - 1) };
  }

  #used(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      this.#options.tell({ type: 'notice', text: 'You did nothing for a while: the session was given back.' });
      this.end();
    }, this.#options.idleMs ?? defaultIdleMs);
  }
}

const goers = {
  back: (control: LiveControl, signal: AbortSignal) => control.goBack(signal),
  forward: (control: LiveControl, signal: AbortSignal) => control.goForward(signal),
  reload: (control: LiveControl, signal: AbortSignal) => control.reload(signal),
} as const;

const turnDeadline = (parent: AbortSignal): Deadline =>
  new Deadline({
    ms: turnTimeoutMs,
    reason: () => new MooringError('NAVIGATION_TIMEOUT', 'expected the turn of this person in time; it did not come.'),
    parent,
  });

function untilAborted(signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    const onAbort = (): void => {
      for (const signal of signals) signal.removeEventListener('abort', onAbort);
      resolve();
    };
    for (const signal of signals) signal.addEventListener('abort', onAbort);
    if (signals.some(({ aborted }) => aborted)) onAbort();
  });
}
