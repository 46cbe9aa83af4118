import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';

const base = '/ui';

/** A page of the dashboard, as its address names it. */
export type Route =
  | { readonly page: 'sessions' | 'overview' | 'create' | 'console' }
  | { readonly page: 'session'; readonly id: string }
  | { readonly page: 'unknown' };

export function readRoute(pathname: string): Route {
  const [first = '', second, ...rest] = pathname.slice(base.length).split('/').filter(Boolean);
  if (rest.length > 0) return { page: 'unknown' };
  if (first === 'sessions' && second !== undefined) return sessionRoute(second);
  if (second !== undefined) return { page: 'unknown' };
  if (first === '' || first === 'sessions') return { page: 'sessions' };
  return first === 'overview' || first === 'create' || first === 'console' ? { page: first } : { page: 'unknown' };
}

function sessionRoute(encoded: string): Route {
  try {
    return { page: 'session', id: decodeURIComponent(encoded) };
  } catch {
    return { page: 'unknown' }; // a lone `%`
  }
}

export function pathOf(route: Exclude<Route, { page: 'unknown' }>): string {
  if (route.page === 'session') return `${base}/sessions/${encodeURIComponent(route.id)}`;
  return route.page === 'sessions' ? base : `${base}/${route.page}`;
}

/** Goes to a page without loading the dashboard anew. */
export function goTo(path: string): void {
  history.pushState(null, '', path);
  dispatchEvent(new PopStateEvent('popstate'));
}

/** The address as it is now; the component is drawn again when it changes. */
export function useLocation(): { readonly pathname: string; readonly search: string } {
  const read = () => ({ pathname: location.pathname, search: location.search });
  const [place, setPlace] = useState(read);
  useEffect(() => {
    const onChange = (): void => setPlace(read());
    addEventListener('popstate', onChange);
    return () => removeEventListener('popstate', onChange);
  }, []);
  return place;
}

/** Words in the address's query, which stay when one comes back; an empty one is left out. */
export function useQuery(): [query: URLSearchParams, set: (name: string, value: string) => void] {
  const query = new URLSearchParams(useLocation().search);
  const set = (name: string, value: string): void => {
    const next = new URLSearchParams(location.search);
    if (value === '') next.delete(name);
    else next.set(name, value);
    history.replaceState(null, '', `${location.pathname}${next.size > 0 ? `?${next}` : ''}`);
    dispatchEvent(new PopStateEvent('popstate'));
  };
  return [query, set];
}

interface LinkProps {
  readonly href: string;
  readonly children: ComponentChildren;
  readonly class?: string;
  /** Whether it leads to the page that is shown; `true`: that is a part of what it leads to. */
  readonly current?: 'page' | 'true' | undefined;
}

export function Link({ href, children, current, class: name }: LinkProps) {
  const onClick = (event: MouseEvent): void => {
    // Those that open a tab or a window are the browser's.
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    goTo(href);
  };
  return (
    <a href={href} class={name} onClick={onClick} aria-current={current}>
      {children}
    </a>
  );
}
