export interface StartErrorOptions {
  /** The setting that mends it, as the config file names it. */
  readonly setting?: string;
  /** The foreign error behind it. */
  readonly cause?: unknown;
}

/** The server cannot start, for a reason that a person can mend; the message says it. */
export class StartError extends Error {
  /** The setting that mends it, as the config file and `createServer` name it; `undefined` if it is none. */
  readonly setting: string | undefined;
  /** The sentence without the setting. */
  readonly detail: string;

  constructor(detail: string, { setting, cause }: StartErrorOptions = {}) {
    super(setting === undefined ? detail : `${setting}: ${detail}`, cause === undefined ? {} : { cause });
    this.name = 'StartError';
    this.setting = setting;
    this.detail = detail;
  }
}
