import { MooringError, settingName } from '../errors.js';

export interface OwnerQuotaOptions {
  /** How much all owners may have together. */
  readonly limitBytes: number;
  readonly limitPerOwnerBytes: number;
}

/** What is stored for an owner; for `undefined`: what cannot be read, so that it is not known whose it is. */
export interface Share {
  readonly owner: string | undefined;
  readonly bytes: number;
}

/** Counts what each owner has stored. */
export class OwnerQuota {
  readonly #options: OwnerQuotaOptions;
  readonly #bytesOf = new Map<string, number>();
  #bytes = 0;

  constructor(options: OwnerQuotaOptions) {
    this.#options = options;
  }

  bytesOf(owner: string | undefined): number {
    return owner === undefined ? 0 : (this.#bytesOf.get(owner) ?? 0);
  }

  /** Counts, whatever the limits are: what is there already, or what goes (negative). */
  count(owner: string | undefined, bytes: number): void {
    this.#bytes += bytes;
    if (owner === undefined) return;
    const sum = this.bytesOf(owner) + bytes;
    if (sum > 0) this.#bytesOf.set(owner, sum);
    else this.#bytesOf.delete(owner);
  }

  /**
   * Counts one share in place of another.
   *
   * @throws MooringError `STATE_NOT_KEPT` naming the setting, if it is more than there is room for; nothing is changed then.
   *   What takes no more than before is never refused.
   */
  exchange(gone: Share, comes: Share & { readonly owner: string }): void {
    const { limitBytes, limitPerOwnerBytes } = this.#options;
    const more = comes.bytes - (gone.owner === comes.owner ? gone.bytes : 0);
    if (more > 0) {
      const ofOwner = this.bytesOf(comes.owner) + more;
      assertRoom(ofOwner, limitPerOwnerBytes, 'the stored sessions of one key', 'stateLimitPerKey');
      assertRoom(this.#bytes - gone.bytes + comes.bytes, limitBytes, 'all stored sessions', 'stateLimit');
    }
    this.count(gone.owner, -gone.bytes);
    this.count(comes.owner, comes.bytes);
  }
}

function assertRoom(bytes: number, limitBytes: number, whose: string, setting: string): void {
  if (bytes <= limitBytes) return;
  throw new MooringError(
    'STATE_NOT_KEPT',
    `expected at most ${limitBytes} bytes for ${whose} (${settingName(setting)}); with this one they would take ${bytes}.`,
  );
}
