import type { ProtocolMessage } from '../engine/engine.js';
import { errorMessage, MooringError } from '../errors.js';
import { revivePage } from '../sessions/revive-page.js';
import type { Session } from '../sessions/session.js';
import type { SessionLease } from '../sessions/session-lease.js';
import { abortable, Deadline } from '../util/deadline.js';
import { type ClientSocket, closeCodes } from './client-socket.js';
import { ScopedProtocol } from './scoped-protocol.js';

/** What the session's proxy is told of what the client does. */
type Egress = ReturnType<Session['egress']['beginRequest']>;

/** The session, with its turn at hand. */
export interface AttachTurn {
  readonly session: Session;
  readonly lease: SessionLease;
}

/** How long a client waits for its turn. Clients wait for their connection half a minute. */
const turnTimeoutMs = 10_000;
/** From here on a client that reads too slowly goes without what it can do without. */
const lossyBytes = 4_000_000;
/** From here on it is ended. More than the largest answer of a browser. */
const maxUnsentBytes = 128_000_000;

/** What a client may send before its turn: they wait for the answer to their first command. */
const maxEarly = 100;
const maxEarlyChars = 1_000_000;

/** What pages say without end, and no command waits for. */
const lossyEvents = new Set([
  'Runtime.consoleAPICalled',
  'Log.entryAdded',
  'Network.dataReceived',
  'Network.eventSourceMessageReceived',
  'Network.webSocketFrameSent',
  'Network.webSocketFrameReceived',
]);

/**
 * One client on a session: from its turn in the session's lane until it leaves, is cut off, or the session ends.
 *
 * ```
 * socket ─▶ turn ─▶ page ─▶ protocol ⇄ client … ─▶ its sessions end ─▶ turn given back
 * ```
 */
export class Attachment {
  readonly #turn: (signal: AbortSignal) => Promise<AttachTurn>;
  readonly #socket: ClientSocket;
  readonly #over = new AbortController();
  /** What the client sent before its turn. */
  readonly #early: string[] = [];

  /** @param turn waits for the session's turn */
  constructor(turn: (signal: AbortSignal) => Promise<AttachTurn>, socket: ClientSocket) {
    this.#turn = turn;
    this.#socket = socket;
  }

  /** Serves the client until it is over; never rejects. */
  async run(): Promise<void> {
    this.#socket.onMessage = (text) => this.#keep(text);
    try {
      await this.#run();
      this.#socket.close(closeCodes.normal, 'detached');
    } catch (error) {
      this.#socket.close(closeCodeOf(error), errorMessage(error));
    }
  }

  async #run(): Promise<void> {
    using deadline = new Deadline({
      ms: turnTimeoutMs,
      reason: () =>
        new MooringError('NAVIGATION_TIMEOUT', `expected to be attached within ${turnTimeoutMs} ms; it took longer.`),
      parent: this.#socket.closed,
    });
    const { session, lease } = await this.#turn(deadline.signal);
    using _lease = lease;
    deadline.follow(session.over);
    using egress = session.egress.beginRequest({});
    if (!session.page) await showPage(session, egress, deadline);
    session.pageStarted();
    let scoped: ScopedProtocol | undefined;
    const opening = session.context.openProtocol?.((message) => scoped?.deliver(message), deadline.signal);
    if (!opening) throw new Error('the browser of this session has no protocol to attach to');
    const protocol = await opening;
    session.events.add('attach', { by: 'client' });
    try {
      scoped = new ScopedProtocol({
        protocol,
        userAgent: session.identity.identity.userAgent,
        goTo: (url) => {
          if (/^https?:/.test(url)) egress.name(url);
        },
        failureOf: (url) => egress.failure(url),
        send: (message) => this.#send(message),
        onClose: () => this.#over.abort(),
      });
      await abortable(scoped.start(), deadline.signal);
      for (const text of this.#early.splice(0)) scoped.receive(text);
      this.#socket.onMessage = (text) => scoped?.receive(text);
      await this.#untilOver(session.over);
    } finally {
      const page = await protocol.close(scoped?.lastTab);
      if (page && !session.over.aborted) session.show(page);
      session.events.add('detach', { by: 'client' });
    }
    session.over.throwIfAborted();
    await session.keep(session.over);
  }

  #keep(text: string): void {
    this.#early.push(text);
    const chars = this.#early.reduce((sum, one) => sum + one.length, 0);
    if (this.#early.length > maxEarly || chars > maxEarlyChars) this.#socket.terminate();
  }

  #send(message: ProtocolMessage): void {
    const socket = this.#socket;
    const { unsentBytes } = socket;
    const isLossy = message.id === undefined && lossyEvents.has(message.method ?? '');
    if (unsentBytes > lossyBytes && isLossy) return;
    if (unsentBytes > maxUnsentBytes) {
      socket.terminate();
      return;
    }
    socket.send(JSON.stringify(message));
  }

  /** The client has left, or the session has ended. */
  #untilOver(sessionOver: AbortSignal): Promise<void> {
    const { closed } = this.#socket;
    const signals = [closed, sessionOver, this.#over.signal];
    return new Promise((resolve) => {
      const onOver = (): void => {
        for (const signal of signals) signal.removeEventListener('abort', onOver);
        this.#over.abort();
        resolve();
      };
      for (const signal of signals) signal.addEventListener('abort', onOver);
      if (signals.some(({ aborted }) => aborted)) onOver();
    });
  }
}

/** A tab for a client that finds none: where it stood, if it can be gone to again, else an empty one. */
async function showPage(session: Session, egress: Egress, deadline: Deadline): Promise<void> {
  const limits = { timeoutMs: deadline.remainingMs / 2, signal: deadline.signal };
  // A site that is down is no reason to keep the client out.
  const revived = await revivePage(session, egress, limits, maxUnsentBytes).catch(() => session.page);
  if (!revived) await session.openPage(deadline.signal);
}

function closeCodeOf(error: unknown): number {
  if (!(error instanceof MooringError)) return closeCodes.internal;
  if (error.code === 'SESSION_ENDED' || error.code === 'DRAINING') return closeCodes.goingAway;
  return error.code === 'SESSION_BUSY' || error.code === 'NO_CAPACITY' ? closeCodes.tryAgainLater : closeCodes.internal;
}
