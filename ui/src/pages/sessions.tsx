import { useEffect, useMemo } from 'preact/hooks';
import type { SessionRow } from '../api.js';
import { useDashboard } from '../dashboard.js';
import { counted } from '../format.js';
import { usePoll } from '../poll.js';
import { Link, pathOf, useQuery } from '../router.js';
import { identityOf, states, upstreamOf } from '../session/session-facts.js';
import { SessionTable, type SortKey, sortKeys } from '../session/session-table.js';
import { CopyButton } from '../shell/copy-button.js';
import { PollFailure } from '../shell/notice.js';

/** Every session of this key. */
export function SessionsPage() {
  const { sessions, thumbnails } = useDashboard();
  const { value } = usePoll(sessions);
  const [query, setQuery] = useQuery();
  const filter = { text: query.get('q') ?? '', state: query.get('state') ?? '', kept: query.get('kept') ?? '' };
  const named = query.get('sort') ?? '';
  const isDescending = named.startsWith('-');
  const sort = sortKeys.find((key) => key === named.replace('-', '')) ?? 'createdAt';
  const isUp = !isDescending;
  const { text, state, kept } = filter;
  const rows = useMemo(
    () =>
      sorted(
        (value?.sessions ?? []).filter((row) => fits(row, { text, state, kept })),
        sort,
        isUp,
      ),
    [value, text, state, kept, sort, isUp],
  );
  useEffect(() => {
    if (value) thumbnails.sync(value.sessions);
  }, [thumbnails, value]);
  const onSort = (key: SortKey): void => setQuery('sort', key === sort && isUp ? `-${key}` : key);
  const all = value?.sessions.length ?? 0;
  return (
    <>
      <div class="title">
        <h1>Sessions</h1>
        {value ? (
          <p class="muted">
            {value.open} of {value.limit} open{all > value.open ? `, ${all - value.open} asleep` : ''}
          </p>
        ) : null}
        <Link class="button primary" href={pathOf({ page: 'create' })}>
          Create a session
        </Link>
      </div>
      <PollFailure poll={sessions} />
      {value && all === 0 ? <Empty /> : null}
      {all > 0 ? (
        <>
          <search class="filters">
            <label>
              <span class="sr">Filter by name, page, identity or upstream</span>
              <input
                type="search"
                placeholder="Filter by name, page, identity, upstream"
                value={text}
                onInput={(event) => setQuery('q', event.currentTarget.value)}
              />
            </label>
            <label>
              State
              <select value={state} onChange={(event) => setQuery('state', event.currentTarget.value)}>
                <option value="">any</option>
                {states.map((name) => (
                  <option key={name} value={name}>
                    {name}
                  </option>
                ))}
              </select>
            </label>
            <label>
              Persist
              <select value={kept} onChange={(event) => setQuery('kept', event.currentTarget.value)}>
                <option value="">any</option>
                <option value="yes">yes</option>
                <option value="no">no</option>
              </select>
            </label>
            <p class="muted" role="status">
              {rows.length === all ? counted(all, 'session') : `${rows.length} of ${counted(all, 'session')}`}
            </p>
          </search>
          {rows.length === 0 ? (
            <p class="empty">No session fits these filters.</p>
          ) : (
            <SessionTable rows={rows} sort={sort} isUp={isUp} onSort={onSort} />
          )}
        </>
      ) : null}
    </>
  );
}

interface Filter {
  readonly text: string;
  readonly state: string;
  readonly kept: string;
}

function fits(row: SessionRow, { text, state, kept }: Filter): boolean {
  if (state !== '' && row.state !== state) return false;
  if (kept !== '' && row.persist !== (kept === 'yes')) return false;
  if (text === '') return true;
  const words = [row.session, row.url ?? '', identityOf(row), upstreamOf(row), row.node ?? ''].join(' ').toLowerCase();
  return words.includes(text.toLowerCase().trim());
}

const sortValues: Readonly<Record<SortKey, (row: SessionRow) => string | number>> = {
  session: ({ session }) => session,
  state: ({ state }) => (states as readonly string[]).indexOf(state),
  url: ({ url = '' }) => url,
  identity: identityOf,
  upstream: upstreamOf,
  // Ages, as they are shown: the youngest is the least.
  createdAt: ({ createdAt }) => -createdAt,
  lastAccessed: ({ idleMs }) => idleMs,
  bytes: ({ bytesIn, bytesOut }) => bytesIn + bytesOut,
};

const collator = new Intl.Collator('en', { numeric: true });

function sorted(rows: SessionRow[], key: SortKey, isUp: boolean): readonly SessionRow[] {
  const read = sortValues[key];
  const compare = (a: SessionRow, b: SessionRow): number => {
    const [first, second] = [read(a), read(b)];
    const order =
      typeof first === 'number' && typeof second === 'number'
        ? first - second
        : collator.compare(String(first), String(second));
    // Rows with the same value keep their places from one look to the next.
    return order === 0 ? collator.compare(a.session, b.session) : isUp ? order : -order;
  };
  return rows.sort(compare);
}

function Empty() {
  const { whoami } = useDashboard();
  const key = whoami.wantsKey ? ` -H 'x-api-key: YOUR_KEY'` : '';
  const curl = `curl ${location.origin}/api/v1${key} -d '{"cmd":"sessions.create","session":"first"}'`;
  return (
    <div class="empty">
      <p>No sessions. They appear here as soon as a client, or you, opens one.</p>
      <div class="code">
        <pre>{curl}</pre>
        <CopyButton text={curl} what="the command" />
      </div>
    </div>
  );
}
