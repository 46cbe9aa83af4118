import { MooringError } from '../../errors.js';

/**
 * What a caller wrote in place of a value, and why it is none. It stands where the value would until somebody needs that: a
 * session that is open with other options, or an earlier failure of its ID, is told first.
 */
export class Unreadable<W> {
  readonly written: W;
  readonly refusal: MooringError;

  constructor(written: W, refusal: MooringError) {
    this.written = written;
    this.refusal = refusal;
  }
}

/** A value, or what was written in its place. */
export type Reading<T, W = string> = T | Unreadable<W>;

/** Reads what was written, if anything was. */
export function read<T, W>(written: W | undefined, parse: (written: W) => T): Reading<T, W> | undefined {
  if (written === undefined) return undefined;
  try {
    return parse(written);
  } catch (error) {
    if (error instanceof MooringError) return new Unreadable(written, error);
    throw error;
  }
}

/** The value that was read, if anything was written. @throws MooringError the refusal of what is none */
export function valueOfReading<T, W>(reading: Reading<T, W> | undefined): T | undefined {
  if (reading instanceof Unreadable) throw reading.refusal;
  return reading;
}
