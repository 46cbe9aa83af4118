// A small shop to try Mooring on: log in as anna with the password secret, then page through orders.
// node examples/shop.mjs [port], or PORT; default: 8192.
import { createServer } from 'node:http';

const page = (title, body) => `<!doctype html><title>${title}</title><h1>${title}</h1>${body}`;
const isLoggedIn = (request) => /(^|; )sid=anna-1(;|$)/.test(request.headers.cookie ?? '');

async function bodyOf(request) {
  let body = '';
  for await (const chunk of request) body += chunk;
  return new URLSearchParams(body);
}

/** Two things a page, three pages. */
function searchPage(query) {
  const form = '<form action="/search"><input name="q"><button>Search</button></form>';
  const text = (query.get('q') ?? '').replace(/[^\w ]/g, '');
  if (text === '') return page('Search', form);
  const at = Number(query.get('page') ?? 1);
  const items = [2 * at - 1, 2 * at].map((n) => `<li class="item">${text} ${n}</li>`).join('');
  const next = at < 3 ? `<a class="next" href="/search?q=${text}&page=${at + 1}">Next</a>` : '';
  return page('Search', `${form}<ul>${items}</ul>${next}<a class="invoices" href="/invoices.csv">Invoices</a>`);
}

const server = createServer(async (request, response) => {
  const url = new URL(request.url, 'http://127.0.0.1');
  const html = (status, text) => response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' }).end(text);
  if (url.pathname === '/login' && request.method === 'POST') {
    const form = await bodyOf(request);
    if (form.get('user') !== 'anna' || form.get('password') !== 'secret')
      return html(403, page('Login', 'Wrong name or password.'));
    return response.writeHead(303, { location: '/account', 'set-cookie': 'sid=anna-1; Path=/; HttpOnly' }).end();
  }
  if (url.pathname === '/login') {
    return html(
      200,
      page(
        'Login',
        '<form method="post"><input name="user"><input name="password" type="password"><button>Log in</button></form>',
      ),
    );
  }
  if (!isLoggedIn(request)) return response.writeHead(302, { location: '/login' }).end();
  if (url.pathname === '/account') return html(200, page('Account of anna', '<a href="/orders?page=1">Orders</a>'));
  if (url.pathname === '/orders') {
    const number = Number(url.searchParams.get('page') ?? 1);
    return html(
      200,
      page(
        'Orders',
        `<ul><li>Order ${number}-1<li>Order ${number}-2</ul><a href="/orders?page=${number + 1}">Next</a>`,
      ),
    );
  }
  if (url.pathname === '/search') return html(200, searchPage(url.searchParams));
  if (url.pathname === '/invoices.csv') {
    const headers = { 'content-type': 'text/csv', 'content-disposition': 'attachment; filename="invoices.csv"' };
    return response.writeHead(200, headers).end('order,euro\nrope-1,12\nrope-2,30\n');
  }
  return html(404, page('Not found', ''));
});

const asked = process.argv[2] ?? process.env.PORT ?? '8192';
const port = /^\d{1,5}$/.test(asked) ? Number(asked) : Number.NaN;
function stop(sentence) {
  console.error(sentence);
  process.exit(1);
}
if (!(port <= 65535)) stop(`expected a port from 0 to 65535 (0 takes any free one); got ${JSON.stringify(asked)}.`);
server.once('error', (error) =>
  stop(
    error.code === 'EADDRINUSE'
      ? `expected a free port; ${port} is in use by another program. Name another one: node examples/shop.mjs 8193`
      : `expected to listen on port ${port}; ${error.message}.`,
  ),
);
server.listen(port, '127.0.0.1', () =>
  console.log(`The shop is open: http://127.0.0.1:${server.address().port}/login`),
);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(0));
