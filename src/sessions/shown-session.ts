import type { Upstream } from '../egress/upstream.js';
import type { SessionRow } from '../protocol/replies/session-row.js';
import { describeProxy } from '../protocol/values/proxy-address.js';
import type { Session } from './session.js';

/** A row has at most so many characters of an address: there can be thousands of rows. */
const maxUrlChars = 500;

type Shown = Pick<SessionRow, 'url' | 'browser' | 'operatingSystem' | 'device' | 'engine' | 'upstream' | 'country'>;

/** What a list says of a session that is open, for people: where its page is, as what, and by which way out. */
export function shownSession({ page, identity: { identity, engine }, egress }: Session): Shown {
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
