import { setImmediate as eventsDelivered } from 'node:timers/promises';
import { MooringError } from '../../../errors.js';
import { abortable, settledWithin } from '../../../util/deadline.js';
import type { DocumentReading, DocumentReadLimits, LoadState } from '../../engine.js';
import type { MainFrame } from '../navigation/main-frame.js';
import type { NavigationSubject } from '../navigation/wait-for-load.js';
import { DocumentGoneError, isDocumentGone } from './page-reader.js';

/** How many documents a page may come to by itself, one after another, before it is held where it is. */
const maxMoves = 10;
/** How often a page may move on under a reading before it is held for it. */
const maxOvertaken = 3;
/** How often a page that is held may still get away. */
const maxEscapes = 3;
/** How long a page may take to send the request of a navigation that a script has asked for. */
const requestedTimeoutMs = 500;
/** How long after a navigation that failed the browser may take to show its own page about it. */
const errorPageTimeoutMs = 1000;
const holdTimeoutMs = 1000;
/** How long answers of a document that is gone may come after the next one. */
const lateAnswerMs = 50;

/**
 * Runs a reading so that all it sees is of one document.
 *
 * ```
 * follow what is under way ─▶ read ─▶ is it the same document still? ─▶ result
 *        ▲                                    │ no
 *        └────────────────────────────────────┘  a page that never stands still is held
 * ```
 *
 * Answers of the page and the driver's events come in one order: what a document answered comes after the event that it is
 * shown, so that counting documents before and after tells whether there was another one.
 */
export async function readOneDocument<T>(
  subject: NavigationSubject,
  read: () => Promise<T>,
  limits: DocumentReadLimits,
): Promise<DocumentReading<T>> {
  const { mainFrame, channel } = subject;
  const { signal } = limits;
  const until = performance.now() + limits.timeoutMs;
  let held: DocumentReading<T>['held'];
  let release: (() => Promise<void>) | undefined;
  const hold = async (why: 'moving' | 'late'): Promise<void> => {
    held = why;
    release ??= await abortable(channel.holdNavigations(), signal, (late) => late());
    await bringToRest(subject, why, limits.loadState, signal);
  };
  try {
    for (let overtaken = 0; ; overtaken++) {
      if (release) await bringToRest(subject, 'late', limits.loadState, signal);
      else {
        const course = await followMoves(subject, { ...limits, timeoutMs: until - performance.now() });
        if (course !== 'still') await hold(course);
        else if (overtaken >= maxOvertaken) await hold('moving');
      }
      const documents = mainFrame.documents;
      const over = outcomeOf(onThisDocument(mainFrame, read()));
      // Nor does the browser let a page answer while it is on its way elsewhere, and that may take for ever.
      const leftMs = Math.max(0, until - performance.now());
      if (!(await settledWithin(abortable(over, signal), leftMs)) && mainFrame.pending) await hold('late');
      const outcome = await abortable(over, signal);
      await eventsDelivered();
      signal.throwIfAborted();
      const isMoving = mainFrame.pending !== undefined || mainFrame.expectsErrorPage;
      const isStill = mainFrame.documents === documents && (held !== undefined || !isMoving);
      if (isStill && 'value' in outcome) return { value: outcome.value, ...(held ? { held } : {}) };
      if (isStill && 'error' in outcome && !isDocumentGone(outcome.error)) throw outcome.error;
      if (overtaken >= maxOvertaken + maxEscapes) {
        throw new MooringError(
          'BROWSER_FAILED',
          'expected the page to stand still for as long as it takes to read it; it went on to other documents each time.',
          'error' in outcome ? { cause: outcome.error } : {},
        );
      }
    }
  } finally {
    await release?.();
  }
}

type Outcome<T> = { readonly value: T } | { readonly error: unknown };

/**
 * Work on the document that is shown. What is asked of a document that goes may never be answered.
 *
 * @throws DocumentGoneError when another document is shown before it is done
 */
export async function onThisDocument<T>(mainFrame: MainFrame, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let stop = (): void => {};
  const gone = new Promise<never>((_resolve, reject) => {
    // Answers of the one before have their time.
    stop = mainFrame.onDocument(() => {
      timer ??= setTimeout(() => reject(new DocumentGoneError()), lateAnswerMs);
    });
  });
  try {
    return await Promise.race([work, gone]);
  } finally {
    stop();
    clearTimeout(timer);
  }
}

/** What comes of work, so that nobody has to catch it. */
const outcomeOf = <T>(work: Promise<T>): Promise<Outcome<T>> =>
  work.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );

/**
 * Waits as long as the page is on its way elsewhere, and until what it came to has loaded.
 *
 * @returns `moving` when it has come to one document after another and goes on, `late` when it is still on its way when the
 *   time is over
 */
export async function followMoves(
  subject: NavigationSubject,
  { loadState = 'load', timeoutMs, signal }: DocumentReadLimits,
): Promise<'still' | 'moving' | 'late'> {
  const { mainFrame } = subject;
  const until = performance.now() + timeoutMs;
  const start = mainFrame.documents;
  for (;;) {
    // What the page has just set out for may not have been told yet.
    await eventsDelivered();
    const change = mainFrame.nextChange;
    const { pending } = mainFrame;
    const leftMs = until - performance.now();
    if (mainFrame.documents - start > maxMoves) return 'moving';
    if (pending) {
      if (leftMs <= 0) return 'late';
      const waitMs = pending.isSent ? leftMs : Math.min(leftMs, requestedTimeoutMs);
      const hasChanged = await settledWithin(abortable(change, signal), waitMs);
      signal.throwIfAborted();
      if (!hasChanged && !pending.isSent && mainFrame.pending?.key === pending.key) mainFrame.dismiss(pending);
      continue;
    }
    if (mainFrame.expectsErrorPage && leftMs > 0) {
      const isShown = await settledWithin(abortable(change, signal), Math.min(leftMs, errorPageTimeoutMs));
      signal.throwIfAborted();
      if (!isShown) mainFrame.dismissErrorPage();
      continue;
    }
    if (mainFrame.isLoaded || !mainFrame.showsSite || leftMs <= 0) return 'still';
    await loadOf(subject, loadState, leftMs, change, signal);
  }
}

/** Waits until the document that is shown has loaded, another one comes, or the time is over. */
async function loadOf(
  { page, mainFrame }: NavigationSubject,
  loadState: LoadState,
  timeoutMs: number,
  change: Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const documents = mainFrame.documents;
  const loading = page.waitForLoadState(loadState, { timeout: timeoutMs });
  loading.catch(() => {}); // what is there by then is read
  await settledWithin(abortable(Promise.race([loading, change]), signal), timeoutMs);
  signal.throwIfAborted();
  if (mainFrame.documents === documents && !mainFrame.pending) mainFrame.noteLoaded();
}

/** Ends what a page that is held has under way, and lets its document become complete. */
async function bringToRest(
  { page, mainFrame, channel }: NavigationSubject,
  why: 'moving' | 'late',
  loadState: LoadState = 'load',
  signal: AbortSignal,
): Promise<void> {
  const until = performance.now() + holdTimeoutMs;
  const leftMs = (): number => Math.max(1, until - performance.now());
  // What one of many moves has under way is there in a moment, and is better to read than what was broken off.
  if (why === 'moving' && mainFrame.pending) await settledWithin(abortable(mainFrame.nextChange, signal), leftMs() / 2);
  if (mainFrame.pending) await giveUpPending({ page, mainFrame, channel }, leftMs(), signal);
  signal.throwIfAborted();
  // Of one that was there for long nothing more is to be expected.
  if (why === 'late') return;
  const state = loadState === 'networkidle' ? 'load' : loadState;
  await page.waitForLoadState(state, { timeout: leftMs() }).catch(() => {}); // what is there by then is read
}

/** Stops what the page has under way. The browser lets it answer nothing until then. */
export async function giveUpPending(
  { mainFrame, channel }: NavigationSubject,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<void> {
  const change = mainFrame.nextChange;
  await settledWithin(abortable(channel.stopLoading(), signal), timeoutMs);
  if (mainFrame.pending) await settledWithin(abortable(change, signal), timeoutMs);
}
