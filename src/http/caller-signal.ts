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

/** Calls this once the response has been sent or its caller has gone. */
export function onAnswered({ raw }: FastifyReply, done: () => void): void {
  if (raw.closed) done();
  else raw.once('close', done);
}

/**
 * Closes the connection when nothing of the response is taken for so long: what it holds would stay in memory as long as
 * its caller likes. It ends when the response is over.
 */
export function giveUpUntaken({ raw }: FastifyReply, timeoutMs: number): void {
  raw.socket?.setTimeout(timeoutMs);
}
