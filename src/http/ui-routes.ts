import { fileURLToPath } from 'node:url';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Thumbnails } from '../attach/view/thumbnails.js';
import { MooringError } from '../errors.js';
import type { Authenticate } from './authenticate.js';
import type { KeyBrake } from './key-brake.js';
import { UiFiles } from './ui-files.js';
import { isOwnPage, UiPass } from './ui-pass.js';

export interface UiRouteOptions {
  readonly keys: readonly string[];
  readonly version: string;
  readonly authenticate: Authenticate;
  /** Refuses whoever has no key. @throws MooringError `UNAUTHORIZED` */
  readonly admit: (request: FastifyRequest) => Promise<void>;
  readonly brake: KeyBrake;
  readonly thumbnails: Pick<Thumbnails, 'find' | 'isCurrent'>;
}

/** From `src/http` and from `dist/http` alike. */
const builtFolder = fileURLToPath(new URL('../../dist/ui/', import.meta.url));

/** Files under it bear a hash of what they hold in their name. */
const hashedFolder = 'assets/';

/** The title of the page on a thumbnail, percent-encoded: headers are ASCII. */
const titleHeader = 'x-mooring-title';
/** The page gave no picture now, and what is sent is the one before. */
const retryHeader = 'retry-after';
const retryAfterSeconds = 3;

const pageHeaders = {
  'content-security-policy':
    "default-src 'self'; img-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

/**
 * The dashboard: its files, and the key of who uses it.
 *
 *     GET  /ui, /ui/…       the page; which one it shows is in the address
 *     GET  /ui/assets/…     what it loads
 *     GET  /ui/thumbnails/… how the page of a session looks: a small JPEG; 204 if that is not known
 *     GET  /ui/whoami       whether a key is wanted, and whether one was given
 *     POST /ui/login        {"key": "…"} → a cookie
 *     POST /ui/logout       forgets it
 */
export function registerUiRoutes(server: FastifyInstance, options: UiRouteOptions): void {
  const files = new UiFiles(builtFolder);
  const pass = new UiPass(options.keys);
  const { authenticate, admit, brake, thumbnails } = options;

  const serve = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { '*': path = '' } = request.params as { '*'?: string }; // of the one route that has it; Fastify makes an object of any
    const isHashed = path.startsWith(hashedFolder);
    const file = files.find(isHashed ? path : 'index.html');
    if (!file) throw new MooringError('NOT_FOUND', notThere(isHashed));
    const isZipped = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
    return reply
      .headers({
        ...pageHeaders,
        'content-type': file.type,
        'cache-control': isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
        vary: 'accept-encoding',
        ...(isZipped ? { 'content-encoding': 'gzip' } : {}),
      })
      .send(isZipped ? file.gzipped : file.body);
  };
  server.get('/ui', serve);
  server.get('/ui/*', serve);

  server.get('/ui/whoami', async (request, reply) => {
    reply.header('cache-control', 'no-store');
    return {
      version: options.version,
      wantsKey: options.keys.length > 0,
      hasKey: pass.ownerOf(request) !== undefined,
      mayEnter: mayEnter(authenticate, request),
    };
  });

  const onRequest = async (request: FastifyRequest): Promise<void> => {
    if (!isOwnPage(request)) throw new MooringError('UNAUTHORIZED', 'expected a request of a page of this server.');
  };
  // A picture element sends no header: the dashboard's script asks.
  const onPicture = [onRequest, admit];
  server.get<{ Params: { session: string } }>(
    '/ui/thumbnails/:session',
    { onRequest: onPicture },
    async (request, reply) => {
      reply.headers({ 'cache-control': 'private, no-store', 'x-content-type-options': 'nosniff' });
      const owner = authenticate(request);
      const { session } = request.params;
      const known = await thumbnails.find(owner, session);
      if (!thumbnails.isCurrent(owner, session)) reply.header(retryHeader, retryAfterSeconds);
      if (!known) return reply.code(204).send();
      const etag = `"${known.hash}"`;
      reply.headers({ etag, [titleHeader]: encodeURIComponent(known.title) });
      if (request.headers['if-none-match'] === etag) return reply.code(304).send();
      return reply.type('image/jpeg').send(known.jpeg);
    },
  );
  server.post('/ui/login', { onRequest }, async (request, reply) => {
    const cookie = pass.cookieFor(keyIn(request.body), request);
    if (cookie === undefined) {
      await brake.failed(request);
      throw new MooringError('UNAUTHORIZED', 'expected a key of this server; got another.');
    }
    return reply.header('set-cookie', cookie).header('cache-control', 'no-store').send({ mayEnter: true });
  });
  server.post('/ui/logout', { onRequest }, async (request, reply) =>
    reply.header('set-cookie', pass.forget(request)).header('cache-control', 'no-store').send({ mayEnter: false }),
  );
}

const notThere = (isHashed: boolean): string =>
  isHashed
    ? 'expected a file of the dashboard; there is none of that name. Load the page again: the server may have another version.'
    : 'expected the dashboard to be built; it is not. Run `npm run build`.';

function mayEnter(authenticate: Authenticate, request: FastifyRequest): boolean {
  try {
    authenticate(request);
    return true;
  } catch {
    return false; // it says `UNAUTHORIZED`, and nothing else
  }
}

/** @throws MooringError `INVALID_BODY` */
function keyIn(body: unknown): string {
  const { key } = typeof body === 'object' && body !== null ? (body as { key?: unknown }) : {}; // as checked
  if (typeof key !== 'string' || key === '' || key.length > 4096)
    throw new MooringError('INVALID_BODY', 'expected a JSON object with a `key`, 1 to 4096 characters.');
  return key;
}
