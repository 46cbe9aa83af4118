import { request } from 'undici';
import { Program } from '../test/support/program.js';

/** Several builds of the program, each as a user starts it, on this machine at the same time. */
export class Builds {
  readonly #running: readonly { readonly program: Program; readonly address: string }[];

  private constructor(running: readonly { readonly program: Program; readonly address: string }[]) {
    this.#running = running;
  }

  /** @param folders checkouts that are built */
  static async start(folders: readonly string[]): Promise<Builds> {
    const env = { MOORING_LOG_LEVEL: 'silent', MOORING_PROXY_CHECK: 'off' };
    const running = await Promise.all(
      folders.map(async (cwd) => {
        const program = new Program({ command: [process.execPath, 'dist/cli/main.js'], cwd, env });
        return { program, address: await program.address() };
      }),
    );
    return new Builds(running);
  }

  /** For each build a request on a session of its own, which is there from the first one on. */
  requests(url: string): (() => Promise<void>)[] {
    return this.#running.map(({ address }) => async () => {
      const body = JSON.stringify({ cmd: 'request.get', session: 'warm', url });
      const response = await request(`${address}/api/v1`, { method: 'POST', body });
      const { data, error } = (await response.body.json()) as Record<string, unknown>;
      if (data !== 'success') throw new Error(String(error));
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#running.map(({ program }) => program.end()));
  }
}
