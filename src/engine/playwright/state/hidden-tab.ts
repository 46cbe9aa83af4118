/** A tab of ours in a session's context, which nobody sees. */
export interface HiddenTab {
  /** Shows an empty document of that origin. Nothing is fetched. */
  goto(origin: string): Promise<void>;
  /** Runs an expression there; no script of a site does. */
  evaluate(expression: string): Promise<unknown>;
  close(): Promise<void>;
}
