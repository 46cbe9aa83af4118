import { createReadStream } from 'node:fs';
import type { FastifyInstance } from 'fastify';
import type { ArtifactStore } from '../artifacts/artifact-store.js';
import { MooringError } from '../errors.js';

/** Types that a browser may show under this address; anything else is only to be saved, since a site wrote it. */
const shownTypes = new Set(['image/png', 'video/webm']);

/** `GET /files/<token>/<name>`: what a reply links to. The token is the key, so that the link works anywhere. */
export function registerFileRoute(server: FastifyInstance, files: ArtifactStore): void {
  server.get<{ Params: { token: string; name: string } }>('/files/:token/:name', async (request, reply) => {
    const file = files.find(request.params.token);
    if (!file || file.name !== request.params.name) {
      throw new MooringError(
        'NOT_FOUND',
        'expected a file that is still there; a link is good until its session ends, or its time is over.',
      );
    }
    const isShown = shownTypes.has(file.type);
    return reply
      .headers({
        'content-type': isShown ? file.type : 'application/octet-stream',
        'content-length': file.size,
        'content-disposition': `${isShown ? 'inline' : 'attachment'}; filename="${file.name}"`,
        'x-content-type-options': 'nosniff',
        'content-security-policy': "default-src 'none'; sandbox",
        'cache-control': 'private, no-store',
      })
      .send(createReadStream(file.path));
  });
}
