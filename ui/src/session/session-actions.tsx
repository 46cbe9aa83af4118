import { useState } from 'preact/hooks';
import { type SessionRow, send } from '../api.js';
import { useDashboard } from '../dashboard.js';
import { goTo, pathOf } from '../router.js';
import { Dialog } from '../shell/dialog.js';
import { Failure } from '../shell/notice.js';
import { useWork } from '../shell/use-work.js';
import { exportSession } from './export-session.js';

/** What one can do with a session as a whole. */
export function SessionActions({ row }: { readonly row: SessionRow }) {
  const [asked, setAsked] = useState<'fork' | 'destroy'>();
  const exporting = useWork();
  const close = (): void => setAsked(undefined);
  const onExport = (): void =>
    void exporting.run(async (signal) => {
      const state = await exportSession(row.session, signal);
      saveAs(`${row.session}.json`, JSON.stringify(state, null, 2));
    });
  return (
    <div class="actions">
      <button type="button" onClick={onExport} disabled={exporting.isBusy}>
        {exporting.isBusy ? 'Exporting…' : 'Export'}
      </button>
      <button type="button" onClick={() => setAsked('fork')}>
        Fork
      </button>
      <button type="button" class="danger" onClick={() => setAsked('destroy')}>
        Destroy
      </button>
      {exporting.error ? (
        <Dialog title="Not exported" onClose={exporting.clear}>
          <Failure error={exporting.error} />
          <div class="buttons">
            <button type="button" onClick={exporting.clear}>
              Close
            </button>
          </div>
        </Dialog>
      ) : null}
      {asked === 'fork' ? <ForkDialog id={row.session} onClose={close} /> : null}
      {asked === 'destroy' ? <DestroyDialog row={row} onClose={close} /> : null}
    </div>
  );
}

function ForkDialog({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
  const { sessions } = useDashboard();
  const [name, setName] = useState('');
  const { isBusy, error, run } = useWork();
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    void run(async (signal) => {
      const body = { cmd: 'sessions.fork', session: id, ...(name === '' ? {} : { newSession: name }) };
      const { session } = await send<{ readonly session: string }>(body, signal);
      sessions.refresh();
      goTo(pathOf({ page: 'session', id: session }));
    });
  };
  return (
    <Dialog title={`Fork ${id}`} onClose={onClose}>
      <form onSubmit={onSubmit}>
        <p>
          A new session with its options, identity, upstream, cookies and storage. From then on each goes its own way.
        </p>
        <label>
          Name of the new session
          <input
            value={name}
            placeholder="a random one"
            pattern="[A-Za-z0-9._:\-]{1,128}"
            title="1 to 128 of A-Z a-z 0-9 . _ : -"
            autocomplete="off"
            onInput={({ currentTarget }) => setName(currentTarget.value)}
          />
        </label>
        {error ? <Failure error={error} /> : null}
        <div class="buttons">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={isBusy}>
            {isBusy ? 'Forking…' : 'Fork'}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function DestroyDialog({ row, onClose }: { readonly row: SessionRow; readonly onClose: () => void }) {
  const { sessions } = useDashboard();
  const { isBusy, error, run } = useWork();
  const onDestroy = (): void =>
    void run(async (signal) => {
      await send({ cmd: 'sessions.destroy', session: row.session }, signal);
      sessions.refresh();
      goTo(pathOf({ page: 'sessions' }));
    });
  return (
    <Dialog title={`Destroy ${row.session}?`} onClose={onClose}>
      <p>
        Its page closes, and its cookies and storage are gone{row.persist ? ', those that are kept too' : ''}.
        {row.state === 'busy' ? ' The request that runs in it fails.' : ''}
      </p>
      {error ? <Failure error={error} /> : null}
      <div class="buttons">
        <button type="button" onClick={onClose} autofocus>
          Keep it
        </button>
        <button type="button" class="danger" onClick={onDestroy} disabled={isBusy}>
          {isBusy ? 'Destroying…' : 'Destroy'}
        </button>
      </div>
    </Dialog>
  );
}

/** Gives the person a file. */
function saveAs(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  // Windows takes no colon in a name.
  link.download = name.replaceAll(':', '_');
  link.click();
  URL.revokeObjectURL(url);
}
