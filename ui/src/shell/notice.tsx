import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { ApiError } from '../api.js';
import type { Poll } from '../poll.js';
import { usePoll } from '../poll.js';

/** What to say of an error before its own sentence. */
const titles: Readonly<Record<string, string>> = {
  UNREACHABLE: 'Server gone',
  DRAINING: 'Server shutting down',
  UNAUTHORIZED: 'Not let in',
  SESSION_ENDED: 'Session ended',
  SESSION_NOT_FOUND: 'No such session',
};

interface FailureProps {
  readonly error: ApiError;
  readonly children?: ComponentChildren;
}

/** An error in plain words, with its code and the page that explains it. */
export function Failure({ error, children }: FailureProps) {
  const title = titles[error.code];
  return (
    <div class="notice failure" role="alert">
      <p>
        <strong>{title ?? error.code}</strong> {error.message}
        {error.info === undefined ? null : (
          <>
            {' '}
            <a href={error.info} target="_blank" rel="noreferrer">
              {error.code}
            </a>
          </>
        )}
      </p>
      {children}
    </div>
  );
}

/** That what is shown is old, and when it is read again. */
export function PollFailure<T>({ poll }: { readonly poll: Poll<T> }) {
  const { error, retryAt } = usePoll(poll);
  if (!error) return null;
  return (
    <Failure error={error}>
      {retryAt === undefined ? null : <Countdown until={retryAt} />}
      <button type="button" onClick={() => poll.refresh()}>
        Try now
      </button>
    </Failure>
  );
}

function Countdown({ until }: { readonly until: number }) {
  const now = useNow(1000);
  const seconds = Math.max(0, Math.ceil((until - now) / 1000));
  // Not spoken each second.
  return (
    <span class="muted" aria-hidden="true">
      Next try {seconds === 0 ? 'now' : `in ${seconds} s`}
    </span>
  );
}

/** The time, now and then. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
