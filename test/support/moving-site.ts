import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inflateSync } from 'node:zlib';
import type { Answer } from './start-app.js';

/** How a page goes on to the next by itself, by the script or markup that does it. */
const moves: Readonly<Record<string, (next: string) => string>> = {
  load: (next) => `<script>onload = () => { location.href = '${next}' }</script>`,
  'timer-0': (next) => timer(next, 0),
  'timer-1': (next) => timer(next, 1),
  'timer-3': (next) => timer(next, 3),
  'timer-8': (next) => timer(next, 8),
  'timer-20': (next) => timer(next, 20),
  'timer-50': (next) => timer(next, 50),
  refresh: (next) => `<meta http-equiv="refresh" content="0;url=${next}">`,
  form: (next) =>
    `<form method="post" action="${next}"><input name="a" value="1"></form><script>document.forms[0].submit()</script>`,
  replace: (next) => `<script>setTimeout(() => location.replace('${next}'), 5)</script>`,
  click: (next) => `<a id="go" href="${next}">go</a><script>setTimeout(() => go.click(), 10)</script>`,
};
const timer = (next: string, ms: number): string =>
  `<script>setTimeout(() => { location.href = '${next}' }, ${ms})</script>`;

/** Every way in which the site's pages move. */
export const movingKinds = [
  ...Object.keys(moves),
  /** Three documents one after another. */
  'chain',
  /** The second document takes 300 ms. */
  'slow',
  /** It goes on for ever. */
  'forever',
  /** The address becomes that of another document; the document stays. */
  'push-state',
  /** It goes where nothing answers. */
  'dead',
] as const;

/** What is asked of a page that moves; of each the reply shows from which document it is. */
export const movingAsks: Readonly<Record<string, Record<string, unknown>>> = {
  html: {},
  taken: { cssSelector: '#n', regex: 'document (\\d+)', includeLinks: true, includeImages: true },
  picture: { screenshot: true },
  sized: { screenshot: true, screenshotWidth: 400, screenshotHeight: 300 },
  pdf: { pdf: true },
  acts: {
    browserActions: [
      { type: 'wait', wait: 110 },
      { type: 'execute_js', code: 'document.title', ignoreErrors: true },
    ],
  },
  status: { onlyStatusCode: true },
};

const statuses = [403, 200, 503, 404];
const statusOf = (n: number): number => statuses[n % statuses.length] ?? 200;

/**
 * A site whose pages go on by themselves. Each document has a number, which everything that can be asked of it tells: its
 * status and headers, address, text, links, images and colour.
 */
export class MovingSite {
  readonly #server = createServer((request, response) => this.#answer(request.url ?? '/', response));
  #deadPort = 0;

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    // A port where nobody listens any more.
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    this.#deadPort = (closed.address() as AddressInfo).port;
    await new Promise((resolve) => closed.close(resolve));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** The first document of a kind. */
  urlOf(kind: string, run: number): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${kind}/${run}/0`;
  }

  #answer(path: string, response: ServerResponse): void {
    const [, kind = '', run = '', number = ''] = path.split('/');
    const n = Number(number);
    if (!/^\d+$/.test(number) || run === '') {
      response.writeHead(404).end();
      return;
    }
    const send = (): void => {
      response.writeHead(statusOf(n), {
        'content-type': 'text/html',
        'x-document': String(n),
        'cache-control': 'no-store',
      });
      response.end(
        `<!doctype html><title>${n}</title><body style="background:rgb(${n},100,50);margin:0"><p id="n">document ${n}</p>` +
          `<a href="/link/${n}">link</a><img src="/image/${n}" width="1" height="1">${this.#moveOf(kind, run, n)}</body>`,
      );
    };
    if (kind === 'slow' && n === 1) setTimeout(send, 300);
    else send();
  }

  #moveOf(kind: string, run: string, n: number): string {
    const next = `/${kind}/${run}/${n + 1}`;
    if (kind === 'forever') return timer(next, 1);
    if (kind === 'chain') return n < 3 ? timer(next, 5) : '';
    if (n > 0) return '';
    if (kind === 'slow') return timer(next, 5);
    if (kind === 'dead') return timer(`http://127.0.0.1:${this.#deadPort}/`, 20);
    if (kind === 'push-state') return `<script>setTimeout(() => history.pushState({}, '', '${next}'), 10)</script>`;
    return moves[kind]?.(next) ?? '';
  }
}

/**
 * What is wrong with an answer to one request: parts that are of another document, or a failure that no moving page may
 * bring about.
 *
 * @returns a sentence; nothing when all is well
 */
export function faultOf(kind: string, body: Answer['body']): string | undefined {
  if (body.data === 'error') {
    const isExpected = kind === 'dead' ? body.code === 'CODE-0006' : kind === 'forever' && body.code === 'CODE-0026';
    return isExpected ? undefined : String(body.error);
  }
  const { solution } = body;
  const seen: Record<string, unknown> = {
    status: solution.statusCode,
    header: solution.responseHeaders?.['x-document'],
    url: numberIn(solution.currentUrl, /\/(\d+)$/),
    html: numberIn(solution.response, /document (\d+)/),
    text: numberIn(solution.innerText, /document (\d+)/),
    selector: numberIn(solution.cssSelector?.[0], /document (\d+)/),
    regex: solution.regex?.[0],
    link: numberIn(
      solution.links?.find((url: string) => url.includes('/link/')),
      /\/link\/(\d+)/,
    ),
    image: numberIn(solution.images?.[0], /\/image\/(\d+)/),
    picture: solution.screenshot === undefined ? undefined : String(redOf(Buffer.from(solution.screenshot, 'base64'))),
    pdf: pdfNumber(solution.base64Response),
  };
  // Where the address alone moves on it is the document's own.
  if (kind === 'push-state') delete seen.url;
  const numbers = Object.entries(seen).flatMap(([name, value]) =>
    value === undefined || name === 'status' ? [] : [String(value)],
  );
  const [first] = numbers;
  if (first === undefined && kind !== 'push-state') return `nothing tells the document: ${JSON.stringify(seen)}`;
  const agrees =
    numbers.every((one) => one === first) && (first === undefined || seen.status === statusOf(Number(first)));
  return agrees ? undefined : `of several documents: ${JSON.stringify(seen)}`;
}

const numberIn = (text: unknown, pattern: RegExp): string | undefined =>
  typeof text === 'string' ? (pattern.exec(text)?.[1] ?? 'none') : undefined;

/** The number in the PDF's link, which is written as it is. */
function pdfNumber(base64: string | undefined): string | undefined {
  if (base64 === undefined) return undefined;
  return numberIn(Buffer.from(base64, 'base64').toString('latin1'), /\/link\/(\d+)\)/);
}

/** The red of a PNG's first pixel, which no filter changes (PNG §9.2). */
function redOf(png: Buffer): number | undefined {
  const chunks: Buffer[] = [];
  for (let at = 8; at + 8 <= png.length; ) {
    const length = png.readUInt32BE(at);
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT') chunks.push(png.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  return inflateSync(Buffer.concat(chunks))[1];
}
