import type { FastifyInstance, FastifyReply } from 'fastify';
import type { OpenApiDocument } from '../../protocol/openapi/openapi-document.js';
import { baseUrlOf } from '../command-route.js';
import type { ReferenceDocument } from './document.js';
import { errorsPage } from './errors-page.js';
import { contentSecurityPolicy } from './html.js';
import { referencePage } from './reference-page.js';
import { docsSearchScript } from './search-script.js';

/** `GET /docs`, `/docs/errors` and `/openapi.json`. */
export function registerDocsRoutes(server: FastifyInstance, document: OpenApiDocument, wantsKey: boolean): void {
  server.get('/openapi.json', async (request) => ({ ...document, servers: [{ url: baseUrlOf(request) }] }));
  const reference = referencePage(document as unknown as ReferenceDocument, { wantsKey }); // the same JSON, narrower types
  const errors = errorsPage();
  const policy = contentSecurityPolicy(docsSearchScript);
  const send = (reply: FastifyReply, html: string): FastifyReply =>
    reply.headers({ 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy }).send(html);
  server.get('/docs', async (request, reply) => send(reply, reference(baseUrlOf(request))));
  server.get('/docs/errors', async (_request, reply) => send(reply, errors));
}
