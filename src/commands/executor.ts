import type { Command, CommandName, CommandOf, ReplyOf, TimedReply } from '../protocol/commands.js';
import type { Progress, SessionNews } from '../protocol/replies/progress.js';
import type { ReplyBudget } from '../requests/reply-budget.js';

/** Who sent a command, and until when it matters. */
export interface CommandContext {
  /** Who asks: a name for the key, never the key. */
  readonly owner: string;
  /** Aborts when the caller has gone. */
  readonly signal: AbortSignal;
  /** The address under which the caller reaches this server, `http://host:port`. */
  readonly baseUrl: string;
  /** Told how the command gets on. */
  readonly onProgress: (event: Progress) => void;
  /**
   * Given when the caller wants to hear of a session as things happen in it: tells the next of them, and resolves when its
   * caller has room for another. Rejects with the reason of `signal` when that aborts first.
   */
  readonly tell?: ((news: SessionNews) => Promise<void>) | undefined;
  /** Calls this when the reply has been sent or its caller has gone: until then what the reply holds is kept. */
  readonly onAnswered: (done: () => void) => void;
}

/** What a handler works with. */
export interface HandlerContext extends CommandContext {
  /** What it is going to reply has its room there. */
  readonly budget: ReplyBudget;
}

/** Runs the commands of a name. Failures are a `MooringError`; anything else is a fault of the server. */
export type CommandHandler<N extends CommandName> = (
  command: CommandOf<N>,
  context: HandlerContext,
) => Promise<ReplyOf<N>>;

/**
 * Runs commands. What stands behind it, this process or another node, is nothing that whoever calls it can tell: it is
 * the seam for many machines.
 */
export interface CommandExecutor {
  execute(command: Command, context: CommandContext): Promise<TimedReply>;
  /**
   * Takes note of a body that was refused before it became a command: what it says of its session was not done, and the
   * next command must not find it undone.
   */
  refused(owner: string, body: Readonly<Record<string, unknown>>, error: unknown): void;
  /** Sessions that this owner could still open now. */
  balance(owner: string): Promise<number>;
}
