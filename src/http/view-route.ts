import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { WebSocketServer } from 'ws';
import type { ViewLinks } from '../attach/view/view-links.js';
import { MooringError } from '../errors.js';
import { defaultHeartbeatMs, refuseUpgrade, type UpgradeHandler, WsClient } from './attach-route.js';
import { assertNoForeignPage } from './authenticate.js';

export interface ViewRouteOptions {
  readonly links: Pick<ViewLinks, 'find'>;
  readonly wantsKey: boolean;
  /** How often a watcher is asked whether it is there; one that has not said so by the next time is gone. Default: 10 s. */
  readonly heartbeatMs?: number | undefined;
}

/** Most bytes of one message: pieces of files are smaller. */
const maxMessageBytes = 1024 ** 2;

/** The page and what it is made of, in the folder `view/` of this package. */
const files = {
  'live-view.js': 'text/javascript; charset=utf-8',
  'view.js': 'text/javascript; charset=utf-8',
  'view.css': 'text/css; charset=utf-8',
} as const;
const read = (name: string): string => readFileSync(new URL(`../../view/${name}`, import.meta.url), 'utf8');

const headers = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
].join('; ');

const notThere = (): MooringError =>
  new MooringError(
    'NOT_FOUND',
    'expected a link that `sessions.view` gave; this one was never given, or its time or session is over.',
  );

/** `GET /view/<token>`: the page of a live view, or one that says that its link is over. The token is the key, so that the link works for whoever has it. */
export function registerViewRoutes(server: FastifyInstance, { links }: ViewRouteOptions): void {
  for (const [name, type] of Object.entries(files)) {
    const text = read(name);
    server.get(`/view/${name}`, (_request, reply) =>
      reply.headers({ ...headers, 'cache-control': 'no-cache', 'content-type': type }).send(text),
    );
  }
  const page = read('index.html');
  const gone = read('gone.html');
  server.get('/view/:token', (request: FastifyRequest<{ Params: { token: string } }>, reply) => {
    const isThere = links.find(request.params.token) !== undefined;
    const isPerson = request.headers.accept?.includes('text/html') ?? false;
    if (!isThere && !isPerson) throw notThere();
    return reply
      .code(isThere ? 200 : 404)
      .headers({ ...headers, 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy })
      .send(isThere ? page : gone);
  });
}

export const isViewPath = (url = ''): boolean => url.startsWith('/view/');

/** `ws://host/view/<token>/live`: pictures to a watcher, and its input back. Opened by pages of this server alone. */
export function viewUpgrade({ links, wantsKey, heartbeatMs = defaultHeartbeatMs }: ViewRouteOptions): UpgradeHandler {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxMessageBytes, perMessageDeflate: false });
  return (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    try {
      assertNoForeignPage(request, wantsKey);
      assertOwnOrigin(request);
      const link = links.find(/^\/view\/([\w-]{1,200})\/live$/.exec(request.url ?? '')?.[1] ?? '');
      if (!link) throw notThere();
      sockets.handleUpgrade(request, socket, head, (client) => link.serve(new WsClient(client, socket, heartbeatMs)));
    } catch (error) {
      refuseUpgrade(socket, error);
    }
  };
}

/** Before a proxy that ends TLS the scheme is another: the host counts. */
function assertOwnOrigin({ headers: { origin, host } }: IncomingMessage): void {
  if (origin === undefined || (URL.canParse(origin) && new URL(origin).host === host)) return;
  throw new MooringError('UNAUTHORIZED', 'expected a page of this server to open its live view; got another origin.');
}
