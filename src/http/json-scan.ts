import { MooringError } from '../errors.js';

/** A batch of 100 requests with 100 actions each has about as many. Reading as many takes a tenth of a second. */
const maxValues = 50_000;
/** Deeper than any command is nested; a `postData` may be. */
const maxDepth = 500;

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const opening = new Set([0x5b, 0x7b]);
const closing = new Set([0x5d, 0x7d]);

/**
 * Counts the values of JSON and its levels while it arrives, before anything is made of it: parsing takes the one thread
 * as long as there are values, and whoever walks what was parsed recurses as deep as it is nested.
 */
export class JsonScan {
  #inText = false;
  #isEscaped = false;
  #values = 0;
  #depth = 0;

  /** @throws MooringError `BODY_TOO_LARGE`, `INVALID_PARAMETER` */
  read(chunk: Uint8Array): void {
    for (let i = 0; i < chunk.length; i++) this.#next(chunk[i] as number); // in its bounds
    if (this.#values > maxValues)
      throw new MooringError('BODY_TOO_LARGE', `expected a body of at most ${maxValues} values; got more.`);
  }

  #next(byte: number): void {
    if (this.#inText) {
      if (this.#isEscaped) this.#isEscaped = false;
      else if (byte === backslash) this.#isEscaped = true;
      else if (byte === quote) this.#inText = false;
    } else if (byte === quote) this.#inText = true;
    else if (byte === comma) this.#values += 1;
    else if (opening.has(byte)) {
      this.#values += 1;
      this.#depth += 1;
      if (this.#depth > maxDepth)
        throw new MooringError('INVALID_PARAMETER', `expected a body of at most ${maxDepth} levels; got more.`);
    } else if (closing.has(byte)) this.#depth -= 1;
  }
}
