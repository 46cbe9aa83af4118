import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { type ApiError, asApiError } from '../api.js';

export interface Work {
  readonly isBusy: boolean;
  readonly error: ApiError | undefined;
  /** Runs something once; while it runs, another is not begun. What it is given aborts when the component goes. */
  readonly run: (work: (signal: AbortSignal) => Promise<void>) => Promise<void>;
  readonly clear: () => void;
}

/** Something that a button starts: whether it runs, and how it failed. */
export function useWork(): Work {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError>();
  const running = useRef<AbortController | undefined>(undefined);
  useEffect(() => () => running.current?.abort(), []);
  const run = useCallback(async (work: (signal: AbortSignal) => Promise<void>): Promise<void> => {
    if (running.current) return;
    const controller = new AbortController();
    running.current = controller;
    setBusy(true);
    setError(undefined);
    try {
      await work(controller.signal);
    } catch (cause) {
      if (!controller.signal.aborted) setError(asApiError(cause));
    } finally {
      running.current = undefined;
      if (!controller.signal.aborted) setBusy(false);
    }
  }, []);
  return { isBusy, error, run, clear: () => setError(undefined) };
}
