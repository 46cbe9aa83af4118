// A small shop on http://127.0.0.1:8192 to try Mooring on: log in as anna with the password secret, then page through orders.
import { createServer } from 'node:http';

const page = (title, body) => `<!doctype html><title>${title}</title><h1>${title}</h1>${body}`;
const isLoggedIn = (request) => /(^|; )sid=anna-1(;|$)/.test(request.headers.cookie ?? '');

async function bodyOf(request) {
  let body = '';
  for await (const chunk of request) body += chunk;
  return new URLSearchParams(body);
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
  return html(404, page('Not found', ''));
});

server.listen(8192, '127.0.0.1', () => console.log('The shop is open: http://127.0.0.1:8192/login'));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(0));
