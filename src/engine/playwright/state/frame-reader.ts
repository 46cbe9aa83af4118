import type { Frame, Page } from 'playwright-core';
import { settledWithin } from '../../../util/deadline.js';
import type { EvaluateInFrame } from '../channel/frame-evaluation.js';
import { settledInFairTime, systemClock } from '../fair-time.js';
import { encodeValue } from '../injected/encode-value.js';
import { type DatabasesReading, readDatabases } from '../injected/read-databases.js';
import {
  readStorage,
  readSurroundings,
  type StorageReading,
  type StorageSurroundings,
} from '../injected/read-storage.js';
import { type OriginRecord, storingOriginOf } from './origin-record.js';

/** How long a page may take to answer, and at most on a busy machine; one that runs without end never does. */
const answerTimeoutMs = 400;
const longestAnswerMs = 2000;
/** How long it may take to say what it has stored, once it has answered: ten million characters and more. */
const readingTimeoutMs = 5000;
/** How many frames of an origin are tried: a sandboxed one stores nothing. */
const maxTries = 3;

/** An origin that is shown, with its frames; those of the session's tab first. */
export interface ShownOrigin {
  readonly origin: string;
  readonly frames: readonly { readonly frame: Frame; readonly isTab: boolean }[];
  /** Whether a whole page is of it, not only frames. */
  readonly isWholePage: boolean;
}

/** The origins that these pages show. */
export function shownOrigins(pages: readonly Page[], tab: Page | undefined): ShownOrigin[] {
  const found = new Map<string, { frame: Frame; isTab: boolean }[]>();
  for (const page of [...pages].sort((a, b) => Number(b === tab) - Number(a === tab))) {
    for (const frame of page.frames()) {
      const origin = storingOriginOf(frame.url());
      if (origin === undefined) continue;
      const frames = found.get(origin) ?? [];
      if (frames.length < maxTries) frames.push({ frame, isTab: page === tab });
      found.set(origin, frames);
    }
  }
  return Array.from(found, ([origin, frames]) => ({
    origin,
    frames,
    isWholePage: frames.some(({ frame }) => !frame.parentFrame()),
  }));
}

/**
 * Takes over what an origin has stored.
 *
 * @returns `late` if it did not say so in time, `gone` if it is not shown any more
 */
export async function readOrigin(
  evaluate: EvaluateInFrame,
  { origin, frames }: ShownOrigin,
  record: OriginRecord,
  maxChars: number,
): Promise<'read' | 'late' | 'gone' | 'tooLarge'> {
  let isGone = false;
  for (const { frame, isTab } of frames) {
    const asked = evaluateInTime(evaluate, frame, readingOf(origin, record.mark, maxChars));
    const reading = (await asked) as StorageReading | undefined; // what it returns
    if (!reading) return frame.isDetached() || storingOriginOf(frame.url()) !== origin ? 'gone' : 'late';
    if (reading.kind === 'tooLarge') return 'tooLarge';
    if (reading.kind === 'items') takeItems(record, reading, isTab);
    if (reading.kind === 'items' || reading.kind === 'unchanged') return 'read';
    isGone ||= reading.kind === 'elsewhere';
  }
  return isGone ? 'gone' : 'read';
}

/** The expression that reads the storages of an origin. */
export const readingOf = (origin: string, mark: string, maxChars: number): string =>
  `(${readStorage})(${JSON.stringify(origin)}, ${JSON.stringify(mark)}, ${maxChars})`;

/** What an origin has beside its storages; nothing if it does not say so in time. */
export async function surroundingsOf(
  evaluate: EvaluateInFrame,
  { origin, frames: [first] }: ShownOrigin,
): Promise<StorageSurroundings | undefined> {
  if (!first) return undefined;
  const asked = evaluateInTime(evaluate, first.frame, `(${readSurroundings})(${JSON.stringify(origin)})`);
  return (await asked) as StorageSurroundings | undefined; // what it returns
}

/** The databases of an origin; nothing if it does not give them in time. @param maxChars the most that is read */
export async function databasesOf(
  evaluate: EvaluateInFrame,
  { frames: [first] }: ShownOrigin,
  maxChars: number,
): Promise<DatabasesReading | undefined> {
  if (!first) return undefined;
  const asked = evaluateInTime(evaluate, first.frame, databasesReadingOf(maxChars));
  return (await asked) as DatabasesReading | undefined; // what it returns
}

/** The expression that reads the databases of an origin. */
export const databasesReadingOf = (maxChars: number): string => `(${readDatabases})(${encodeValue}, ${maxChars})`;

/** Takes over what was read. @param isTab whether in the session's tab */
export function takeItems(
  record: OriginRecord,
  { mark, local, session }: Extract<StorageReading, { kind: 'items' }>,
  isTab: boolean,
): void {
  record.local = new Map(JSON.parse(local));
  if (isTab) record.session = new Map(JSON.parse(session));
  record.readChars = local.length + session.length;
  record.mark = isTab ? mark : ''; // of another tab, whose session storage is another
}

/** @returns undefined if it is not there in time, or failed */
async function evaluateInTime(evaluate: EvaluateInFrame, frame: Frame, expression: string): Promise<unknown> {
  let answer: unknown;
  let isOver = false;
  let onBegun = (): void => {};
  const begun = new Promise<void>((resolve) => {
    onBegun = resolve;
  });
  const answered = evaluate(frame, expression, onBegun).then((value) => {
    if (!isOver) answer = value;
  });
  const first = Promise.race([begun, answered]);
  if (await settledInFairTime(first, answerTimeoutMs, systemClock, longestAnswerMs))
    await settledWithin(answered, readingTimeoutMs);
  isOver = true;
  return answer;
}
