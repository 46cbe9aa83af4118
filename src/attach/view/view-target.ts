/** Which session a link shows, and to whom. */
export interface ViewTarget {
  readonly owner: string;
  readonly session: string;
  /** Aborts when the session ends, for good. */
  readonly life: AbortSignal;
  /** Whether who has the link may take the session over. */
  readonly control: boolean;
}
