import type { GivenFile, LivePicture, PictureOptions } from '../../engine/live-page.js';
import { type ClientSocket, closeCodes } from '../client-socket.js';
import { FileIntake } from './file-intake.js';
import { MessageRate } from './message-rate.js';
import {
  type ControlState,
  type FilesMessage,
  type InputMessage,
  readMessage,
  type ViewMessage,
  type WatcherMessage,
} from './view-messages.js';

/** What a watcher looks at. */
export interface WatchedView {
  add(watcher: Watcher): void;
  remove(watcher: Watcher): void;
  /** Its window is another. */
  resize(): void;
  /** It can soon show another picture. */
  wantPicture(): void;
  take(watcher: Watcher): void;
  give(watcher: Watcher): void;
  isControlledBy(watcher: Watcher): boolean;
  input(watcher: Watcher, message: InputMessage): void;
  chooseFiles(watcher: Watcher, chooser: string, files: readonly GivenFile[]): void;
}

export interface WatcherOptions {
  readonly socket: ClientSocket;
  readonly view: WatchedView;
  /** Whether its link lets it take control. */
  readonly mayControl: boolean;
  /** How long its link is good. */
  readonly ttlMs: number;
  readonly maxUploadBytes: number;
  /** How often it is told that its connection lives: pages do not see the pings of a socket. Default: 10 s. */
  readonly heartbeatMs?: number | undefined;
}

/** More messages than a person makes. Pieces of files are counted by their bytes. */
const messageBurst = 300;
const messagesPerSecond = 150;

const maxPictureSide = 2000;
/** Sizes are rounded up to so many pixels: a window that is pulled larger begins few times anew. */
const sizeStep = 80;
const smallSide = 480;
const quality = { small: 50, large: 65 } as const;
/** So long before it takes another picture, that one is asked for: the browser draws, captures and encodes it first. */
const leadMs = 150;
/** Until it tells its window. */
const defaultWindow = { width: 1280, height: 1024, rate: 10 };
const defaultHeartbeatMs = 10_000;
const maxTimeoutMs = 2 ** 31 - 1;

/**
 * One that looks at a session. It gets the newest picture when it has shown the last one: a slow one gets fewer, and none
 * waits.
 *
 * ```
 * picture ─▶ sent … taken ─▶ next one asked for ─▶ ready (not before its rate allows) ─▶ the newest since, or the next one
 * ```
 */
export class Watcher {
  readonly mayControl: boolean;
  readonly #options: WatcherOptions;
  readonly #rate = new MessageRate(messageBurst, messagesPerSecond);
  readonly #linkOver: NodeJS.Timeout;
  readonly #heartbeat: NodeJS.Timeout;
  #window: { readonly width: number; readonly height: number; readonly rate: number } = defaultWindow;
  #isReady = true;
  #sentAt = 0;
  #pending: LivePicture | undefined;
  #askTimer: NodeJS.Timeout | undefined;
  #readyTimer: NodeJS.Timeout | undefined;
  #lastState = '';
  #intake: FileIntake | undefined;
  #isOver = false;

  constructor(options: WatcherOptions) {
    const { socket, view, mayControl, ttlMs, heartbeatMs = defaultHeartbeatMs } = options;
    this.#options = options;
    this.mayControl = mayControl;
    const end = (): void => this.end('The time of this link is over.');
    this.#linkOver = setTimeout(end, Math.min(ttlMs, maxTimeoutMs));
    this.#linkOver.unref();
    const sayAlive = (): void => this.tell({ type: 'alive', everyMs: heartbeatMs });
    this.#heartbeat = setInterval(sayAlive, heartbeatMs);
    this.#heartbeat.unref();
    socket.onMessage = (text) => this.#receive(text);
    socket.onBytes = (bytes) => this.#receiveBytes(bytes);
    socket.closed.addEventListener('abort', () => {
      this.#stop();
      view.remove(this);
    });
    if (socket.closed.aborted) this.#stop();
    else {
      view.add(this);
      sayAlive();
    }
  }

  /** Pictures as its window takes them; nothing if it does not look. */
  get pictures(): PictureOptions | undefined {
    const { width, height, rate } = this.#window;
    if (rate === 0 || width === 0 || height === 0) return undefined;
    const side = (pixels: number): number => Math.min(maxPictureSide, Math.ceil(pixels / sizeStep) * sizeStep);
    const isSmall = Math.max(width, height) <= smallSide;
    return { maxWidth: side(width), maxHeight: side(height), quality: isSmall ? quality.small : quality.large };
  }

  /** Whether it can be sent a picture now. */
  get isReady(): boolean {
    return this.#isReady && this.#window.rate > 0;
  }

  offer(picture: LivePicture): void {
    if (!this.isReady) {
      this.#pending = picture;
      return;
    }
    this.#pending = undefined;
    this.#isReady = false;
    this.#sentAt = performance.now();
    this.#options.socket.send(picture.jpeg);
  }

  tell(message: Exclude<ViewMessage, { readonly type: 'state' }>): void {
    this.#options.socket.send(JSON.stringify(message));
  }

  /** Tells how the session is shown, if that is not what it was told last. */
  tellState(state: object, control: ControlState): void {
    const text = JSON.stringify({ ...state, control, mayControl: this.mayControl });
    if (text === this.#lastState) return;
    this.#lastState = text;
    this.#options.socket.send(text);
  }

  /** Says goodbye. */
  end(text: string, code: number = closeCodes.normal): void {
    if (this.#isOver) return;
    this.tell({ type: 'over', text });
    this.#close(code, text);
  }

  #close(code: number, text: string): void {
    this.#isOver = true;
    this.#stop();
    this.#options.socket.close(code, text);
    this.#options.view.remove(this);
  }

  #stop(): void {
    clearTimeout(this.#linkOver);
    clearTimeout(this.#askTimer);
    clearTimeout(this.#readyTimer);
    clearInterval(this.#heartbeat);
  }

  #receive(text: string): void {
    if (this.#isOver) return;
    const message = readMessage(text);
    if (!message) {
      this.#close(closeCodes.policy, 'expected a message of the view; got another');
      return;
    }
    if (!this.#rate.take()) {
      this.#close(closeCodes.policy, 'more messages than a person makes');
      return;
    }
    this.#take(message);
  }

  #take(message: WatcherMessage): void {
    const { view } = this.#options;
    if (message.type === 'taken') this.#onTaken();
    else if (message.type === 'window') {
      this.#window = message;
      view.resize();
      if (this.#pending && this.isReady) this.offer(this.#pending);
    } else if (!this.mayControl) this.tell({ type: 'notice', text: 'This link only lets you watch.' });
    else if (message.type === 'take') view.take(this);
    else if (message.type === 'give') view.give(this);
    else if (message.type === 'files') this.#beginFiles(message);
    else view.input(this, message);
  }

  #onTaken(): void {
    if (this.#isReady) return;
    const waitMs = this.#sentAt + 1000 / Math.max(this.#window.rate, 1) - performance.now();
    clearTimeout(this.#askTimer);
    clearTimeout(this.#readyTimer);
    this.#askTimer = setTimeout(() => this.#options.view.wantPicture(), Math.max(0, waitMs - leadMs));
    this.#readyTimer = setTimeout(() => this.#onReady(), Math.max(0, waitMs));
    this.#askTimer.unref();
    this.#readyTimer.unref();
  }

  #onReady(): void {
    this.#isReady = true;
    if (this.#pending) this.offer(this.#pending);
  }

  #beginFiles(message: FilesMessage): void {
    const { view, maxUploadBytes } = this.#options;
    if (!view.isControlledBy(this)) return;
    const intake = FileIntake.begin(message, maxUploadBytes);
    this.#intake = intake;
    if (!intake) {
      const most = Math.floor(maxUploadBytes / 1024 ** 2);
      this.tell({ type: 'notice', text: `The files are too large: at most ${most} MB in all can be chosen.` });
      view.chooseFiles(this, message.id, []);
    } else this.#finishFiles();
  }

  #receiveBytes(bytes: Buffer): void {
    if (!this.#intake || this.#isOver) return; // refused before they came
    if (!this.#intake.take(bytes)) this.#close(closeCodes.policy, 'more bytes of files than announced');
    else this.#finishFiles();
  }

  #finishFiles(): void {
    const intake = this.#intake;
    if (!intake?.isComplete) return;
    this.#intake = undefined;
    this.#options.view.chooseFiles(this, intake.chooser, intake.finish());
  }
}
