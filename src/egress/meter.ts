import type { Socket } from 'node:net';

/** Counts the bytes of connections, those that are open among them. */
export class Meter {
  readonly #open = new Set<Socket>();
  #closedIn = 0;
  #closedOut = 0;

  /** Bytes that came from the network. */
  get bytesIn(): number {
    let sum = this.#closedIn;
    for (const socket of this.#open) sum += socket.bytesRead;
    return sum;
  }

  /** Bytes that went to the network. */
  get bytesOut(): number {
    let sum = this.#closedOut;
    for (const socket of this.#open) sum += socket.bytesWritten;
    return sum;
  }

  get total(): number {
    return this.bytesIn + this.bytesOut;
  }

  count(socket: Socket): void {
    this.#open.add(socket);
    socket.once('close', () => {
      this.#open.delete(socket);
      this.#closedIn += socket.bytesRead;
      this.#closedOut += socket.bytesWritten;
    });
  }
}
