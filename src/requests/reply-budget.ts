import { MooringError, settingName } from '../errors.js';
import type { ByteBudget } from '../util/byte-budget.js';

/** How long a reply waits for its share of what all may hold. */
const waitMs = 5000;
const retryAfterMs = 1000;
/** Headers, cookies and the like, which a small limit is not meant for. */
const smallChange = 64 * 1024;

/**
 * How many characters the reply of one command may have, and through it all of them together. What it holds counts until
 * the reply has been sent.
 */
export class ReplyBudget {
  readonly #limitBytes: number;
  readonly #all: ByteBudget;
  #taken = 0;
  #isOver = false;

  /** @param limitBytes of pages and files; as base64 they have a third more characters */
  constructor(limitBytes: number, all: ByteBudget) {
    this.#limitBytes = limitBytes;
    this.#all = all;
  }

  /** How large the largest reply can be, for a limit. */
  static largest(limitBytes: number): number {
    return Math.ceil((limitBytes * 4) / 3) + smallChange;
  }

  /** How many bytes a page or file may still have. */
  get leftBytes(): number {
    return Math.max(1, Math.min(this.#limitBytes, ReplyBudget.largest(this.#limitBytes) - this.#taken));
  }

  /**
   * Makes room for a part of the reply.
   *
   * @throws MooringError `RESPONSE_TOO_LARGE` when the reply has no room for it, `NO_CAPACITY` when all replies have none
   */
  async take(part: unknown, signal: AbortSignal): Promise<void> {
    const size = sizeOf(part, 0);
    if (this.#taken + size > ReplyBudget.largest(this.#limitBytes)) {
      throw new MooringError(
        'RESPONSE_TOO_LARGE',
        `expected a reply of at most ${this.#limitBytes} bytes in all (${settingName('responseLimit')}); there is more.`,
      );
    }
    if (!(await this.#all.take(size, waitMs, signal))) {
      signal.throwIfAborted();
      throw new MooringError(
        'NO_CAPACITY',
        `expected room for the reply among those of other commands (${settingName('bufferLimit')}); there was none.`,
        { retryAfterMs },
      );
    }
    if (this.#isOver) this.#all.give(size);
    else this.#taken += size;
  }

  /** The reply has been sent, or nobody waits for it. */
  release(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#all.give(this.#taken);
  }
}

/** Deeper than a page's own data is nested; writing what is much deeper fails. */
const maxDepth = 1000;

/** About how many characters the JSON of a value has. @throws MooringError `RESPONSE_TOO_LARGE` */
function sizeOf(value: unknown, depth: number): number {
  if (depth > maxDepth) {
    throw new MooringError(
      'RESPONSE_TOO_LARGE',
      `expected a reply of at most ${maxDepth} levels; what the page gave is nested deeper.`,
    );
  }
  if (typeof value === 'string') return value.length + 2;
  if (typeof value !== 'object' || value === null) return 8;
  let size = 2;
  if (Array.isArray(value)) for (const item of value) size += sizeOf(item, depth + 1) + 1;
  else for (const [name, item] of Object.entries(value)) size += name.length + sizeOf(item, depth + 1) + 4;
  return size;
}
