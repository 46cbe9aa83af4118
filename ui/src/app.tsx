import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { type ApiError, asApiError, post, succeeded, type Whoami } from './api.js';
import { Dashboard, DashboardProvider, readWhoami } from './dashboard.js';
import { ConsolePage } from './pages/console.js';
import { CreatePage } from './pages/create.js';
import { Login } from './pages/login.js';
import { OverviewPage } from './pages/overview.js';
import { SessionPage } from './pages/session.js';
import { SessionsPage } from './pages/sessions.js';
import { usePoll } from './poll.js';
import { Link, pathOf, type Route, readRoute, useLocation } from './router.js';
import { Dialog } from './shell/dialog.js';
import { Failure } from './shell/notice.js';

/** The dashboard, once it is known who uses it. */
export function App() {
  const [whoami, setWhoami] = useState<Whoami>();
  const [error, setError] = useState<ApiError>();
  // Each key has its own sessions: what another saw is gone.
  const dashboard = useMemo(() => (whoami?.mayEnter ? new Dashboard(whoami) : undefined), [whoami]);
  useEffect(() => () => dashboard?.close(), [dashboard]);
  const look = async (): Promise<void> => {
    try {
      setWhoami(await readWhoami());
      setError(undefined);
    } catch (cause) {
      setError(asApiError(cause));
    }
  };
  useEffect(() => void look(), []);
  if (error)
    return (
      <main class="alone">
        <h1>Mooring</h1>
        <Failure error={error}>
          <button type="button" onClick={() => void look()}>
            Try now
          </button>
        </Failure>
      </main>
    );
  if (!whoami) return null;
  if (!dashboard)
    return (
      <main class="alone">
        <h1>Mooring</h1>
        <Login why="This server wants a key. Each key sees its own sessions." onDone={() => void look()} />
      </main>
    );
  return (
    <DashboardProvider value={dashboard}>
      <Frame dashboard={dashboard} onKeyChange={() => void look()} />
    </DashboardProvider>
  );
}

const pages = [
  { page: 'sessions', name: 'Sessions' },
  { page: 'overview', name: 'Overview' },
  { page: 'create', name: 'Create' },
  { page: 'console', name: 'Console' },
] as const;

function Frame({ dashboard, onKeyChange }: { readonly dashboard: Dashboard; readonly onKeyChange: () => void }) {
  const { pathname } = useLocation();
  const route = readRoute(pathname);
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  const title = titleOf(route);
  const { error } = usePoll(dashboard.sessions);
  const isSignedOut = error?.code === 'UNAUTHORIZED';
  useEffect(() => {
    document.title = `${title} · Mooring`;
    // A reader of the screen is told where it is; the first page is told of by the browser.
    if (!isFirst.current) main.current?.focus();
    isFirst.current = false;
    scrollTo(0, 0);
  }, [pathname]);
  useEffect(() => {
    // The cookie is good no more: the key was taken from the settings, or its time is over.
    if (isSignedOut) onKeyChange();
  }, [isSignedOut, onKeyChange]);
  return (
    <>
      <a class="skip" href="#main">
        Skip to content
      </a>
      <header>
        <Link href={pathOf({ page: 'sessions' })} class="brand">
          Mooring
        </Link>
        <nav aria-label="Pages">
          {pages.map(({ page, name }) => (
            <Link key={page} href={pathOf({ page })} current={currentFor(page, route)}>
              {name}
            </Link>
          ))}
        </nav>
        <div class="tools">
          <a href="/docs">Reference</a>
          <KeyButton whoami={dashboard.whoami} onChange={onKeyChange} />
        </div>
      </header>
      <main id="main" ref={main} tabIndex={-1} aria-label={title}>
        <Page route={route} />
      </main>
    </>
  );
}

function currentFor(page: Route['page'], route: Route): 'page' | 'true' | undefined {
  if (route.page === page) return 'page';
  return page === 'sessions' && route.page === 'session' ? 'true' : undefined;
}

function titleOf(route: Route): string {
  if (route.page === 'session') return route.id;
  return pages.find(({ page }) => page === route.page)?.name ?? 'Not found';
}

function Page({ route }: { readonly route: Route }) {
  switch (route.page) {
    case 'sessions':
      return <SessionsPage />;
    case 'session':
      return <SessionPage key={route.id} id={route.id} />;
    case 'overview':
      return <OverviewPage />;
    case 'create':
      return <CreatePage />;
    case 'console':
      return <ConsolePage />;
    case 'unknown':
      return (
        <>
          <h1>Not found</h1>
          <p>
            There is no such page. <Link href={pathOf({ page: 'sessions' })}>To the sessions</Link>
          </p>
        </>
      );
  }
}

/** Signs out, and in as another key. A server without keys takes any, and sessions belong to the key that made them. */
function KeyButton({ whoami, onChange }: { readonly whoami: Whoami; readonly onChange: () => void }) {
  const [isAsking, setAsking] = useState(false);
  const signOut = async (): Promise<void> => {
    await succeeded(await post('/ui/logout', {})).catch(() => {}); // the page says if the server is gone
    onChange();
  };
  if (whoami.hasKey)
    return (
      <button type="button" class="quiet" onClick={() => void signOut()}>
        Sign out
      </button>
    );
  if (whoami.wantsKey) return null;
  return (
    <>
      <button type="button" class="quiet" onClick={() => setAsking(true)}>
        Sign in
      </button>
      {isAsking ? (
        <Dialog title="Sign in" onClose={() => setAsking(false)}>
          <Login
            why="This server takes any key, and shows the sessions that were made without one. Sessions that a client made with a key are shown to that key."
            onDone={() => {
              setAsking(false);
              onChange();
            }}
          />
        </Dialog>
      ) : null}
    </>
  );
}
