import { createHash } from 'node:crypto';

export interface StateKey {
  /** Tells which key a record was sealed with, and nothing about the key: 8 bytes. */
  readonly id: Buffer;
  /** 32 bytes. */
  readonly secret: Buffer;
}

/** The keys of stored sessions: the first seals, each of them opens. */
export class StateKeys {
  readonly #keys: readonly StateKey[];

  /** @param texts 64 hex digits each; none: records are not sealed */
  constructor(texts: readonly string[]) {
    this.#keys = texts.map((text) => {
      const secret = Buffer.from(text, 'hex');
      return { id: createHash('sha256').update('mooring state key').update(secret).digest().subarray(0, 8), secret };
    });
  }

  /** The key that new records are sealed with, if there is one. */
  get sealing(): StateKey | undefined {
    return this.#keys[0];
  }

  /** The key with this ID, if it is known here. */
  find(id: Uint8Array): StateKey | undefined {
    return this.#keys.find((key) => key.id.equals(id));
  }
}
