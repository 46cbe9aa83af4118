import { MooringError } from '../errors.js';
import type { SessionEvents } from '../sessions/session-events.js';
import type { SessionManager } from '../sessions/session-manager.js';
import { abortable } from '../util/deadline.js';
import type { CommandHandler, HandlerContext } from './executor.js';

/** How many callers may follow at once. */
const limits = { session: 10, owner: 200 } as const;
const retryAfterMs = 5000;

/** What happened in a session; for a caller that follows it, what happens until it ends. Looking does not renew it. */
export const sessionsEventsHandler = ({
  sessions,
}: {
  readonly sessions: SessionManager;
}): CommandHandler<'sessions.events'> => {
  const followers = new Followers();
  return async ({ session, since }, context) => {
    const { owner, signal, tell } = context;
    const events = await sessions.events(owner, session, signal);
    const reply = { solution: {}, data: 'success' as const, session };
    if (!tell) {
      const { missed, ...reading } = events.read(since);
      return { ...reply, events: [...reading.events], last: reading.last, ...(missed > 0 ? { missed } : {}) };
    }
    using _place = followers.enter(owner, events);
    const last = await follow(events, since, tell, signal);
    return { ...reply, events: [], last };
  };
};

/** Tells what happens at the pace of its caller: what is no longer kept when its turn comes is told as missed. */
async function follow(
  events: SessionEvents,
  since: number,
  tell: NonNullable<HandlerContext['tell']>,
  signal: AbortSignal,
): Promise<number> {
  let told = since;
  for (;;) {
    const reading = events.read(told);
    if (reading.missed > 0) await tell({ type: 'missed', missed: reading.missed });
    for (const event of reading.events) await tell({ type: 'event', event });
    told = reading.last;
    if (events.last > told) continue;
    if (events.isOver) return told;
    await abortable(events.changed, signal);
  }
}

/** Those who follow a session: each costs its caller a connection, and the server what it tells. */
class Followers {
  readonly #bySession = new WeakMap<SessionEvents, number>();
  readonly #byOwner = new Map<string, number>();

  /** @throws MooringError `NO_CAPACITY` */
  enter(owner: string, events: SessionEvents): Disposable {
    const ofSession = this.#bySession.get(events) ?? 0;
    const ofOwner = this.#byOwner.get(owner) ?? 0;
    if (ofSession >= limits.session || ofOwner >= limits.owner) {
      const most = `${limits.session} streams of events of one session and ${limits.owner} of one key`;
      throw new MooringError('NO_CAPACITY', `expected at most ${most}; this would be one more.`, { retryAfterMs });
    }
    this.#bySession.set(events, ofSession + 1);
    this.#byOwner.set(owner, ofOwner + 1);
    return {
      [Symbol.dispose]: () => {
        this.#bySession.set(events, (this.#bySession.get(events) ?? 1) - 1);
        const left = (this.#byOwner.get(owner) ?? 1) - 1;
        if (left > 0) this.#byOwner.set(owner, left);
        else this.#byOwner.delete(owner);
      },
    };
  }
}
