import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { type ApiError, ask, readJson, type SessionList, send, succeeded, type Whoami } from './api.js';
import { MetricsHistory } from './metrics.js';
import { type Command, readCommands } from './openapi.js';
import { Poll } from './poll.js';
import { Thumbnails } from './session/thumbnails.js';

/** A command that was sent from the console, and what came. */
export interface ConsoleEntry {
  readonly number: number;
  readonly text: string;
  readonly reply: Record<string, unknown>;
  readonly at: number;
  readonly ms: number;
}

const isAboutKey = ({ code }: ApiError): boolean => code === 'UNAUTHORIZED';
const listEveryMs = 1000;
const metricsEveryMs = 2000;

/** What the pages share, for as long as the tab shows the dashboard. */
export class Dashboard {
  readonly whoami: Whoami;
  readonly sessions = new Poll<SessionList>({
    read: (signal) => send({ cmd: 'sessions.list' }, signal),
    everyMs: listEveryMs,
    isFinal: isAboutKey,
  });
  readonly metrics: Poll<MetricsHistory> = new Poll<MetricsHistory>({
    read: async (signal) => {
      const text = await this.#readMetrics(signal);
      return (this.metrics.state.value ?? new MetricsHistory()).with(text, Date.now());
    },
    everyMs: metricsEveryMs,
    isFinal: isAboutKey,
  });
  readonly thumbnails = new Thumbnails();
  /** Newest first. Not stored: commands can hold passwords. */
  history: readonly ConsoleEntry[] = [];
  /** Where metrics have a key of their own: that, for as long as the tab is open. */
  metricsKey = '';
  #commands: Promise<readonly Command[]> | undefined;

  constructor(whoami: Whoami) {
    this.whoami = whoami;
  }

  /** It is shown no more. */
  close(): void {
    this.thumbnails.close();
  }

  /** Read once; again after it failed. */
  commands(): Promise<readonly Command[]> {
    this.#commands ??= readCommands().catch((error: unknown) => {
      this.#commands = undefined;
      throw error;
    });
    return this.#commands;
  }

  async #readMetrics(signal: AbortSignal): Promise<string> {
    const headers = this.metricsKey === '' ? {} : { 'x-api-key': this.metricsKey };
    return (await succeeded(await ask('/metrics', { signal, headers }))).text();
  }
}

export async function readWhoami(signal?: AbortSignal): Promise<Whoami> {
  const response = await succeeded(await ask('/ui/whoami', signal ? { signal } : {}));
  return (await readJson(response)) as unknown as Whoami; // as the server of the same version answers
}

const context = createContext<Dashboard | undefined>(undefined);
export const DashboardProvider = context.Provider;

export function useDashboard(): Dashboard {
  const dashboard = useContext(context);
  if (!dashboard) throw new Error('expected to be within a DashboardProvider');
  return dashboard;
}
