import { useEffect, useState } from 'preact/hooks';
import type { SessionRow } from '../api.js';
import { useDashboard } from '../dashboard.js';
import { shownBytes, shownDuration } from '../format.js';
import { usePoll } from '../poll.js';
import { Link, pathOf } from '../router.js';
import { EventLog } from '../session/event-log.js';
import { LiveView } from '../session/live-view.js';
import { SessionActions } from '../session/session-actions.js';
import { identityOf, upstreamOf } from '../session/session-facts.js';
import { StateBadge } from '../session/state-badge.js';
import { StoredState } from '../session/stored-state.js';
import { PollFailure } from '../shell/notice.js';
import { Tabs } from '../shell/tabs.js';

/** One session: its picture, what happens in it, what it stores. */
export function SessionPage({ id }: { readonly id: string }) {
  const { sessions } = useDashboard();
  const { value } = usePoll(sessions);
  const row = value?.sessions.find(({ session }) => session === id);
  const [last, setLast] = useState<SessionRow>();
  useEffect(() => {
    if (row) setLast(row);
  }, [row]);
  const isGone = value !== undefined && row === undefined;
  return (
    <>
      <div class="title">
        <h1 class="id">{id}</h1>
        {row ? <StateBadge row={row} /> : null}
        {row?.persist ? <span class="tag">persist</span> : null}
        {row ? <SessionActions row={row} /> : null}
      </div>
      <PollFailure poll={sessions} />
      {isGone ? <Gone id={id} wasThere={last !== undefined} /> : null}
      {row ? <Facts row={row} /> : null}
      <div class="session-body">
        {row ? <LiveView row={row} /> : null}
        <Tabs
          label="What to look at"
          tabs={[
            { name: 'Events', content: <EventLog id={id} state={row?.state} /> },
            ...(row
              ? [
                  { name: 'Cookies', content: <StoredState key="cookies" id={id} part="cookies" /> },
                  { name: 'Storage', content: <StoredState key="storage" id={id} part="storage" /> },
                ]
              : []),
          ]}
        />
      </div>
    </>
  );
}

function Gone({ id, wasThere }: { readonly id: string; readonly wasThere: boolean }) {
  return (
    <div class="notice" role="status">
      <p>
        {wasThere ? 'This session has ended.' : `There is no session ${id}, or it has ended, or it is another key's.`}{' '}
        What is still known of it is below. <Link href={pathOf({ page: 'sessions' })}>To the sessions</Link>
      </p>
    </div>
  );
}

function Facts({ row }: { readonly row: SessionRow }) {
  const facts: readonly (readonly [name: string, value: string | undefined])[] = [
    ['Page', row.url],
    ['Identity', identityOf(row)],
    ['Engine', row.engine],
    ['Upstream', upstreamOf(row)],
    ['Age', shownDuration(row.lastAccessed + row.idleMs - row.createdAt)],
    ['Idle', shownDuration(row.idleMs)],
    ['Traffic', `${shownBytes(row.bytesIn)} in, ${shownBytes(row.bytesOut)} out`],
    ['Node', row.node],
  ];
  return (
    <dl class="facts">
      {facts.map(([name, value]) =>
        value ? (
          <div key={name} class={name.toLowerCase()}>
            <dt>{name}</dt>
            <dd title={value}>{value}</dd>
          </div>
        ) : null,
      )}
    </dl>
  );
}
