import type { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { errorMessage, MooringError, settingName } from '../errors.js';
import type { ByteBudget } from '../util/byte-budget.js';
import { JsonScan } from './json-scan.js';

/** Bodies up to this size are bounded by the number of connections alone. */
const smallBytes = 64 * 1024;
/** How much of the budget a body of unknown length takes at a time. */
const stepBytes = 1024 * 1024;
/** How long a body waits for its share of the budget. */
const waitMs = 5000;
const retryAfterMs = 1000;

export interface BodyReaderOptions {
  readonly limitBytes: number;
  /** Of all bodies together. A body has its share from its first byte until its command is answered. */
  readonly budget: ByteBudget;
}

/** Reads the bodies of commands: JSON, whatever the content type says. */
export class BodyReader {
  readonly #options: BodyReaderOptions;
  readonly #shares = new WeakMap<FastifyRequest, { bytes: number }>();

  constructor(options: BodyReaderOptions) {
    this.#options = options;
  }

  /**
   * Waits until there is room for the body of this request. The room is given back when its response has been sent.
   *
   * @throws MooringError `BODY_TOO_LARGE`, `NO_CAPACITY`
   */
  async admit(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { limitBytes, budget } = this.#options;
    const declared = Number(request.headers['content-length'] ?? 0);
    if (declared > limitBytes) throw this.#tooLarge();
    const share = { bytes: 0 };
    this.#shares.set(request, share);
    if (declared > smallBytes) {
      if (!(await budget.take(declared, waitMs))) throw noRoom();
      share.bytes = declared;
    }
    const giveBack = (): void => budget.give(share.bytes);
    if (reply.raw.destroyed) giveBack();
    else reply.raw.once('close', giveBack);
  }

  /** The value of a body. @throws MooringError `INVALID_BODY`, `INVALID_PARAMETER`, `BODY_TOO_LARGE`, `NO_CAPACITY` */
  async read(request: FastifyRequest, payload: Readable): Promise<unknown> {
    const whole = (await this.#bytesOf(request, payload)).toString();
    // Some editors and shells put a byte order mark before it.
    const text = whole.startsWith('\uFEFF') ? whole.slice(1) : whole;
    if (text === '') return undefined;
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new MooringError('INVALID_BODY', `expected a JSON object as the body; ${jsonProblem(error)}.`, {
        cause: error,
      });
    }
  }

  #bytesOf(request: FastifyRequest, payload: Readable): Promise<Buffer> {
    const scan = new JsonScan();
    const chunks: Buffer[] = [];
    let bytes = 0;
    return new Promise((resolve, reject) => {
      const fail = (error: unknown): void => {
        payload.off('data', onData);
        reject(error);
      };
      const onData = (chunk: Buffer): void => {
        bytes += chunk.length;
        try {
          this.#assertRoom(request, bytes);
          scan.read(chunk);
          chunks.push(chunk);
        } catch (error) {
          fail(error);
        }
      };
      payload.on('data', onData);
      payload.once('end', () => resolve(Buffer.concat(chunks, bytes)));
      payload.once('error', (cause) =>
        fail(new MooringError('INVALID_BODY', 'expected the whole body; its connection broke off.', { cause })),
      );
    });
  }

  #assertRoom(request: FastifyRequest, bytes: number): void {
    const { limitBytes, budget } = this.#options;
    if (bytes > limitBytes) throw this.#tooLarge();
    const share = this.#shares.get(request);
    if (!share || bytes <= Math.max(smallBytes, share.bytes)) return;
    if (!budget.tryTake(stepBytes)) throw noRoom();
    share.bytes += stepBytes;
  }

  #tooLarge(): MooringError {
    return new MooringError(
      'BODY_TOO_LARGE',
      `expected a body of at most ${this.#options.limitBytes} bytes; got a larger one.`,
    );
  }
}

const noRoom = (): MooringError =>
  new MooringError(
    'NO_CAPACITY',
    `expected room for the body among those of other commands (${settingName('bufferLimit')}); there was none.`,
    { retryAfterMs },
  );

/** Where a text stops being JSON, without the words of the parser, which repeat the text. */
function jsonProblem(error: unknown): string {
  const message = errorMessage(error);
  if (/end of JSON|unterminated/i.test(message)) return 'got JSON that ends too early';
  const at = /position (\d+)/.exec(message)?.[1];
  return at === undefined
    ? 'got text that is not JSON'
    : `got text that is not JSON from character ${Number(at) + 1} on`;
}
