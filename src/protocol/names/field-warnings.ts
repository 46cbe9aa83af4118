import { MooringError } from '../../errors.js';

/** How many unknown fields are told by name. */
const maxTold = 20;
/** How many a command may have: each is looked at. */
const maxUnknown = 1000;

/** What a command is told of its field names, and how much of that there may be. */
export class FieldWarnings {
  readonly #told: string[] = [];
  #unknown = 0;

  /** Something that had no effect though the name is known. */
  add(sentence: string): void {
    if (this.#told.length < 2 * maxTold) this.#told.push(sentence);
  }

  /** @param sentence made only if it is told */
  addUnknown(sentence: () => string): void {
    this.#unknown += 1;
    if (this.#unknown <= maxTold) this.#told.push(sentence());
    if (this.#unknown > maxUnknown) {
      throw new MooringError(
        'INVALID_PARAMETER',
        `\`body\`: expected at most ${maxUnknown} fields that the API does not have; got more.`,
      );
    }
  }

  get sentences(): string[] {
    const more = this.#unknown - maxTold;
    return more > 0
      ? [...this.#told, `${more} more unknown field${more === 1 ? '' : 's'} had no effect.`]
      : [...this.#told];
  }
}
