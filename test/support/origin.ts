import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { certificate } from './tls/certificate.js';

/** What an origin saw of one request. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

type Route = (request: SeenRequest, response: ServerResponse) => void;

const html = (title: string, body: string): string =>
  `<!doctype html><html><head><title>${title}</title></head><body>${body}</body></html>`;

function send(response: ServerResponse, status: number, type: string, body: string | Buffer, headers = {}): void {
  response.writeHead(status, { 'content-type': type, ...headers }).end(body);
}

const page = (response: ServerResponse, title: string, body: string, headers = {}): void =>
  send(response, 200, 'text/html; charset=utf-8', html(title, body), headers);

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

/** Something to act on for every action; `#log` says what was done. */
/** Things to do by hand, each at a place that is a part of the window. */
const deskPage = `<style>
    body { margin: 0; height: 250vh }
    .at { position: fixed; box-sizing: border-box; width: 40vw; height: 10vh; margin: 0 }
    #out { position: fixed; left: 55vw; top: 20vh; width: 40vw; white-space: pre-wrap }
  </style>
  <input id="text" class="at" style="left: 5vw; top: 5vh">
  <input id="file" class="at" type="file" multiple style="left: 5vw; top: 20vh; background: #cde">
  <button id="ask" class="at" style="left: 5vw; top: 35vh">ask</button>
  <a id="tab" class="at" target="_blank" href="/text" style="left: 5vw; top: 50vh; background: #dec">tab</a>
  <a id="away" class="at" href="/missing" style="left: 5vw; top: 65vh; background: #edc">away</a>
  <div id="pad" class="at" style="left: 55vw; top: 5vh; background: #ced">pad</div>
  <p id="out"></p>
  <script>
    const note = (text) => { document.querySelector('#out').textContent += text + '; '; };
    const text = document.querySelector('#text');
    text.oninput = () => note('text=' + text.value);
    text.addEventListener('compositionstart', () => note('composes'));
    document.querySelector('#file').onchange = async ({ target }) => {
      for (const file of target.files) note('file ' + file.name + '=' + (await file.text()));
    };
    document.querySelector('#ask').onclick = () => note('asked ' + confirm('sure?') + ' ' + prompt('name?', 'nobody'));
    const pad = document.querySelector('#pad');
    for (const name of ['click', 'dblclick', 'contextmenu', 'mousedown', 'mouseup', 'touchstart', 'touchend'])
      pad.addEventListener(name, (event) => note(name + (event.isTrusted ? '' : '?')));
    addEventListener('scroll', () => { document.title = 'scrolled'; });
  </script>`;

const actionsPage = `
<style>body{margin:0} #far{margin-top:4000px}</style>
<p id="log"></p>
<button id="button">press</button>
<a id="link" href="/orders-link?from=actions">away</a>
<form id="form" action="/echo" method="get"><input id="text" name="q" value="old"></form>
<select id="select"><option value="a">A</option><option value="b">B</option><option value="c">C</option></select>
<div id="hover">hover me</div>
<iframe id="frame" src="/inner"></iframe>
<p id="far">far</p>
<script>
  const log = (what) => { document.querySelector('#log').textContent += what + ';' };
  const on = (id, event, what) => document.querySelector(id).addEventListener(event, (e) => log(what(e)));
  on('#button', 'click', (e) => 'click:' + (e.isTrusted ? 'real' : 'direct'));
  on('#text', 'keydown', (e) => 'key:' + e.key);
  on('#select', 'change', (e) => 'select:' + e.target.value);
  on('#hover', 'mouseenter', () => 'hover');
  let moves = 0;
  document.addEventListener('mousemove', () => { moves++; });
  setTimeout(() => {
    const late = document.createElement('p');
    late.id = 'late';
    late.textContent = 'late';
    document.body.append(late);
    document.cookie = 'late=yes; path=/';
    window.ready = true;
  }, 400);
</script>`;

/** Elements that an action cannot use, each for a reason of its own, and some that take text only once they are clicked. */
const elementsPage = `
<style>
  body{margin:0} #cover{position:absolute;inset:0;background:#eee} #outside{position:fixed;left:-500px;top:0}
  @keyframes away{to{transform:translateX(300px)}} #moving{animation:away 1s infinite}
</style>
<div class="menu" style="display:none"><button id="in-menu">hidden</button></div>
<button class="twin" style="visibility:hidden">invisible</button><button class="twin">seen</button>
<button id="no-size" style="width:0;height:0;padding:0;border:0;overflow:hidden"></button>
<button id="disabled" disabled>disabled</button>
<div style="position:relative"><button id="covered">covered</button><div id="cover" class="banner wide"></div></div>
<button id="outside">outside</button>
<button id="moving">moving</button>
<input id="read-only" readonly>
<input id="number" type="number">
<a id="link" href="/echo?followed">a <b id="in-link">link</b></a>
<label id="label" for="labelled">Name</label><input id="labelled">
<div id="opens" onclick="document.querySelector('#labelled').focus()">click to type</div>
<div id="editable" contenteditable>x</div>
<div id="plain">plain</div>
<fast-field></fast-field>
<p id="words">Some   <b>BOLD</b>
  words</p>
<script>
  customElements.define('fast-field', class extends HTMLElement {
    connectedCallback() {
      this.attachShadow({ mode: 'open', delegatesFocus: true }).innerHTML = '<input style="width:100px">';
    }
  });
</script>`;

/** A site on loopback: a login flow, and a page for each thing that a site can do to a browser. */
export class Origin {
  readonly seen: SeenRequest[] = [];
  /** Where further paths redirect to. */
  readonly redirects: Record<string, string> = {};
  /** Paths whose connection was let go of before the answer was over. */
  readonly closed: string[] = [];
  readonly #scheme: 'http' | 'https';
  readonly #server;
  readonly #routes: Record<string, Route> = {
    '/': (_request, response) => page(response, 'Home', '<h1>Hello</h1><p id="p">Welcome</p>'),
    '/login': (request, response) => {
      if (request.method !== 'POST') {
        page(response, 'Login', '<form method="post"><input name="user"><input name="password"></form>');
        return;
      }
      const form = new URLSearchParams(request.body);
      if (form.get('user') !== 'anna' || form.get('password') !== 'secret') {
        send(response, 403, 'text/html', html('Login', 'Wrong name or password'));
        return;
      }
      response.writeHead(303, { location: '/account', 'set-cookie': 'sid=anna-1; Path=/; HttpOnly' }).end();
    },
    '/account': (request, response) => {
      const name = /sid=(\w+)-1/.exec(request.headers.cookie ?? '')?.[1];
      if (!name) {
        response.writeHead(302, { location: '/login' }).end();
        return;
      }
      page(response, 'Account', `<h1>Account of ${name}</h1><a href="/orders?page=1">Orders</a>`);
    },
    '/orders': (request, response) => {
      if (!/sid=anna-1/.test(request.headers.cookie ?? '')) {
        send(response, 401, 'text/html', html('Orders', 'Please log in'));
        return;
      }
      const number = new URL(request.path, 'http://x').searchParams.get('page') ?? '1';
      page(response, 'Orders', `<ul><li>Order ${number}-1</li><li>Order ${number}-2</li></ul>`);
    },
    '/echo': (request, response) =>
      send(
        response,
        200,
        'application/json',
        JSON.stringify({ method: request.method, headers: request.headers, body: request.body }),
        { 'x-origin': 'echo' },
      ),
    '/icons/favicon.ico': (_request, response) => send(response, 200, 'image/png', png, { 'x-origin': 'icon' }),
    '/saves': (request, response) =>
      request.method === 'POST' ? void response.writeHead(204).end() : page(response, 'Saves', '<p>draft</p>'),
    '/missing': (_request, response) => send(response, 404, 'text/html', html('Missing', 'Nothing here')),
    '/empty': (_request, response) => void response.writeHead(204, { 'x-origin': 'empty' }).end(),
    '/text': (_request, response) => send(response, 200, 'text/plain; charset=utf-8', 'one <b>two</b>\n  three'),
    '/image': (_request, response) => send(response, 200, 'image/png', png),
    '/file': (_request, response) =>
      send(response, 200, 'application/zip', Buffer.from('PK-not-really'), {
        'content-disposition': 'attachment; filename="data.zip"',
      }),
    '/set-cookie': (_request, response) =>
      page(response, 'Cookies', 'set', {
        'set-cookie': ['a=1; Path=/', 'b=2; Path=/; HttpOnly; SameSite=Strict; Max-Age=3600'],
      }),
    '/redirect': (_request, response) => void response.writeHead(302, { location: '/' }).end(),
    '/storage': (_request, response) =>
      page(response, 'Storage', '<script>localStorage.setItem("cart", "3 items")</script>'),
    '/script-redirect': (_request, response) => page(response, 'Away', '<script>location.replace("/")</script>'),
    '/tall': (_request, response) => page(response, 'Tall', '<div style="height:3000px;background:#9cf">tall</div>'),
    '/hang': () => {},
    '/never-loads': (_request, response) => page(response, 'Never loads', '<p>here</p><img src="/hang">'),
    '/busy': (_request, response) => page(response, 'Busy', '<script>setTimeout(() => { for (;;); }, 50)</script>'),
    '/reset': (_request, response) => void response.socket?.destroy(),
    '/popup': (_request, response) => page(response, 'Popup', '<script>window.open("/")</script>'),
    '/cached-asset': (_request, response) =>
      send(response, 200, 'text/css', 'p{color:red}', { 'cache-control': 'max-age=3600' }),
    '/assets': (request, response) => {
      const count = Number(new URL(request.path, 'http://x').searchParams.get('count'));
      const assets = [...Array(count).keys()].map((i) => `<img src="/asset?${i}">`);
      page(response, 'Assets', assets.join(''));
    },
    '/asset': (_request, response) => send(response, 200, 'image/png', png, { 'cache-control': 'max-age=3600' }),
    '/garbage': (_request, response) =>
      void response.socket?.end(
        'HTTP/1.1 200 Fi\x01ne\r\nX-A: a\x01b\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi',
      ),
    '/no-status': (_request, response) => void response.socket?.end('HTTP/1.1 000 None\r\nContent-Length: 2\r\n\r\nhi'),
    '/large-headers': (_request, response) =>
      page(response, 'Large headers', 'fine', { 'x-large': 'x'.repeat(40_000) }),
    '/worker.js': (_request, response) =>
      send(response, 200, 'text/javascript', 'self.onfetch = (event) => event.respondWith(fetch(event.request));'),
    '/with-worker': (_request, response) =>
      page(
        response,
        'Worker',
        '<script>navigator.serviceWorker.register("/worker.js").then(() => navigator.serviceWorker.ready).then(() => { document.title = "ready"; })</script>',
      ),
    '/goes-slowly': (_request, response) =>
      page(response, 'Goes', '<script>setTimeout(() => { location.href = "/hang"; }, 50)</script>'),
    '/goes-to-missing': (_request, response) =>
      page(response, 'Goes', '<script>setTimeout(() => { location.href = "/missing"; }, 50)</script>'),
    '/pushes-missing': (_request, response) =>
      page(response, 'Pushes', '<p>the app</p><script>history.pushState({}, "", "/missing")</script>'),
    '/fetches-slowly': (_request, response) =>
      page(
        response,
        'Fetches',
        '<p id="out">waiting</p><script>fetch("/hang?by-the-page").catch(() => { out.textContent = "broken off" })</script>',
      ),
    '/opens-a-tab-soon': (_request, response) =>
      page(
        response,
        'Opens',
        '<p id="opened">no</p><script>setInterval(() => { window.open("/?soon"); opened.textContent = "yes" }, 20)</script>',
      ),
    '/late-ticker': (_request, response) =>
      void setTimeout(
        () => page(response, 'Late', '<script>setInterval(() => fetch("/echo?late"), 30)</script>'),
        1000,
      ),
    '/dead-link': (_request, response) => page(response, 'Dead link', '<a id="dead" href="/reset">away</a>'),
    '/csv': (_request, response) => send(response, 200, 'text/csv; charset=utf-8', 'a,b\n1,ü\n'),
    '/sound': (_request, response) => send(response, 200, 'audio/mpeg', Buffer.alloc(5000)),
    '/endless-file': (_request, response) => {
      response.writeHead(200, {
        'content-type': 'application/zip',
        'content-disposition': 'attachment; filename="x.zip"',
      });
      const timer = setInterval(() => response.write(Buffer.alloc(10_000)), 20);
      response.on('close', () => {
        clearInterval(timer);
        this.closed.push('/endless-file');
      });
    },
    '/deep/set': (_request, response) => page(response, 'Deep', 'deep'),
    '/actions': (_request, response) => page(response, 'Actions', actionsPage),
    '/elements': (_request, response) => page(response, 'Elements', elementsPage),
    '/inner': (_request, response) =>
      page(
        response,
        'Inner',
        '<button id="in" onclick="document.body.append(\' pressed\')">inside</button><iframe id="deeper" srcdoc="<p id=deep>deep</p>"></iframe>',
      ),
    '/article': (_request, response) =>
      page(
        response,
        'An article',
        `<nav><a href="/">Home</a> <a href="/">Home again</a> <a href="mailto:a@b.example">Mail</a></nav>
        <article><h1>Ships</h1><p>${'A ship is moored when it lies at a berth. '.repeat(12)}</p><h2>Knots</h2><p>${'Tie a bowline, and it holds. '.repeat(12)}</p>
        <ul><li class="knot" data-id="7">bowline</li><li class="knot" data-id="8">reef</li></ul>
        <img src="/image" srcset="/image?2 2x"><a href="elsewhere/page#x">more</a></article><iframe src="/inner"></iframe>`,
      ),
    '/flaky': (_request, response) => {
      if (this.count('/flaky') % 3 !== 0) response.socket?.destroy();
      else page(response, 'Flaky', 'at last');
    },
    '/two-redirects': (_request, response) => void response.writeHead(301, { location: '/redirect' }).end(),
    '/shows-storage': (_request, response) =>
      page(response, 'Storage', '<script>document.write(localStorage.getItem("token"))</script>'),
    '/late-fetch': (_request, response) =>
      page(
        response,
        'Late',
        '<p id="x">early</p><script>setTimeout(() => fetch("/text").then((r) => r.text()).then((t) => { x.textContent = "late" }), 200)</script>',
      ),
    '/catastrophe': (_request, response) => page(response, 'Regex', `<p>${'a'.repeat(40)}!</p>`),
    '/packed': (request, response) => {
      const encoding = new URL(request.path, 'http://x').searchParams.get('as') ?? '';
      const pack = { gzip: gzipSync, br: brotliCompressSync, deflate: deflateSync }[encoding];
      send(response, 200, 'text/plain; charset=utf-8', pack ? pack('packed ü') : 'plain', {
        'content-encoding': encoding,
      });
    },
    '/bomb': (_request, response) =>
      send(response, 200, 'text/plain', gzipSync(Buffer.alloc(50_000_000)), { 'content-encoding': 'gzip' }),
    '/latin': (_request, response) => send(response, 200, 'text/plain; charset=iso-8859-1', Buffer.from([0xfc])),
    '/super-cookie': (_request, response) =>
      page(response, 'Cookies', 'x', {
        'set-cookie': ['own=1; Path=/', 'wide=1; Domain=com', 'foreign=1; Domain=example.org'],
      }),
    '/forget': (_request, response) => page(response, 'Forget', 'x', { 'set-cookie': 'a=; Max-Age=0; Path=/' }),
    '/loop': (_request, response) => void response.writeHead(302, { location: '/loop' }).end(),
    '/keep-method': (_request, response) => void response.writeHead(307, { location: '/echo' }).end(),
    '/large': (request, response) => {
      const bytes = Number(new URL(request.path, 'http://x').searchParams.get('bytes'));
      send(response, 200, 'application/octet-stream', Buffer.alloc(bytes));
    },
    '/api-page': (_request, response) =>
      page(
        response,
        'API',
        `<img src="/asset?seen"><p id="out"></p><script>
        setTimeout(async () => {
          fetch('/analytics/hit', { method: 'POST', body: 'what=page' }).catch(() => { out.textContent += 'blocked;' });
          const answer = await fetch('/api/data?x=1', { method: 'POST', headers: { 'x-token': 't1' }, body: '{"q":1}' });
          out.textContent += JSON.stringify(await answer.json());
          await fetch('/text');
        }, 150)</script>`,
      ),
    '/api/data': (request, response) =>
      send(response, 200, 'application/json', JSON.stringify({ items: [1, 2], sent: request.body })),
    '/banner': (_request, response) =>
      page(
        response,
        'Banner',
        `<p>content</p><div id="cc-main"><div class="cm-wrapper"><p>We use cookies</p>
        <button class="cm__btn" data-role="all" onclick="done('all')">Accept</button>
        <button class="cm__btn" data-role="necessary" onclick="done('necessary')">Reject</button></div></div>
        <script>function done(what) { document.cookie = 'cc_cookie=' + what; document.querySelector('#cc-main').remove(); }</script>`,
      ),
    '/files-page': (_request, response) =>
      page(
        response,
        'Files',
        `<a id="file" href="/file">file</a> <a id="tab" href="/file" target="_blank">in a tab</a>
        <button id="blob">blob</button> <input id="input" type="file" multiple>
        <button id="chooser" onclick="document.querySelector('#hidden').click()">choose</button>
        <input id="hidden" type="file" style="display:none"><p id="chosen"></p>
        <script>
          document.querySelector('#blob').onclick = () => {
            const link = document.createElement('a');
            link.href = URL.createObjectURL(new Blob(['made here'], { type: 'text/plain' }));
            link.download = 'notes.txt';
            link.click();
          };
          for (const input of document.querySelectorAll('input')) input.onchange = async () => {
            for (const file of input.files)
              document.querySelector('#chosen').textContent += file.name + '|' + file.type + '|' + (await file.text()) + ';';
          };
        </script>`,
      ),
    '/desk': (_request, response) => page(response, 'Desk', deskPage),
    '/dialogs': (_request, response) =>
      page(
        response,
        'Dialogs',
        `<p id="out"></p><script>
        alert('hello'); out.textContent = String(confirm('sure?')) + String(prompt('name?', 'x'));
        window.onbeforeunload = (event) => { event.preventDefault(); return 'stay'; };</script>`,
      ),
    '/alerts-forever': (_request, response) =>
      page(response, 'Alerts', '<script>setInterval(() => alert("again"), 1)</script>'),
    '/opens-tabs': (_request, response) =>
      page(
        response,
        'Tabs',
        '<a id="tab" href="/text" target="_blank">tab</a><button id="many" onclick="for (let i = 0; i < 40; i++) window.open(\'/?\' + i)">many</button><button id="close" onclick="window.close()">close</button>',
      ),
    '/closes-itself': (_request, response) =>
      page(response, 'Closes', '<script>setTimeout(() => { window.open("", "_self"); window.close(); }, 50)</script>'),
    '/moves': (_request, response) =>
      page(
        response,
        'Moves',
        '<script>let moves = 0; document.addEventListener("mousemove", (e) => { if (e.isTrusted) moves++; })</script>',
      ),
    '/ticks': (_request, response) =>
      page(
        response,
        'Ticks',
        '<h1 id="n" style="font-size:200px">0</h1><script>setInterval(() => { n.textContent = +n.textContent + 1 }, 100)</script>',
      ),
    '/private': (request, response) => {
      const given = request.headers.authorization;
      if (given === `Basic ${Buffer.from('anna:secret').toString('base64')}`) page(response, 'Private', 'welcome anna');
      else send(response, 401, 'text/html', html('Private', 'no'), { 'www-authenticate': 'Basic realm="private"' });
    },
    '/sets': (request, response) => {
      const lines = new URL(request.path, 'http://x').searchParams.getAll('line');
      page(response, 'Sets', 'set', { 'set-cookie': lines });
    },
    '/file-while-loading': (_request, response) =>
      page(response, 'File', '<script>location.href = "/file"</script><img src="/slow">'),
    '/pdf': (_request, response) =>
      send(response, 200, 'application/pdf', "%PDF-1.4 the site's own", {
        'content-disposition': 'attachment; filename="own.pdf"',
      }),
    '/cut-off': (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html', 'content-length': '1000' });
      response.write('<p>short');
      setTimeout(() => response.destroy(), 100);
    },
    '/cut-off-chunked': (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' });
      response.write('<p>short');
      setTimeout(() => response.destroy(), 100);
    },
    '/large-page': (request, response) => {
      const bytes = Number(new URL(request.path, 'http://x').searchParams.get('bytes'));
      const text = html('Large', `<p>${'words and more words. '.repeat(Math.round(bytes / 22))}</p>`);
      send(response, 200, 'text/html; charset=utf-8', text, { 'content-length': Buffer.byteLength(text) });
    },
    '/many-links': (_request, response) =>
      page(response, 'Links', [...Array(10_000).keys()].map((i) => `<a href="/link/${i}">${i}</a>`).join('\n')),
    '/shift-jis': (_request, response) =>
      send(
        response,
        200,
        'text/html; charset=Shift_JIS',
        Buffer.from([0x3c, 0x70, 0x3e, 0x93, 0xfa, 0x96, 0x7b, 0x3c, 0x2f, 0x70, 0x3e]),
      ),
    '/utf-16': (_request, response) =>
      send(
        response,
        200,
        'text/html',
        Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('<p>日本 ü</p>', 'utf16le')]),
      ),
    '/no-charset': (_request, response) =>
      send(response, 200, 'text/html', '<!doctype html><meta charset="utf-8"><p>日本 ü</p>'),
    '/zstd': (_request, response) =>
      // A frame (RFC 8878 §3.1.1) of one segment, with one raw block that is the last one.
      send(
        response,
        200,
        'text/plain; charset=utf-8',
        Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, 9, (9 << 3) | 1, 0, 0]), Buffer.from('packed ü')]),
        { 'content-encoding': 'zstd' },
      ),
    '/endless-redirect': (request, response) => {
      const n = Number(new URL(request.path, 'http://x').searchParams.get('n') ?? 0);
      response.writeHead(302, { location: `/endless-redirect?n=${n + 1}` }).end();
    },
    '/refresh-forever': (_request, response) =>
      page(
        response,
        'Refresh',
        '<script>setTimeout(() => location.replace("/refresh-forever?" + Math.random()), 1)</script>',
      ),
    '/grows': (_request, response) =>
      page(
        response,
        'Grows',
        '<script>setInterval(() => { for (let i = 0; i < 100; i++) document.body.append("x".repeat(1000)) }, 1)</script>',
      ),
    '/with-asset': (_request, response) =>
      page(response, 'Asset', '<link rel="stylesheet" href="/cached-asset"><p>styled</p>'),
  };

  constructor(scheme: 'http' | 'https' = 'http') {
    const answer = (request: IncomingMessage, response: ServerResponse): void => void this.#answer(request, response);
    this.#scheme = scheme;
    this.#server = scheme === 'https' ? createSecureServer(certificate, answer) : createServer(answer);
  }

  /** Starts on a free port. @returns the origin, `http://127.0.0.1:<port>` */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this.url;
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${this.port}`;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** How many requests came for this path. */
  count(path: string): number {
    return this.seen.filter((request) => request.path === path).length;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer); // no encoding is set
    } catch {
      return; // the client let go in the middle
    }
    const path = request.url ?? '/';
    const seen: SeenRequest = {
      method: request.method ?? 'GET',
      path,
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
    };
    // A whole browser asks for its tab's icon when it likes, no test does.
    if (path !== '/favicon.ico') this.seen.push(seen);
    // What follows a `;` may be spelled in any way.
    const route = this.#routes[path.split(/[?;]/, 1)[0] ?? path];
    const elsewhere = this.redirects[path];
    if (elsewhere) response.writeHead(302, { location: elsewhere }).end();
    else if (route) route(seen, response);
    else send(response, 404, 'text/plain', 'no such page');
  }
}
