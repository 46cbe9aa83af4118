import { once } from 'node:events';
import { type ClientOptions, WebSocket } from 'ws';

type Message = Record<string, unknown>;

/** A watcher that speaks the view's messages itself. It takes no picture until it is told to. */
export class RawWatcher {
  readonly socket: WebSocket;
  readonly told: Message[] = [];
  readonly pictures: Buffer[] = [];
  /** The close code, once it is closed. */
  readonly closed: Promise<number>;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) this.pictures.push(data);
      else this.told.push(JSON.parse(String(data)));
    });
    socket.on('error', () => {}); // it closes
    this.closed = new Promise((resolve) => socket.once('close', (code) => resolve(code)));
  }

  /** @throws when it is refused */
  static async open(
    viewUrl: string,
    headers: Record<string, string> = {},
    options: ClientOptions = {},
  ): Promise<RawWatcher> {
    const watcher = new RawWatcher(new WebSocket(`${viewUrl.replace(/^http/, 'ws')}/live`, { ...options, headers }));
    await once(watcher.socket, 'open');
    return watcher;
  }

  /** What it was told last of the session. */
  get state(): Message | undefined {
    return this.told.findLast(({ type }) => type === 'state');
  }

  get notices(): unknown[] {
    return this.told.filter(({ type }) => type === 'notice').map(({ text }) => text);
  }

  send(message: Message | Buffer): void {
    this.socket.send(Buffer.isBuffer(message) ? message : JSON.stringify(message));
  }

  async leave(): Promise<void> {
    this.socket.close();
    await this.closed;
  }
}
