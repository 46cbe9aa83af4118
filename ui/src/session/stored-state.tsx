import { useEffect, useState } from 'preact/hooks';
import { Failure } from '../shell/notice.js';
import { useWork } from '../shell/use-work.js';
import { type ExportedState, exportSession, type StoredItem, type StoredOrigin } from './export-session.js';

interface StoredStateProps {
  readonly id: string;
  readonly part: 'cookies' | 'storage';
}

/** What a session stores, as it is when it is read. */
export function StoredState({ id, part }: StoredStateProps) {
  const [state, setState] = useState<ExportedState>();
  const { isBusy, error, run } = useWork();
  const read = (): void =>
    void run(async (signal) => {
      setState(await exportSession(id, signal));
    });
  useEffect(read, [id]);
  return (
    <div class="stored">
      <div class="buttons">
        <button type="button" onClick={read} disabled={isBusy}>
          {isBusy ? 'Reading…' : 'Read again'}
        </button>
        <span class="muted">It waits for the session's turn.</span>
      </div>
      {error ? <Failure error={error} /> : null}
      {state ? part === 'cookies' ? <Cookies state={state} /> : <Storage state={state} /> : null}
    </div>
  );
}

function Cookies({ state: { storageState } }: { readonly state: ExportedState }) {
  if (storageState.cookies.length === 0) return <p class="empty">No cookies.</p>;
  return (
    <Scroll label="Cookies">
      <table>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Value</th>
            <th scope="col">Domain</th>
            <th scope="col">Expires</th>
            <th scope="col">Flags</th>
          </tr>
        </thead>
        <tbody>
          {storageState.cookies.map(({ name, value, domain, path, expires, httpOnly, secure, sameSite }) => (
            <tr key={`${domain}${path}${name}`}>
              <th scope="row">{name}</th>
              <td class="value" title={value}>
                {value}
              </td>
              <td>
                {domain}
                {path === '/' ? '' : path}
              </td>
              <td class="number">{expires < 0 ? 'session' : new Date(expires * 1000).toLocaleDateString('en-CA')}</td>
              <td>{[httpOnly ? 'HttpOnly' : '', secure ? 'Secure' : '', sameSite ?? ''].filter(Boolean).join(', ')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function Storage({ state }: { readonly state: ExportedState }) {
  const local = state.storageState.origins;
  const session = state.sessionStorage ?? [];
  const origins = [...new Set([...local, ...session].map(({ origin }) => origin))];
  if (origins.length === 0) return <p class="empty">Nothing stored.</p>;
  const itemsOf = (list: readonly StoredOrigin[], origin: string) => list.find((entry) => entry.origin === origin);
  return (
    <>
      {origins.map((origin) => (
        <section key={origin}>
          <h3>{origin}</h3>
          <Items title="localStorage" items={itemsOf(local, origin)?.localStorage ?? []} />
          <Items title="sessionStorage" items={itemsOf(session, origin)?.sessionStorage ?? []} />
          <Databases databases={itemsOf(local, origin)?.indexedDB ?? []} />
        </section>
      ))}
    </>
  );
}

function Items({ title, items }: { readonly title: string; readonly items: readonly StoredItem[] }) {
  if (items.length === 0) return null;
  return (
    <Scroll label={title}>
      <table class="items">
        <caption>{title}</caption>
        <tbody>
          {[...items].sort(byName).map(({ name, value }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td class="value" title={value}>
                {value}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function Databases({ databases }: { readonly databases: NonNullable<StoredOrigin['indexedDB']> }) {
  const items = databases.map(({ name, stores = [] }) => ({
    name,
    value: stores.map((store) => `${store.name}: ${store.records?.length ?? 0}`).join(', '),
  }));
  return <Items title="IndexedDB: records by store" items={items} />;
}

const byName = (one: StoredItem, other: StoredItem): number => one.name.localeCompare(other.name);

function Scroll({ label, children }: { readonly label: string; readonly children: preact.ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by keyboard too
    <section class="scroll" tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}
