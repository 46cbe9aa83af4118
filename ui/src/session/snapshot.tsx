import { useEffect, useState } from 'preact/hooks';
import { type SessionRow, send } from '../api.js';
import { shownTime } from '../format.js';
import { Failure } from '../shell/notice.js';
import { useWork } from '../shell/use-work.js';

/** A picture waits so long for the session's turn, milliseconds. */
const timeout = 15_000;

interface Picture {
  readonly url: string;
  readonly takenAt: number;
}

/** A picture of the page when one is asked for. It is a request: it waits for its turn, and renews the session. */
export function Snapshot({ row }: { readonly row: SessionRow }) {
  const [picture, setPicture] = useState<Picture>();
  const { isBusy, error, run } = useWork();
  useEffect(() => () => void (picture && URL.revokeObjectURL(picture.url)), [picture]);
  const take = (): void =>
    void run(async (signal) => {
      const blob = await screenshotOf(row.session, signal);
      setPicture({ url: URL.createObjectURL(blob), takenAt: Date.now() });
    });
  return (
    <section class="picture" aria-label="Page">
      <div class="buttons">
        <button type="button" onClick={take} disabled={isBusy}>
          {isBusy ? 'Taking…' : 'Take a picture'}
        </button>
        <span class="muted" role="status">
          {picture ? `Taken at ${shownTime(picture.takenAt)}` : ''}
        </span>
      </div>
      {error ? <Failure error={error} /> : null}
      {picture ? (
        <img src={picture.url} alt={`Live view of ${row.session}`} />
      ) : (
        <p class="empty">
          {row.state === 'asleep' ? 'A picture wakes the session.' : 'A picture is a request: it renews the session.'}
        </p>
      )}
    </section>
  );
}

async function screenshotOf(session: string, signal: AbortSignal): Promise<Blob> {
  const body = {
    cmd: 'request.get',
    session,
    mustExist: true,
    keepSamePage: true,
    screenshot: true,
    filter: ['screenshot'],
    timeout,
  };
  const { solution } = await send<{ readonly solution: { readonly screenshot: string } }>(body, signal);
  const bytes = Uint8Array.from(atob(solution.screenshot), (char) => char.charCodeAt(0));
  return new Blob([bytes], { type: 'image/png' });
}
