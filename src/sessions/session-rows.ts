import { hostname } from 'node:os';
import type { Upstream } from '../egress/upstream.js';
import type { SessionRow } from '../protocol/replies/session-row.js';
import { describeProxy } from '../protocol/values/proxy-address.js';
import type { Session } from './session.js';
import type { SleepingSession } from './sleeping-sessions.js';

/** A row has at most so many characters of an address: there can be thousands of rows. */
const maxUrlChars = 500;

/** What `sessions.list` says of a session that is open. */
export const awakeRow = (session: Session): SessionRow => ({
  session: session.id,
  lastAccessed: session.lastAccessedAt,
  createdAt: session.createdAt,
  idleMs: Math.max(0, Date.now() - session.lastAccessedAt),
  bytesIn: session.bytesIn,
  bytesOut: session.bytesOut,
  state: session.state,
  persist: session.options.persist ?? false,
  waiting: session.waiting,
  anonymous: session.anonymous,
  node: hostname(),
  ...shownSession(session),
});

/** The same of one that sleeps: what is known without reading its record. */
export const asleepRow = ({ head }: SleepingSession): SessionRow => ({
  session: head.id,
  lastAccessed: head.lastAccessedAt,
  createdAt: head.createdAt,
  idleMs: Math.max(0, Date.now() - head.lastAccessedAt),
  bytesIn: head.bytesIn,
  bytesOut: head.bytesOut,
  state: 'asleep',
  persist: head.persist,
  waiting: 0,
  anonymous: head.anonymous,
  node: hostname(),
});

type Shown = Pick<SessionRow, 'url' | 'browser' | 'operatingSystem' | 'device' | 'engine' | 'upstream' | 'country'>;

/** What is said of it for people: where its page is, as what, and by which way out. */
function shownSession({ page, identity: { identity, engine }, egress }: Session): Shown {
  const { browser: name, version, operatingSystem, device } = identity;
  const { country } = egress.upstream;
  return {
    ...(page?.document ? { url: shownUrl(page.url) } : {}),
    browser: { name, version },
    operatingSystem,
    device,
    engine,
    upstream: shownUpstream(egress.upstream),
    ...(country === undefined ? {} : { country }),
  };
}

/** The pool's proxies are the operator's own affair: only their class is told. */
function shownUpstream({ route, namedBy, class: name }: Upstream): string {
  return route.kind === 'proxy' && namedBy === 'caller' ? describeProxy(route.proxy) : name;
}

function shownUrl(text: string): string {
  if (!URL.canParse(text)) return text.slice(0, maxUrlChars);
  const url = new URL(text);
  url.username = '';
  url.password = '';
  return url.href.slice(0, maxUrlChars);
}
