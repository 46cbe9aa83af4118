import type { SessionRow } from '../api.js';
import { shownBytes, shownDuration } from '../format.js';
import { Link, pathOf } from '../router.js';
import { memo } from './memo.js';
import { identityOf, shownAddress, upstreamOf } from './session-facts.js';
import { StateBadge } from './state-badge.js';
import { ThumbnailPicture, useThumbnail } from './thumbnail.js';

export const sortKeys = [
  'session',
  'state',
  'url',
  'identity',
  'upstream',
  'createdAt',
  'lastAccessed',
  'bytes',
] as const;
export type SortKey = (typeof sortKeys)[number];

const headings: Readonly<Record<SortKey, string>> = {
  session: 'Session',
  state: 'State',
  url: 'Page',
  identity: 'Identity',
  upstream: 'Upstream',
  createdAt: 'Age',
  lastAccessed: 'Idle',
  bytes: 'Traffic',
};

interface TableProps {
  readonly rows: readonly SessionRow[];
  readonly sort: SortKey;
  readonly isUp: boolean;
  readonly onSort: (key: SortKey) => void;
}

export function SessionTable({ rows, sort, isUp, onSort }: TableProps) {
  return (
    <table class="sessions">
      <thead>
        <tr>
          {sortKeys.map((key) => (
            <th
              key={key}
              scope="col"
              class={key}
              aria-sort={key === sort ? (isUp ? 'ascending' : 'descending') : 'none'}
            >
              <button type="button" onClick={() => onSort(key)}>
                {headings[key]}
                <span class="arrow" aria-hidden="true">
                  {key === sort ? (isUp ? '↑' : '↓') : ''}
                </span>
              </button>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Row key={row.session} {...factsOf(row)} />
        ))}
      </tbody>
    </table>
  );
}

/** What a row shows, as it shows it: one that looks the same is not drawn again, so that hundreds cost next to nothing. */
function factsOf(row: SessionRow) {
  const { session, state, waiting, persist, url = '' } = row;
  const [age, idle] = [shownDuration(row.lastAccessed + row.idleMs - row.createdAt), shownDuration(row.idleMs)];
  const traffic = shownBytes(row.bytesIn + row.bytesOut);
  return {
    session,
    state,
    waiting,
    persist,
    url,
    identity: identityOf(row),
    upstream: upstreamOf(row),
    age,
    idle,
    traffic,
  };
}

const Row = memo((row: ReturnType<typeof factsOf>) => {
  const thumbnail = useThumbnail(row.session);
  const address = shownAddress(row.url);
  // A title is of the page that it was seen on.
  const title = thumbnail?.url === row.url ? thumbnail.title : '';
  return (
    <tr>
      <th scope="row" class="session">
        <ThumbnailPicture session={row.session} thumbnail={thumbnail} />
        <span class="name">
          <Link href={pathOf({ page: 'session', id: row.session })}>{row.session}</Link>
          {row.persist ? <span class="tag">persist</span> : null}
          <span class="sub">{title === '' ? address : title}</span>
        </span>
      </th>
      <td class="state">
        <StateBadge row={row} />
      </td>
      <td class="url" title={row.url}>
        {title === '' ? null : <span class="page-title">{title}</span>}
        {address}
      </td>
      <td class="identity">{row.identity}</td>
      <td class="upstream" title={row.upstream}>
        {row.upstream}
      </td>
      <td class="createdAt number">{row.age}</td>
      <td class="lastAccessed number">{row.idle}</td>
      <td class="bytes number">{row.traffic}</td>
    </tr>
  );
});
