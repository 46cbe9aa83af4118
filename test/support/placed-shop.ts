import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Where its controls are, as parts of the window's sides: a person who has only the picture finds them. */
export const places = {
  user: [0.2, 0.1],
  password: [0.2, 0.2],
  logIn: [0.2, 0.3],
  query: [0.2, 0.1],
  next: [0.2, 0.7],
  keep: [0.7, 0.7],
} as const;

type Cookies = ReadonlyMap<string, string>;

/**
 * A shop: log in as `anna` with `secret`, search, page through three pages, keep what was found. What was done is kept in
 * cookies, and stands on each page.
 */
export class PlacedShop {
  readonly #server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://x');
    const cookies = cookiesOf(request.headers.cookie);
    const show = (title: string, body: string, setCookie: readonly string[] = []): void =>
      void response
        .writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'set-cookie': [...setCookie] })
        .end(pageOf(title, body, cookies));
    const goTo = (location: string, setCookie: readonly string[] = []): void =>
      void response.writeHead(303, { location, 'set-cookie': [...setCookie] }).end();

    if (url.pathname === '/login' && request.method === 'POST') {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        const isKnown = body === 'user=anna&password=secret';
        if (isKnown) goTo('/account', ['sid=anna-1; Path=/; HttpOnly']);
        else show('Login', 'Wrong name or password');
      });
    } else if (url.pathname === '/login') show('Login', loginForm);
    else if (cookies.get('sid') !== 'anna-1') goTo('/login');
    else if (url.pathname === '/account') show('Account', searchForm);
    else if (url.pathname === '/search') {
      const query = (url.searchParams.get('q') ?? '').replace(/\W/g, '');
      const number = Number(url.searchParams.get('page') ?? 1);
      const next = number < 3 ? link('next', `/search?q=${query}&page=${number + 1}`, places.next) : '';
      const keep = link('keep', `/keep?what=${query}-${number}`, places.keep);
      const found = `<p class="found">${query} ${number}</p><a class="invoices" href="/invoices.csv">invoices</a>`;
      show('Search', `${searchForm}${found}${next}${keep}`, [`searched=${query}; Path=/`]);
    } else if (url.pathname === '/keep') goTo('/kept', [`kept=${url.searchParams.get('what')}; Path=/`]);
    else if (url.pathname === '/kept') show('Kept', `<p class="found">${cookies.get('kept')}</p>`);
    else if (url.pathname === '/invoices.csv')
      response
        .writeHead(200, { 'content-type': 'text/csv', 'content-disposition': 'attachment; filename="invoices.csv"' })
        .end('order,euro\nrope-1,12\n');
    else response.writeHead(404).end();
  });

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`; // it listens
  }

  start(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

function cookiesOf(header = ''): Cookies {
  return new Map(header.split('; ').map((pair) => pair.split('=') as [string, string])); // well-formed: they are ours
}

/** Its centre is at the place. */
const at = ([x, y]: readonly [number, number]): string =>
  `position:fixed;width:30vw;height:6vh;left:${x * 100 - 15}vw;top:${y * 100 - 3}vh`;
const link = (id: string, href: string, place: readonly [number, number]): string =>
  `<a id="${id}" href="${href}" style="${at(place)};background:#cde">${id}</a>`;

const loginForm = `<form method="post"><input name="user" style="${at(places.user)}">
  <input name="password" type="password" style="${at(places.password)}"><button style="${at(places.logIn)}">log in</button></form>`;
const searchForm = `<form action="/search"><input name="q" style="${at(places.query)}"></form>`;

const pageOf = (title: string, body: string, cookies: Cookies): string =>
  `<!doctype html><title>${title}</title><style>body { margin: 40vh 2vw 0 } .invoices { position: fixed; right: 0; top: 0 }</style>
  <p>${title}: ${[...cookies].map((pair) => pair.join('=')).join(', ')}</p>${body}`;
