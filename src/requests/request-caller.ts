import type { Progress } from '../protocol/replies/progress.js';
import type { ReplyBudget } from './reply-budget.js';

/** What a request has to know of its caller. */
export interface RequestCaller {
  /** A name for the caller's key, never the key. */
  readonly owner: string;
  /** The address under which the caller reaches this server, `http://host:port`. */
  readonly baseUrl: string;
  /** Told how the command gets on. */
  readonly onProgress: (event: Progress) => void;
  /** Room for what the reply holds. */
  readonly budget: ReplyBudget;
}
