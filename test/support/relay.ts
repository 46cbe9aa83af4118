import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A network between a client and a server, which can be gone without either being told. */
export class Relay {
  readonly #targetPort: number;
  readonly #sockets = new Set<Socket>();
  #isGone = false;
  readonly #server = createServer((client) => {
    const server = connect(this.#targetPort, '127.0.0.1');
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(from);
      from.on('error', () => {}); // it closes
      from.on('data', (bytes) => {
        if (!this.#isGone) to.write(bytes);
      });
      from.on('close', () => {
        this.#sockets.delete(from);
        if (!this.#isGone) to.destroy();
      });
    }
  });

  /** @param target an address at 127.0.0.1 */
  constructor(target: string) {
    this.#targetPort = Number(new URL(target).port);
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  /** The same address, through this network. */
  through(url: string): string {
    const { port } = this.#server.address() as AddressInfo; // it listens
    return Object.assign(new URL(url), { port: String(port) }).href;
  }

  /** From now on nothing comes through, and no end either. */
  vanish(): void {
    this.#isGone = true;
  }

  /** New connections come through again; those of before stay dead. */
  comeBack(): void {
    for (const socket of this.#sockets) socket.removeAllListeners('data').resume();
    this.#isGone = false;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
