import type { FastifyReply } from 'fastify';

/** Tells when a caller goes away before it has its answer. */
export interface CallerSignal extends Disposable {
  readonly controller: AbortController;
  /** Whether nobody is there to answer. */
  readonly gone: boolean;
}

export function callerSignal(reply: FastifyReply): CallerSignal {
  const controller = new AbortController();
  const onClose = (): void => {
    if (!reply.raw.writableFinished) controller.abort(new Error('the caller has gone'));
  };
  reply.raw.once('close', onClose);
  return {
    controller,
    get gone() {
      return controller.signal.aborted && reply.raw.destroyed;
    },
    [Symbol.dispose]: () => void reply.raw.off('close', onClose),
  };
}
