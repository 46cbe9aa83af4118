import type { FastifyInstance, FastifyRequest } from 'fastify';

/** How far a server is that drains. */
export interface DrainProgress {
  readonly draining: boolean;
  /** No command runs, no session is open: the process may end. */
  readonly done: boolean;
  /** Commands that run. */
  readonly running: number;
  /** Sessions that are open, and those that sleep and are there after the next start. */
  readonly sessions: { readonly open: number; readonly asleep: number };
  /** Milliseconds since it began; 0 if it has not. */
  readonly elapsedMs: number;
}

export interface DrainControl {
  /** Begins to drain. Idempotent. */
  start(): void;
  progress(): DrainProgress;
}

export interface AdminRoutesOptions {
  /** Refuses whoever may not. @throws MooringError `UNAUTHORIZED` */
  readonly admit: (request: FastifyRequest) => Promise<void>;
  readonly drain: DrainControl;
}

/** `POST /admin/drain` begins to drain and reports how far that is; `GET` reports alone. The process goes on until it is ended. */
export function registerAdminRoutes(server: FastifyInstance, { admit: onRequest, drain }: AdminRoutesOptions): void {
  server.post('/admin/drain', { onRequest }, async () => {
    drain.start();
    return drain.progress();
  });
  server.get('/admin/drain', { onRequest }, async () => drain.progress());
}
