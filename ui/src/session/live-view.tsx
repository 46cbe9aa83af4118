import { h } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { type SessionRow, send } from '../api.js';
import { Failure } from '../shell/notice.js';
import { useWork } from '../shell/use-work.js';

/** The server's own element for a live view: its picture, its bar, *Take control* and *Give back*. */
const elementModule = '/view/live-view.js';

/** The session as it happens, while this is shown. Watching does not renew it, nor wakes it. */
export function LiveView({ row }: { readonly row: SessionRow }) {
  const [src, setSrc] = useState<string>();
  const { isBusy, error, run } = useWork();
  const { session } = row;
  const watch = (): void =>
    void run(async (signal) => {
      setSrc(undefined);
      const body = { cmd: 'sessions.view', session, control: true };
      const { solution } = await send<{ readonly solution: { readonly viewUrl: string } }>(body, signal);
      await import(/* @vite-ignore */ elementModule);
      // Its path alone: a proxy before the server may have another name than the server thinks.
      setSrc(new URL(solution.viewUrl).pathname);
    });
  useEffect(watch, [session]);
  return (
    <section class="picture" aria-label="Page">
      {error ? <Failure error={error} /> : null}
      {src === undefined ? null : <div class="live">{h('live-view', { src })}</div>}
      <div class="buttons">
        <button type="button" class="quiet" disabled={isBusy} onClick={watch}>
          {isBusy ? 'Connecting…' : 'Connect again'}
        </button>
        <span class="muted">A link to it is good for an hour.</span>
      </div>
    </section>
  );
}
