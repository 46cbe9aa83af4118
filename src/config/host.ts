/** What the server must know of the process that it runs in. */
export interface Host {
  /** The environment, for finding browsers and starting them. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isRoot: boolean;
}

export const thisHost = (): Host => ({ env: process.env, isRoot: process.getuid?.() === 0 });
