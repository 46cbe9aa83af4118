import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from '../logger.js';
import type { Command } from '../protocol/commands.js';

/** A request as the HTTP server hands it out. */
export interface LoggedRequest {
  readonly id: string;
  readonly raw: { readonly socket: Socket };
}

/** What is known of a request by and by. */
interface Entry {
  owner?: string;
  command?: string;
  session?: string;
  host?: string;
  /** The error's code. Undefined if it succeeded. */
  code?: string;
}

/** Before a command is parsed, its name and session may be anything: only what reads as one is logged. */
const plausibleName = /^[A-Za-z0-9._:-]{1,128}$/;

/**
 * One line for each command, when its response has been sent or its caller has gone. Nothing of what was sent is in it but
 * names: the command, the session, the host.
 */
export class RequestLog {
  readonly #logger: Logger | undefined;
  readonly #entries = new WeakMap<LoggedRequest, Entry>();

  /** @param logger if undefined, nothing is logged */
  constructor(logger: Logger | undefined) {
    this.#logger = logger;
  }

  /** Logs a line for this request when it is over. */
  open(request: LoggedRequest, response: ServerResponse): void {
    const logger = this.#logger;
    if (!logger) return;
    const entry: Entry = {};
    this.#entries.set(request, entry);
    const startedAt = performance.now();
    const { socket } = request.raw;
    const sentBefore = socket.bytesWritten;
    response.once('close', () => {
      const { owner, command, session, host, code } = entry;
      const outcome = !response.writableFinished ? 'cancelled' : code === undefined ? 'success' : 'error';
      const line = { requestId: request.id, owner, command, session, host, outcome, code };
      const sent = { ms: Math.round(performance.now() - startedAt), bytes: socket.bytesWritten - sentBefore };
      logger.info({ ...line, ...sent }, 'command');
    });
  }

  /** Notes who sends it. */
  from(request: LoggedRequest, owner: string): void {
    this.#note(request, { owner });
  }

  /** Notes what a body that is not parsed yet names. */
  asks(request: LoggedRequest, { cmd, session }: Readonly<Record<string, unknown>>): void {
    if (typeof cmd === 'string' && plausibleName.test(cmd)) this.#note(request, { command: cmd });
    if (typeof session === 'string' && plausibleName.test(session)) this.#note(request, { session });
  }

  /** Notes which command it is. */
  runs(request: LoggedRequest, command: Command): void {
    const host = hostOf(command);
    this.#note(request, {
      command: command.cmd,
      ...('session' in command ? { session: command.session } : {}),
      ...(host === undefined ? {} : { host }),
    });
  }

  /** Notes that it failed. */
  failed(request: LoggedRequest, code: string): void {
    this.#note(request, { code });
  }

  #note(request: LoggedRequest, more: Entry): void {
    const entry = this.#entries.get(request);
    if (entry) Object.assign(entry, more);
  }
}

/** Where a request goes; of a batch, where its first one goes. */
function hostOf(command: Command): string | undefined {
  const [first] = 'requests' in command ? command.requests : 'request' in command ? [command] : [];
  const url = first?.request.url;
  return url !== undefined && URL.canParse(url) ? new URL(url).hostname : undefined;
}
