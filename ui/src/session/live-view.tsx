import { useState } from 'preact/hooks';
import { type SessionRow, send } from '../api.js';
import { Failure } from '../shell/notice.js';
import { useWork } from '../shell/use-work.js';

interface View {
  readonly path: string;
  readonly hasControl: boolean;
}

/** The page that `sessions.view` links to, in a frame. It shows the session while somebody looks at it. */
export function LiveView({ row }: { readonly row: SessionRow }) {
  const [view, setView] = useState<View>();
  const { isBusy, error, run } = useWork();
  const open = (control: boolean): void =>
    void run(async (signal) => {
      const body = { cmd: 'sessions.view', session: row.session, control };
      const { solution } = await send<{ readonly solution: { readonly viewUrl: string } }>(body, signal);
      const { pathname, search, hash } = new URL(solution.viewUrl);
      // A proxy before the server may have another name than the server thinks.
      setView({ path: `${pathname}${search}${hash}`, hasControl: control });
    });
  return (
    <section class="picture" aria-label="Page">
      <div class="buttons">
        {view ? null : (
          <button type="button" disabled={isBusy} onClick={() => open(false)}>
            Watch
          </button>
        )}
        {view?.hasControl ? (
          <button type="button" class="primary" disabled={isBusy} onClick={() => open(false)}>
            Give back
          </button>
        ) : (
          <button type="button" disabled={isBusy} onClick={() => open(true)}>
            Take control
          </button>
        )}
        {view ? (
          <button type="button" onClick={() => setView(undefined)}>
            Stop watching
          </button>
        ) : null}
      </div>
      {error ? <Failure error={error} /> : null}
      {view ? (
        <iframe key={view.path} src={view.path} title={`Live view of ${row.session}`} />
      ) : (
        <p class="empty">Nothing is shown, and nothing is drawn, until somebody watches.</p>
      )}
    </section>
  );
}
