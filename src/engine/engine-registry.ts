import type { BrowserEngine, ContextOptions, EngineContext, EngineInfo } from './engine.js';

/** The engines of this server. The first one is the default: it serves whatever no other does. */
export class EngineRegistry {
  readonly #engines: readonly BrowserEngine[];

  constructor(engines: readonly BrowserEngine[]) {
    this.#engines = engines;
  }

  /** Starts them all. @throws what the first that does not start threw */
  async start(): Promise<void> {
    for (const engine of this.#engines) await engine.start();
  }

  /** Known once started; the default first. */
  get infos(): readonly EngineInfo[] {
    return this.#engines.map(({ info }) => info);
  }

  get default(): BrowserEngine {
    const [engine] = this.#engines;
    if (!engine) throw new Error('there is no engine');
    return engine;
  }

  /** The engine of that name, or else the default. */
  named(name: string): BrowserEngine {
    return this.#engines.find(({ info }) => info.name === name) ?? this.default;
  }

  /** Opens a context of the engine of that name. @throws as `BrowserEngine.newContext` */
  newContext(name: string, options: ContextOptions, signal: AbortSignal): Promise<EngineContext> {
    return this.named(name).newContext(options, signal);
  }

  /** Ends processes that no longer answer. */
  async endHung(): Promise<void> {
    await Promise.all(this.#engines.map((engine) => engine.endHung()));
  }

  /** Ends them all. */
  async close(): Promise<void> {
    await Promise.all(this.#engines.map((engine) => engine.close()));
  }
}
