import { useEffect, useRef, useState } from 'preact/hooks';
import { type ApiError, asApiError, type SessionEvent } from '../api.js';
import { followEvents } from '../event-stream.js';
import { shownTime } from '../format.js';
import { Failure } from '../shell/notice.js';
import { describeEvent, isBad } from './describe-event.js';
import { memo } from './memo.js';

const maxShown = 500;
const firstRetryMs = 1000;
const maxRetryMs = 30_000;

interface EventLogProps {
  readonly id: string;
  /** Undefined: it is not there, or no longer. */
  readonly state: string | undefined;
}

/** What happened in a session, and happens. One that wakes is followed again. */
export function EventLog({ id, state }: EventLogProps) {
  const [events, setEvents] = useState<readonly SessionEvent[]>([]);
  const [error, setError] = useState<ApiError>();
  const list = useRef<HTMLOListElement>(null);
  const isAtEnd = useRef(true);
  const isAwake = state !== undefined && state !== 'asleep';
  // The stream of a session ends when it falls asleep, and is opened again when it wakes.
  useEffect(() => {
    const over = new AbortController();
    void follow(id, over.signal, setEvents, setError);
    return () => over.abort();
  }, [id, isAwake]);
  useEffect(() => {
    const element = list.current;
    if (element && isAtEnd.current) element.scrollTop = element.scrollHeight;
  }, [events]);
  const onScroll = (): void => {
    const element = list.current;
    if (element) isAtEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < 40;
  };
  return (
    <>
      {error ? <Failure error={error} /> : null}
      {events.length === 0 && !error ? <p class="empty">Nothing yet.</p> : null}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by keyboard too */}
      <ol class="events" ref={list} onScroll={onScroll} tabIndex={0} aria-label="Events">
        {events.map((event) => (
          <Row key={event.sequence} event={event} />
        ))}
      </ol>
    </>
  );
}

const Row = memo(({ event }: { readonly event: SessionEvent }) => (
  <li class={isBad(event) ? 'bad' : ''}>
    <time class="number">{shownTime(event.at)}</time>
    <span class="kind">{event.kind}</span>
    <span class="what">{describeEvent(event)}</span>
  </li>
));

async function follow(
  id: string,
  signal: AbortSignal,
  setEvents: (change: (old: readonly SessionEvent[]) => readonly SessionEvent[]) => void,
  setError: (error: ApiError | undefined) => void,
): Promise<void> {
  let last = 0;
  for (let waitMs = firstRetryMs; !signal.aborted; waitMs = Math.min(maxRetryMs, waitMs * 2)) {
    try {
      // What is known is read again with the first try: the effect may begin anew.
      for await (const event of followEvents(id, last, signal)) {
        setError(undefined);
        waitMs = firstRetryMs;
        const isAfresh = event.sequence <= last;
        last = event.sequence;
        setEvents((old) =>
          [...(isAfresh || event.sequence === 1 ? [] : withoutLater(old, event)), event].slice(-maxShown),
        );
      }
      setError(undefined);
      return;
    } catch (cause) {
      if (signal.aborted) return;
      const error = asApiError(cause);
      setError(error);
      if (error.code !== 'UNREACHABLE' && error.code !== 'DRAINING') return;
    }
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
}

/** Those before an event: one that comes again takes its own place. */
const withoutLater = (events: readonly SessionEvent[], { sequence }: SessionEvent): readonly SessionEvent[] =>
  (events.at(-1)?.sequence ?? 0) < sequence ? events : events.filter((event) => event.sequence < sequence);
